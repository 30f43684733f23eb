#include "ui/claims/finding.h"

#include "compute/json_file.h"
#include "compute/replace.h"

#include <math.h>
#include <string.h>

static void picture_free(void *data)
{
    struct finding_picture *p = data;
    g_free(p->file);
    g_free(p->words);
    g_free(p);
}

struct finding *finding_new(void)
{
    struct finding *f = g_new0(struct finding, 1);
    f->numbers = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, g_free);
    f->pictures = g_ptr_array_new_with_free_func(picture_free);
    return f;
}

void finding_free(struct finding *f)
{
    if (f) {
        g_hash_table_unref(f->numbers);
        g_ptr_array_unref(f->pictures);
        g_free(f);
    }
}

void finding_put(struct finding *f, double value, const char *key, ...)
{
    va_list args;
    va_start(args, key);
    g_hash_table_insert(f->numbers, g_strdup_vprintf(key, args), g_memdup2(&value, sizeof value));
    va_end(args);
}

double finding_get(const struct finding *f, const char *key, ...)
{
    va_list args;
    va_start(args, key);
    g_autofree char *name = g_strdup_vprintf(key, args);
    va_end(args);
    const double *value = g_hash_table_lookup(f->numbers, name);
    return value ? *value : NAN;
}

void finding_show(struct finding *f, const char *file, const char *words, ...)
{
    struct finding_picture *p = g_new0(struct finding_picture, 1);
    va_list args;
    va_start(args, words);
    p->file = g_strdup(file);
    p->words = g_strdup_vprintf(words, args);
    va_end(args);
    g_ptr_array_add(f->pictures, p);
}

// ---- as a file ----------------------------------------------------------------------------------

static void add_numbers(const struct finding *f, JsonBuilder *b)
{
    g_autoptr(GList) keys = g_hash_table_get_keys(f->numbers);
    keys = g_list_sort(keys, (GCompareFunc)strcmp);
    json_builder_set_member_name(b, "numbers");
    json_builder_begin_object(b);
    for (const GList *k = keys; k; k = k->next) {
        const double value = *(const double *)g_hash_table_lookup(f->numbers, k->data);
        if (isfinite(value)) {
            json_builder_set_member_name(b, k->data);
            json_builder_add_double_value(b, value);
        }
    }
    json_builder_end_object(b);
}

static void add_pictures(const struct finding *f, JsonBuilder *b)
{
    json_builder_set_member_name(b, "pictures");
    json_builder_begin_array(b);
    for (guint i = 0; i < f->pictures->len; i++) {
        const struct finding_picture *p = f->pictures->pdata[i];
        json_builder_begin_array(b);
        json_builder_add_string_value(b, p->file);
        json_builder_add_string_value(b, p->words);
        json_builder_end_array(b);
    }
    json_builder_end_array(b);
}

bool finding_write(const struct finding *f, const char *path, const char *of, GError **error)
{
    g_autoptr(JsonBuilder) b = json_builder_new();
    json_builder_begin_object(b);
    json_builder_set_member_name(b, "of");
    json_builder_add_string_value(b, of);
    add_numbers(f, b);
    add_pictures(f, b);
    json_builder_end_object(b);
    g_autoptr(JsonNode) root = json_builder_get_root(b);
    g_autofree char *text = json_to_string(root, TRUE);
    if (!replacement_whole(path, text, strlen(text), error)) {
        g_prefix_error(error, "%s could not be written: ", path);
        return false;
    }
    return true;
}

static bool take_number(struct finding *f, const char *key, JsonNode *value)
{
    const GType type = JSON_NODE_HOLDS_VALUE(value) ? json_node_get_value_type(value) : 0;
    if (type != G_TYPE_DOUBLE && type != G_TYPE_INT64) {
        return false;
    }
    finding_put(f, json_node_get_double(value), "%s", key);
    return true;
}

static bool take_picture(struct finding *f, JsonNode *value)
{
    JsonArray *pair = JSON_NODE_HOLDS_ARRAY(value) ? json_node_get_array(value) : NULL;
    if (!pair || json_array_get_length(pair) != 2) {
        return false;
    }
    const char *texts[2];
    for (guint i = 0; i < 2; i++) {
        JsonNode *text = json_array_get_element(pair, i);
        texts[i] = JSON_NODE_HOLDS_VALUE(text) ? json_node_get_string(text) : NULL;
    }
    if (!texts[0] || !texts[1] || strchr(texts[0], '/')) {
        return false;
    }
    finding_show(f, texts[0], "%s", texts[1]);
    return true;
}

static bool take_all(struct finding *f, JsonObject *object)
{
    JsonNode *numbers = json_object_get_member(object, "numbers");
    JsonNode *pictures = json_object_get_member(object, "pictures");
    if (!numbers || !JSON_NODE_HOLDS_OBJECT(numbers) || !pictures ||
        !JSON_NODE_HOLDS_ARRAY(pictures)) {
        return false;
    }
    JsonObjectIter iter;
    const char *key;
    JsonNode *value;
    json_object_iter_init(&iter, json_node_get_object(numbers));
    while (json_object_iter_next(&iter, &key, &value)) {
        if (!take_number(f, key, value)) {
            return false;
        }
    }
    JsonArray *list = json_node_get_array(pictures);
    for (guint i = 0; i < json_array_get_length(list); i++) {
        if (!take_picture(f, json_array_get_element(list, i))) {
            return false;
        }
    }
    return true;
}

struct finding *finding_read(const char *path, const char *of)
{
    g_autoptr(JsonNode) root = json_file_read(path, JSON_NODE_OBJECT, path, NULL);
    JsonObject *object = root ? json_node_get_object(root) : NULL;
    JsonNode *said = object ? json_object_get_member(object, "of") : NULL;
    if (!said || !JSON_NODE_HOLDS_VALUE(said) || g_strcmp0(json_node_get_string(said), of) != 0) {
        return NULL;
    }
    struct finding *f = finding_new();
    if (!take_all(f, object)) {
        g_clear_pointer(&f, finding_free);
    }
    return f;
}
