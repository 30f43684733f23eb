#include "ui/core/subject_draft.h"

#include "compute/model/defaults.h"
#include "compute/train/train.h"
#include "ui/core/plain_text.h"
#include "ui/core/subject.h"

#include <string.h>

static GPtrArray *copy_paths(const GPtrArray *from)
{
    GPtrArray *paths = g_ptr_array_new_with_free_func(g_free);
    for (guint i = 0; from && i < from->len; i++) {
        g_ptr_array_add(paths, g_strdup(from->pdata[i]));
    }
    return paths;
}

void subject_draft_init(struct subject_draft *d)
{
    *d = (struct subject_draft){
        .paths = copy_paths(NULL),
        .word = g_strdup(""),
        .kind = g_strdup(""),
        .learn = settings_new(learn_settings),
        .seed = 1,
    };
    settings_parse(d->learn, "objective", "subject", NULL);
}

bool subject_draft_use_model(struct subject_draft *d, const char *model, GError **error)
{
    return model_defaults(model, "learn", d->learn, error) &&
           subject_defaults(model, d->learn, error);
}

void subject_draft_clear(struct subject_draft *d)
{
    g_clear_pointer(&d->paths, g_ptr_array_unref);
    g_free(d->word);
    g_free(d->kind);
    settings_free(d->learn);
    memset(d, 0, sizeof *d);
}

void subject_draft_copy(const struct subject_draft *from, struct subject_draft *to)
{
    *to = (struct subject_draft){
        .paths = copy_paths(from->paths),
        .word = g_strdup(from->word),
        .kind = g_strdup(from->kind),
        .learn = settings_copy(from->learn),
        .seed = from->seed,
    };
}

bool subject_draft_equal(const struct subject_draft *a, const struct subject_draft *b)
{
    bool equal = g_str_equal(a->word, b->word) && g_str_equal(a->kind, b->kind) &&
                 a->seed == b->seed && a->paths->len == b->paths->len &&
                 settings_equal(a->learn, b->learn);
    for (guint i = 0; equal && i < a->paths->len; i++) {
        equal = g_str_equal(a->paths->pdata[i], b->paths->pdata[i]);
    }
    return equal;
}

// ---- JSON ---------------------------------------------------------------------------------------

// Paths are any bytes, and JSON is UTF-8: as URIs they come back as they were.
static void write_paths(const GPtrArray *paths, JsonBuilder *b)
{
    json_builder_begin_array(b);
    for (guint i = 0; i < paths->len; i++) {
        g_autofree char *uri = g_filename_to_uri(paths->pdata[i], NULL, NULL);
        json_builder_add_string_value(b, uri ? uri : "");
    }
    json_builder_end_array(b);
}

void subject_draft_write_json(const struct subject_draft *d, JsonBuilder *b)
{
    json_builder_set_member_name(b, "photos");
    write_paths(d->paths, b);
    json_builder_set_member_name(b, "word");
    json_builder_add_string_value(b, d->word);
    json_builder_set_member_name(b, "class");
    json_builder_add_string_value(b, d->kind);
    json_builder_set_member_name(b, "seed");
    json_builder_add_int_value(b, (gint64)d->seed);
    json_builder_set_member_name(b, "learn");
    json_builder_begin_object(b);
    settings_write_json(d->learn, b);
    json_builder_end_object(b);
}

static const char *text_member(JsonObject *o, const char *key)
{
    JsonNode *node = json_object_get_member(o, key);
    return node && JSON_NODE_HOLDS_VALUE(node) ? json_node_get_string(node) : NULL;
}

static void read_text(JsonObject *o, const char *key, char **text)
{
    const char *value = text_member(o, key);
    if (value) {
        g_free(*text);
        *text = plain_text(value, TEXT_NAME);
    }
}

static void read_paths(GPtrArray *paths, JsonArray *array)
{
    g_ptr_array_set_size(paths, 0);
    for (guint i = 0; i < json_array_get_length(array); i++) {
        JsonNode *node = json_array_get_element(array, i);
        const char *uri = JSON_NODE_HOLDS_VALUE(node) ? json_node_get_string(node) : NULL;
        char *path = uri ? g_filename_from_uri(uri, NULL, NULL) : NULL;
        if (path) {
            g_ptr_array_add(paths, path);
        }
    }
}

void subject_draft_read_json(struct subject_draft *d, JsonObject *o)
{
    JsonNode *node = json_object_get_member(o, "photos");
    if (node && JSON_NODE_HOLDS_ARRAY(node)) {
        read_paths(d->paths, json_node_get_array(node));
    }
    read_text(o, "word", &d->word);
    read_text(o, "class", &d->kind);
    node = json_object_get_member(o, "seed");
    if (node && JSON_NODE_HOLDS_VALUE(node)) {
        d->seed = (uint64_t)json_node_get_int(node);
    }
    node = json_object_get_member(o, "learn");
    if (node && JSON_NODE_HOLDS_OBJECT(node)) {
        settings_read_json(d->learn, json_node_get_object(node));
        settings_parse(d->learn, "objective", "subject", NULL);
    }
}
