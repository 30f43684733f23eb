#include "ui/samples.h"

#include "compute/json_file.h"
#include "ui/core/paths.h"

#include <string.h>

static void sample_free(gpointer data)
{
    struct sample *sample = data;
    g_free(sample->path);
    g_free(sample->title);
    g_free(sample->caption);
    g_free(sample);
}

static void add_sample(JsonArray *array, guint index, JsonNode *node, gpointer list)
{
    if (!JSON_NODE_HOLDS_OBJECT(node)) {
        return;
    }
    JsonObject *object = json_node_get_object(node);
    const char *file = json_object_get_string_member_with_default(object, "file", NULL);
    if (file == NULL || strchr(file, '/') != NULL) {
        return;
    }
    g_autofree char *folder = paths_resource("samples");
    struct sample *sample = g_new(struct sample, 1);
    sample->path = g_build_filename(folder, file, NULL);
    sample->title = g_strdup(json_object_get_string_member_with_default(object, "title", file));
    sample->caption = g_strdup(json_object_get_string_member_with_default(object, "caption", ""));
    g_ptr_array_add(list, sample);
}

GPtrArray *samples_load(void)
{
    GPtrArray *list = g_ptr_array_new_with_free_func(sample_free);
    g_autofree char *path = paths_resource("samples/samples.json");
    g_autoptr(JsonNode) root = json_file_read(path, JSON_NODE_ARRAY, path, NULL);
    if (root != NULL) {
        json_array_foreach_element(json_node_get_array(root), add_sample, list);
    }
    return list;
}
