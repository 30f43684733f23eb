#include "ui/core/workshop_list.h"

#include "compute/json_file.h"
#include "compute/replace.h"

#include <string.h>

#define FILE_NAME "workshop.json"

static bool has(const GPtrArray *paths, const char *path, guint *index)
{
    return g_ptr_array_find_with_equal_func((GPtrArray *)paths, path, g_str_equal, index);
}

// ---- the file -----------------------------------------------------------------------------------

static void read_paths(JsonObject *object, const char *key, const struct store *store,
                       GPtrArray *paths)
{
    JsonNode *node = json_object_get_member(object, key);
    JsonArray *array = node && JSON_NODE_HOLDS_ARRAY(node) ? json_node_get_array(node) : NULL;
    for (guint i = 0; array && i < json_array_get_length(array); i++) {
        JsonNode *item = json_array_get_element(array, i);
        if (JSON_NODE_HOLDS_VALUE(item) && json_node_get_value_type(item) == G_TYPE_STRING) {
            g_ptr_array_add(paths, store_path(store, json_node_get_string(item)));
        }
    }
}

// Of what is not there any more nothing need be known: another file may get its name.
static void drop_missing(GPtrArray *paths)
{
    for (guint i = paths->len; i-- > 0;) {
        if (!g_file_test(paths->pdata[i], G_FILE_TEST_EXISTS)) {
            g_ptr_array_remove_index(paths, i);
        }
    }
}

void workshop_list_read(struct workshop_list *list, const struct store *store, GError **error)
{
    *list = (struct workshop_list){.added = g_ptr_array_new_with_free_func(g_free),
                                   .removed = g_ptr_array_new_with_free_func(g_free)};
    g_autofree char *path = store ? store_path(store, FILE_NAME) : NULL;
    if (!path || !g_file_test(path, G_FILE_TEST_EXISTS)) {
        return;
    }
    g_autoptr(JsonNode) root = json_file_read(path, JSON_NODE_OBJECT, path, error);
    if (root) {
        read_paths(json_node_get_object(root), "added", store, list->added);
        read_paths(json_node_get_object(root), "removed", store, list->removed);
        drop_missing(list->removed);
    }
}

static void write_paths(JsonBuilder *b, const char *key, const GPtrArray *paths,
                        const struct store *store)
{
    g_autofree char *inside = g_strconcat(store_dir(store), G_DIR_SEPARATOR_S, NULL);
    json_builder_set_member_name(b, key);
    json_builder_begin_array(b);
    for (guint i = 0; i < paths->len; i++) {
        const char *path = paths->pdata[i];
        const bool own = g_str_has_prefix(path, inside);
        const char *kept = own ? path + strlen(inside) : path;
        if (g_utf8_validate(kept, -1, NULL)) { // JSON has no other bytes
            json_builder_add_string_value(b, kept);
        }
    }
    json_builder_end_array(b);
}

bool workshop_list_write(const struct workshop_list *list, const struct store *store,
                         GError **error)
{
    g_autoptr(JsonBuilder) b = json_builder_new();
    json_builder_begin_object(b);
    write_paths(b, "added", list->added, store);
    write_paths(b, "removed", list->removed, store);
    json_builder_end_object(b);
    g_autoptr(JsonNode) root = json_builder_get_root(b);
    g_autofree char *text = json_to_string(root, TRUE), *path = store_path(store, FILE_NAME);
    return replacement_whole(path, text, strlen(text), error);
}

// ---- what is on it ------------------------------------------------------------------------------

void workshop_list_clear(struct workshop_list *list)
{
    g_clear_pointer(&list->added, g_ptr_array_unref);
    g_clear_pointer(&list->removed, g_ptr_array_unref);
}

void workshop_list_put(struct workshop_list *list, const char *path)
{
    guint index;
    if (has(list->removed, path, &index)) {
        g_ptr_array_remove_index(list->removed, index);
    }
    if (!has(list->added, path, NULL)) {
        g_ptr_array_add(list->added, g_strdup(path));
    }
}

void workshop_list_remove(struct workshop_list *list, const char *path)
{
    guint index;
    if (has(list->added, path, &index)) {
        g_ptr_array_remove_index(list->added, index);
    }
    if (!has(list->removed, path, NULL)) {
        g_ptr_array_add(list->removed, g_strdup(path));
    }
}

bool workshop_list_is_removed(const struct workshop_list *list, const char *path)
{
    return has(list->removed, path, NULL);
}
