#include "ui/core/subject_draft.h"

#include "compute/model/defaults.h"
#include "compute/train/train.h"
#include "ui/core/document.h"
#include "ui/core/plain_text.h"

#include <string.h>

// ---- photos -------------------------------------------------------------------------------------

struct subject_shot *subject_shot_new(const char *path)
{
    struct subject_shot *s = g_new0(struct subject_shot, 1);
    s->path = g_strdup(path);
    return s;
}

void subject_shot_free(struct subject_shot *s)
{
    if (s) {
        g_free(s->path);
        g_free(s->caption);
        mask_unref(s->mask);
        g_free(s);
    }
}

static struct subject_shot *shot_copy(const struct subject_shot *from)
{
    struct subject_shot *s = g_new(struct subject_shot, 1);
    *s = *from;
    s->path = g_strdup(from->path);
    s->caption = g_strdup(from->caption);
    s->mask = from->mask ? mask_ref(from->mask) : NULL;
    return s;
}

// ---- subjects -----------------------------------------------------------------------------------

static struct subject_entry *entry_new(const char *word, const char *kind)
{
    struct subject_entry *e = g_new0(struct subject_entry, 1);
    e->word = g_strdup(word);
    e->kind = g_strdup(kind);
    e->shots = g_ptr_array_new_with_free_func((GDestroyNotify)subject_shot_free);
    return e;
}

static struct subject_entry *entry_copy(const struct subject_entry *from)
{
    struct subject_entry *e = entry_new(from->word, from->kind);
    for (guint i = 0; i < from->shots->len; i++) {
        g_ptr_array_add(e->shots, shot_copy(from->shots->pdata[i]));
    }
    return e;
}

void subject_entry_free(struct subject_entry *e)
{
    if (e) {
        g_free(e->word);
        g_free(e->kind);
        g_ptr_array_unref(e->shots);
        g_free(e);
    }
}

int subject_entry_find(const struct subject_entry *e, const char *path)
{
    for (guint i = 0; i < e->shots->len; i++) {
        const struct subject_shot *s = e->shots->pdata[i];
        if (g_str_equal(s->path, path)) {
            return (int)i;
        }
    }
    return -1;
}

// ---- all ----------------------------------------------------------------------------------------

static GPtrArray *entries_new(void)
{
    return g_ptr_array_new_with_free_func((GDestroyNotify)subject_entry_free);
}

static void choose_objective(struct subject_draft *d)
{
    settings_parse(d->learn, "objective", d->lesson->objective(d->subjects->len), NULL);
}

void subject_draft_init(struct subject_draft *d, const struct lesson *lesson)
{
    *d = (struct subject_draft){.lesson = lesson,
                                .subjects = entries_new(),
                                .own_prompt = g_strdup(""),
                                .learn = settings_new(learn_settings),
                                .usual = settings_new(learn_settings),
                                .seed = 1};
    for (guint i = 0; i < lesson->least; i++) {
        subject_draft_insert(d, i, NULL);
    }
}

bool subject_draft_use_model(struct subject_draft *d, const char *model, GError **error)
{
    struct settings *usual = settings_new(learn_settings);
    const bool ok =
        model_defaults(model, "learn", usual, error) && d->lesson->defaults(model, usual, error);
    settings_follow(d->learn, d->usual, usual);
    settings_free(d->usual);
    d->usual = usual;
    choose_objective(d);
    return ok;
}

void subject_draft_clear(struct subject_draft *d)
{
    g_clear_pointer(&d->subjects, g_ptr_array_unref);
    g_free(d->own_prompt);
    settings_free(d->learn);
    settings_free(d->usual);
    memset(d, 0, sizeof *d);
}

void subject_draft_copy(const struct subject_draft *from, struct subject_draft *to)
{
    *to = (struct subject_draft){.lesson = from->lesson,
                                 .subjects = entries_new(),
                                 .own_prompt = g_strdup(from->own_prompt),
                                 .learn = settings_copy(from->learn),
                                 .usual = settings_copy(from->usual),
                                 .seed = from->seed};
    for (guint i = 0; i < from->subjects->len; i++) {
        g_ptr_array_add(to->subjects, entry_copy(subject_draft_at(from, i)));
    }
}

struct subject_entry *subject_draft_at(const struct subject_draft *d, guint i)
{
    return d->subjects->pdata[i];
}

void subject_draft_insert(struct subject_draft *d, guint at, struct subject_entry *entry)
{
    g_ptr_array_insert(d->subjects, (gint)at, entry ? entry : entry_new("", ""));
    choose_objective(d);
}

struct subject_entry *subject_draft_take(struct subject_draft *d, guint at)
{
    struct subject_entry *entry = g_ptr_array_steal_index(d->subjects, at);
    choose_objective(d);
    return entry;
}

// ---- to JSON ------------------------------------------------------------------------------------

// Paths are any bytes, and JSON is UTF-8: as URIs they come back as they were.
static void write_shot(const struct subject_shot *s, JsonBuilder *b)
{
    g_autofree char *uri = g_filename_to_uri(s->path, NULL, NULL);
    json_builder_begin_object(b);
    json_builder_set_member_name(b, "file");
    json_builder_add_string_value(b, uri ? uri : "");
    if (s->caption) {
        json_builder_set_member_name(b, "caption");
        json_builder_add_string_value(b, s->caption);
    }
    if (s->crop.width) {
        json_builder_set_member_name(b, "crop");
        document_write_region(&s->crop, b);
    }
    if (s->masked) {
        json_builder_set_member_name(b, "mask");
        mask_write_json(s->mask, b);
    }
    json_builder_end_object(b);
}

static void write_entry(const struct subject_entry *e, JsonBuilder *b)
{
    json_builder_begin_object(b);
    json_builder_set_member_name(b, "word");
    json_builder_add_string_value(b, e->word);
    json_builder_set_member_name(b, "class");
    json_builder_add_string_value(b, e->kind);
    json_builder_set_member_name(b, "photos");
    json_builder_begin_array(b);
    for (guint i = 0; i < e->shots->len; i++) {
        write_shot(e->shots->pdata[i], b);
    }
    json_builder_end_array(b);
    json_builder_end_object(b);
}

static void write_settings(const char *name, const struct settings *s, JsonBuilder *b)
{
    json_builder_set_member_name(b, name);
    json_builder_begin_object(b);
    settings_write_json(s, b);
    json_builder_end_object(b);
}

void subject_draft_write_json(const struct subject_draft *d, JsonBuilder *b)
{
    json_builder_set_member_name(b, "subjects");
    json_builder_begin_array(b);
    for (guint i = 0; i < d->subjects->len; i++) {
        write_entry(subject_draft_at(d, i), b);
    }
    json_builder_end_array(b);
    json_builder_set_member_name(b, "draw");
    json_builder_add_string_value(b, d->own_prompt);
    json_builder_set_member_name(b, "seed");
    json_builder_add_int_value(b, (gint64)d->seed);
    write_settings("learn", d->learn, b);
    write_settings("usual", d->usual, b);
}

// ---- from JSON ----------------------------------------------------------------------------------

static const char *text_of(JsonNode *node)
{
    return node && JSON_NODE_HOLDS_VALUE(node) ? json_node_get_string(node) : NULL;
}

static void read_text(JsonObject *o, const char *key, char **text)
{
    const char *value = text_of(json_object_get_member(o, key));
    if (value) {
        g_free(*text);
        *text = plain_text(value, TEXT_NAME);
    }
}

static void read_sentence(JsonObject *o, const char *key, char **text)
{
    const char *value = text_of(json_object_get_member(o, key));
    if (value) {
        g_free(*text);
        *text = plain_sentence(value);
    }
}

static void read_shot_members(struct subject_shot *s, JsonObject *o)
{
    const char *caption = text_of(json_object_get_member(o, "caption"));
    JsonNode *mask = json_object_get_member(o, "mask");
    s->caption = caption ? plain_sentence(caption) : NULL;
    document_read_region(json_object_get_member(o, "crop"), &s->crop);
    s->masked = mask && mask_read_json(mask, &s->mask, NULL);
}

// A path alone, or an object. NULL: neither.
static struct subject_shot *read_shot(JsonNode *node)
{
    JsonObject *o = JSON_NODE_HOLDS_OBJECT(node) ? json_node_get_object(node) : NULL;
    const char *uri = text_of(o ? json_object_get_member(o, "file") : node);
    g_autofree char *path = uri ? g_filename_from_uri(uri, NULL, NULL) : NULL;
    struct subject_shot *s = path ? subject_shot_new(path) : NULL;
    if (s && o) {
        read_shot_members(s, o);
    }
    return s;
}

static void read_entry(struct subject_entry *e, JsonObject *o)
{
    JsonNode *node = json_object_get_member(o, "photos");
    JsonArray *array = node && JSON_NODE_HOLDS_ARRAY(node) ? json_node_get_array(node) : NULL;
    g_ptr_array_set_size(e->shots, array ? 0 : (gint)e->shots->len);
    for (guint i = 0; array && i < json_array_get_length(array); i++) {
        struct subject_shot *s = read_shot(json_array_get_element(array, i));
        if (s && subject_entry_find(e, s->path) < 0) {
            g_ptr_array_add(e->shots, s);
        } else {
            subject_shot_free(s);
        }
    }
    read_text(o, "word", &e->word);
    read_text(o, "class", &e->kind);
}

// In the place of those that there are.
static void read_entries(struct subject_draft *d, JsonArray *array)
{
    g_autoptr(GPtrArray) list = entries_new();
    for (guint i = 0; i < json_array_get_length(array) && list->len < d->lesson->most; i++) {
        JsonNode *node = json_array_get_element(array, i);
        if (JSON_NODE_HOLDS_OBJECT(node)) {
            struct subject_entry *e = entry_new("", "");
            read_entry(e, json_node_get_object(node));
            g_ptr_array_add(list, e);
        }
    }
    if (list->len >= d->lesson->least) {
        g_ptr_array_unref(d->subjects);
        d->subjects = g_steal_pointer(&list);
    }
}

static void read_settings(JsonObject *o, const char *name, struct settings *s)
{
    JsonNode *node = json_object_get_member(o, name);
    if (node && JSON_NODE_HOLDS_OBJECT(node)) {
        settings_read_json(s, json_node_get_object(node));
    }
}

void subject_draft_read_json(struct subject_draft *d, JsonObject *o)
{
    JsonNode *node = json_object_get_member(o, "subjects");
    if (node && JSON_NODE_HOLDS_ARRAY(node)) {
        read_entries(d, json_node_get_array(node));
    } else {
        read_entry(subject_draft_at(d, 0), o);
    }
    read_sentence(o, "draw", &d->own_prompt);
    node = json_object_get_member(o, "seed");
    if (node && JSON_NODE_HOLDS_VALUE(node)) {
        d->seed = (uint64_t)json_node_get_int(node);
    }
    read_settings(o, "learn", d->learn);
    read_settings(o, "usual", d->usual);
    choose_objective(d);
}
