#include "ui/core/document.h"

#include "compute/gpu/gpu.h"
#include "compute/json_file.h"
#include "ui/core/plain_text.h"

#include <json-glib/json-glib.h>
#include <string.h>

void document_init(struct document *d)
{
    *d = (struct document){
        .source_prompt = g_strdup(""),
        .prompt = g_strdup(""),
        .negative = g_strdup(""),
        .edit = settings_new(edit_settings),
        .learn = settings_new(learn_settings),
        .learn_seed = 1,
        .adapters = g_array_new(FALSE, TRUE, sizeof(struct document_use)),
    };
    lead_init(&d->lead);
}

void document_clear(struct document *d)
{
    g_free(d->source_prompt);
    g_free(d->prompt);
    g_free(d->negative);
    settings_free(d->edit);
    settings_free(d->learn);
    g_clear_pointer(&d->adapters, g_array_unref);
    mask_unref(d->mask);
    lead_clear(&d->lead);
    memset(d, 0, sizeof *d);
}

void document_copy(const struct document *from, struct document *to)
{
    *to = *from;
    to->source_prompt = g_strdup(from->source_prompt);
    to->prompt = g_strdup(from->prompt);
    to->negative = g_strdup(from->negative);
    to->edit = settings_copy(from->edit);
    to->learn = settings_copy(from->learn);
    to->adapters = g_array_copy(from->adapters);
    to->mask = mask_ref(from->mask);
    lead_copy(&from->lead, &to->lead);
}

void document_forget_adapter(struct document *d, gint64 id)
{
    for (guint i = d->adapters->len; i-- > 0;) {
        if (g_array_index(d->adapters, struct document_use, i).id == id) {
            g_array_remove_index(d->adapters, i);
        }
    }
}

void document_use_set_range(struct document_use *use, gint64 from, gint64 to)
{
    const bool is_range = from >= 0 && from < DOCUMENT_TIME_STEPS && (to == 0 || to > from);
    use->from = is_range ? (int)from : 0;
    use->to = is_range && to < DOCUMENT_TIME_STEPS ? (int)to : 0;
}

static bool adapters_equal(const GArray *a, const GArray *b)
{
    if (a->len != b->len) {
        return false;
    }
    for (guint i = 0; i < a->len; i++) {
        const struct document_use *x = &g_array_index(a, struct document_use, i);
        const struct document_use *y = &g_array_index(b, struct document_use, i);
        if (x->id != y->id || x->scale != y->scale || x->enabled != y->enabled ||
            x->from != y->from || x->to != y->to) {
            return false;
        }
    }
    return true;
}

unsigned document_diff(const struct document *a, const struct document *b)
{
    unsigned parts = 0;
    if (!g_str_equal(a->source_prompt, b->source_prompt) || !g_str_equal(a->prompt, b->prompt) ||
        !g_str_equal(a->negative, b->negative)) {
        parts |= DOCUMENT_PROMPTS;
    }
    if (!settings_equal(a->edit, b->edit) || !settings_equal(a->learn, b->learn) ||
        a->seed != b->seed || a->learn_seed != b->learn_seed || !lead_equal(&a->lead, &b->lead)) {
        parts |= DOCUMENT_PARAMS;
    }
    if (!adapters_equal(a->adapters, b->adapters)) {
        parts |= DOCUMENT_ADAPTERS;
    }
    if (!mask_equal(a->mask, b->mask) || !image_region_equal(&a->region, &b->region)) {
        parts |= DOCUMENT_PLACE;
    }
    return parts;
}

bool document_equal(const struct document *a, const struct document *b)
{
    return document_diff(a, b) == 0;
}

bool document_asks_edit(const struct document *d)
{
    g_autofree char *prompt = g_strstrip(g_strdup(d->prompt));
    g_autofree char *source = g_strstrip(g_strdup(d->source_prompt));
    return *prompt && !g_str_equal(prompt, source);
}

struct settings *document_settings(const struct document *d, enum document_settings which)
{
    return which == SETTINGS_EDIT ? d->edit : d->learn;
}

struct edit_request document_request(const struct document *d)
{
    return (struct edit_request){
        .settings = d->edit,
        .source_prompt = d->source_prompt,
        .prompt = *d->prompt ? d->prompt : d->source_prompt,
        .negative = d->negative,
        .seed = d->seed,
    };
}

// ---- JSON ---------------------------------------------------------------------------------------

static char *builder_text(JsonBuilder *b)
{
    g_autoptr(JsonNode) root = json_builder_get_root(b);
    return json_to_string(root, FALSE);
}

static void build_edit(JsonBuilder *b, const struct document *d)
{
    json_builder_begin_object(b);
    settings_write_json(d->edit, b);
    lead_write_json(&d->lead, b);
    json_builder_end_object(b);
}

static void build_learn_members(JsonBuilder *b, const struct document *d)
{
    settings_write_json(d->learn, b);
    json_builder_set_member_name(b, "seed");
    json_builder_add_int_value(b, (gint64)d->learn_seed);
}

static void build_learn(JsonBuilder *b, const struct document *d)
{
    json_builder_begin_object(b);
    build_learn_members(b, d);
    json_builder_end_object(b);
}

static void build_adapters(JsonBuilder *b, const GArray *adapters)
{
    json_builder_begin_array(b);
    for (guint i = 0; i < adapters->len; i++) {
        const struct document_use *use = &g_array_index(adapters, struct document_use, i);
        json_builder_begin_object(b);
        json_builder_set_member_name(b, "id");
        json_builder_add_int_value(b, use->id);
        json_builder_set_member_name(b, "scale");
        json_builder_add_double_value(b, use->scale);
        json_builder_set_member_name(b, "enabled");
        json_builder_add_boolean_value(b, use->enabled);
        if (use->from || use->to) { // results from before there was a range stay what they were
            json_builder_set_member_name(b, "from");
            json_builder_add_int_value(b, use->from);
            json_builder_set_member_name(b, "to");
            json_builder_add_int_value(b, use->to);
        }
        json_builder_end_object(b);
    }
    json_builder_end_array(b);
}

void document_write_region(const struct image_region *r, JsonBuilder *b)
{
    const int numbers[] = {r->x, r->y, r->width, r->height};
    json_builder_begin_array(b);
    for (size_t i = 0; i < G_N_ELEMENTS(numbers); i++) {
        json_builder_add_int_value(b, numbers[i]);
    }
    json_builder_end_array(b);
}

// {"region": [x, y, width, height], "mask": [...]}, each only where there is one.
static void build_place(JsonBuilder *b, const struct document *d)
{
    json_builder_begin_object(b);
    if (d->region.width) {
        json_builder_set_member_name(b, "region");
        document_write_region(&d->region, b);
    }
    if (d->mask) {
        json_builder_set_member_name(b, "mask");
        mask_write_json(d->mask, b);
    }
    json_builder_end_object(b);
}

char *document_place_json(const struct document *d)
{
    g_autoptr(JsonBuilder) b = json_builder_new();
    build_place(b, d);
    return builder_text(b);
}

char *document_params_json(const struct document *d)
{
    g_autoptr(JsonBuilder) b = json_builder_new();
    json_builder_begin_object(b);
    settings_write_json(d->edit, b);
    lead_write_json(&d->lead, b);
    json_builder_set_member_name(b, "by_hand");
    json_builder_add_boolean_value(b, d->by_hand);
    json_builder_end_object(b);
    return builder_text(b);
}

char *document_training_json(const struct document *d)
{
    g_autoptr(JsonBuilder) b = json_builder_new();
    json_builder_begin_object(b);
    build_learn_members(b, d);
    if (d->region.width) {
        json_builder_set_member_name(b, "region");
        document_write_region(&d->region, b);
    }
    json_builder_end_object(b);
    return builder_text(b);
}

char *document_learn_json(const struct document *d)
{
    g_autoptr(JsonBuilder) b = json_builder_new();
    build_learn(b, d);
    return builder_text(b);
}

// What the picture depends on.
static void build_picture(JsonBuilder *b, const struct document *d)
{
    const struct {
        const char *key, *value;
    } texts[] = {
        {"source_prompt", d->source_prompt}, {"prompt", d->prompt}, {"negative", d->negative}};
    for (size_t i = 0; i < G_N_ELEMENTS(texts); i++) {
        json_builder_set_member_name(b, texts[i].key);
        json_builder_add_string_value(b, texts[i].value);
    }
    json_builder_set_member_name(b, "seed");
    json_builder_add_int_value(b, (gint64)d->seed);
    json_builder_set_member_name(b, "params");
    build_edit(b, d);
    json_builder_set_member_name(b, "adapters");
    build_adapters(b, d->adapters);
    if (d->mask || d->region.width) { // results from before there was any stay what they were
        json_builder_set_member_name(b, "place");
        build_place(b, d);
    }
}

char *document_picture_key(const struct document *d)
{
    g_autoptr(JsonBuilder) b = json_builder_new();
    json_builder_begin_object(b);
    build_picture(b, d);
    json_builder_end_object(b);
    return builder_text(b);
}

char *document_recipe(const struct document *d, const char *precision)
{
    g_autoptr(JsonBuilder) b = json_builder_new();
    json_builder_begin_object(b);
    build_picture(b, d);
    json_builder_set_member_name(b, "learn");
    build_learn(b, d);
    if (precision) {
        json_builder_set_member_name(b, "precision");
        json_builder_add_string_value(b, precision);
    }
    json_builder_end_object(b);
    return builder_text(b);
}

char *document_to_json(const struct document *d)
{
    return document_recipe(d, NULL);
}

// The member if it is there and holds a plain value, else NULL: a library from outside may hold
// anything.
static JsonNode *member(JsonObject *o, const char *key)
{
    JsonNode *node = json_object_get_member(o, key);
    return node && JSON_NODE_HOLDS_VALUE(node) ? node : NULL;
}

static void read_seed(JsonObject *o, uint64_t *seed)
{
    JsonNode *node = member(o, "seed");
    if (node) {
        *seed = (uint64_t)json_node_get_int(node);
    }
}

static void read_learn(struct document *d, JsonObject *o)
{
    settings_read_json(d->learn, o);
    read_seed(o, &d->learn_seed);
}

static void read_adapters(struct document *d, JsonArray *array)
{
    g_array_set_size(d->adapters, 0);
    for (guint i = 0; i < json_array_get_length(array); i++) {
        JsonNode *element = json_array_get_element(array, i);
        if (!JSON_NODE_HOLDS_OBJECT(element)) {
            continue;
        }
        JsonObject *o = json_node_get_object(element);
        JsonNode *id = member(o, "id"), *scale = member(o, "scale"),
                 *enabled = member(o, "enabled"), *from = member(o, "from"), *to = member(o, "to");
        if (id) {
            struct document_use use = {
                .id = json_node_get_int(id),
                .scale = scale ? CLAMP(json_node_get_double(scale), -10.0, 10.0) : 1.0,
                .enabled = !enabled || json_node_get_boolean(enabled),
            };
            document_use_set_range(&use, from ? json_node_get_int(from) : 0,
                                   to ? json_node_get_int(to) : 0);
            g_array_append_val(d->adapters, use);
        }
    }
}

static bool read_region(JsonNode *node, struct image_region *r)
{
    int *const to[] = {&r->x, &r->y, &r->width, &r->height};
    JsonArray *array = node && JSON_NODE_HOLDS_ARRAY(node) ? json_node_get_array(node) : NULL;
    if (!array || json_array_get_length(array) != G_N_ELEMENTS(to)) {
        return false;
    }
    for (guint i = 0; i < G_N_ELEMENTS(to); i++) {
        JsonNode *number = json_array_get_element(array, i);
        const gint64 value = JSON_NODE_HOLDS_VALUE(number) ? json_node_get_int(number) : -1;
        if (value < 0 || value > IMAGE_MAX_SIDE) {
            return false;
        }
        *to[i] = (int)value;
    }
    return r->width > 0 && r->height > 0;
}

void document_read_region(JsonNode *node, struct image_region *r)
{
    if (!read_region(node, r)) {
        *r = (struct image_region){0};
    }
}

// o may be NULL, here and below.
static void read_document_region(struct document *d, JsonObject *o)
{
    document_read_region(o ? json_object_get_member(o, "region") : NULL, &d->region);
}

static void read_place(struct document *d, JsonObject *o)
{
    JsonNode *mask = o ? json_object_get_member(o, "mask") : NULL;
    g_clear_pointer(&d->mask, mask_unref);
    read_document_region(d, o);
    if (mask) {
        mask_read_json(mask, &d->mask, NULL);
    }
}

static JsonNode *parse_object(const char *json)
{
    return json ? json_text_read(json, strlen(json), JSON_NODE_OBJECT, "document", NULL) : NULL;
}

const char *document_recipe_precision(const char *json)
{
    g_autoptr(JsonNode) root = parse_object(json);
    JsonNode *node = root ? member(json_node_get_object(root), "precision") : NULL;
    return node ? gpu_precision_named(json_node_get_string(node)) : NULL;
}

void document_params_from_json(struct document *d, const char *json)
{
    g_autoptr(JsonNode) root = parse_object(json);
    if (root) {
        JsonNode *by_hand = member(json_node_get_object(root), "by_hand");
        settings_read_json(d->edit, json_node_get_object(root));
        lead_read_json(&d->lead, json_node_get_object(root));
        d->by_hand = !by_hand || json_node_get_boolean(by_hand); // as it was when nothing followed
    }
}

void document_learn_from_json(struct document *d, const char *json)
{
    g_autoptr(JsonNode) root = parse_object(json);
    if (root) {
        read_learn(d, json_node_get_object(root));
    }
}

void document_training_from_json(struct document *d, const char *json)
{
    g_autoptr(JsonNode) root = parse_object(json);
    if (root) {
        read_learn(d, json_node_get_object(root));
        read_document_region(d, json_node_get_object(root));
    }
}

void document_place_from_json(struct document *d, const char *json)
{
    g_autoptr(JsonNode) root = parse_object(json);
    read_place(d, root ? json_node_get_object(root) : NULL);
}

static void read_text(JsonObject *o, const char *key, char **text)
{
    JsonNode *node = member(o, key);
    if (node && json_node_get_string(node)) {
        g_free(*text);
        *text = plain_sentence(json_node_get_string(node));
    }
}

void document_from_json(struct document *d, const char *json)
{
    g_autoptr(JsonNode) root = parse_object(json);
    if (!root) {
        return;
    }
    JsonObject *o = json_node_get_object(root);
    read_text(o, "source_prompt", &d->source_prompt);
    read_text(o, "prompt", &d->prompt);
    read_text(o, "negative", &d->negative);
    read_seed(o, &d->seed);
    JsonNode *node;
    if ((node = json_object_get_member(o, "params")) && JSON_NODE_HOLDS_OBJECT(node)) {
        settings_read_json(d->edit, json_node_get_object(node));
        lead_read_json(&d->lead, json_node_get_object(node));
    }
    if ((node = json_object_get_member(o, "learn")) && JSON_NODE_HOLDS_OBJECT(node)) {
        read_learn(d, json_node_get_object(node));
    }
    if ((node = json_object_get_member(o, "adapters")) && JSON_NODE_HOLDS_ARRAY(node)) {
        read_adapters(d, json_node_get_array(node));
    }
    node = json_object_get_member(o, "place");
    read_place(d, node && JSON_NODE_HOLDS_OBJECT(node) ? json_node_get_object(node) : NULL);
}
