// Masks as text: what a saved document and a result have of them. A map is base64, all else is
// plain.
#include "render/mask.h"

#include "compute/error.h"
#include "compute/i18n.h"
#include "compute/json_file.h"

#include <string.h>

#define MAX_MAPS ((gsize)64 << 20) // bytes of all maps together

// ---- writing ------------------------------------------------------------------------------------

static void write_number(JsonBuilder *b, const char *key, double value)
{
    json_builder_set_member_name(b, key);
    json_builder_add_double_value(b, value);
}

static void write_points(JsonBuilder *b, const struct mask_step *s)
{
    json_builder_set_member_name(b, "points");
    json_builder_begin_array(b);
    for (int i = 0; i < 2 * s->count; i++) {
        json_builder_add_double_value(b, s->points[i]);
    }
    json_builder_end_array(b);
}

static void write_map(JsonBuilder *b, const struct mask_step *s)
{
    const int numbers[] = {s->map_width, s->map_height,   s->placed.x,
                           s->placed.y,  s->placed.width, s->placed.height};
    g_autofree char *text = g_base64_encode(s->map, (gsize)s->map_width * s->map_height);
    json_builder_set_member_name(b, "label");
    json_builder_add_string_value(b, s->label);
    json_builder_set_member_name(b, "placed");
    json_builder_begin_array(b);
    for (size_t i = 0; i < G_N_ELEMENTS(numbers); i++) {
        json_builder_add_int_value(b, numbers[i]);
    }
    json_builder_end_array(b);
    json_builder_set_member_name(b, "map");
    json_builder_add_string_value(b, text);
}

static void write_step(JsonBuilder *b, const struct mask_step *s)
{
    json_builder_begin_object(b);
    json_builder_set_member_name(b, "kind");
    json_builder_add_string_value(b, mask_kind_names[s->kind]);
    if (s->erase) {
        json_builder_set_member_name(b, "erase");
        json_builder_add_boolean_value(b, TRUE);
    }
    if (s->kind == MASK_BRUSH) {
        write_number(b, "size", s->size);
        write_number(b, "softness", s->softness);
    }
    if (s->amount != 0.0f) {
        write_number(b, "amount", s->amount);
    }
    if (s->reach != 0.0f) {
        write_number(b, "reach", s->reach);
    }
    if (s->count) {
        write_points(b, s);
    }
    if (s->map) {
        write_map(b, s);
    }
    json_builder_end_object(b);
}

void mask_write_json(const struct mask *m, JsonBuilder *b)
{
    g_autofree const struct mask_step **steps = g_new(const struct mask_step *, mask_steps(m) + 1);
    const int n = mask_steps(m);
    for (int i = n; i-- > 0; m = mask_before(m)) {
        steps[i] = mask_last(m);
    }
    json_builder_begin_array(b);
    for (int i = 0; i < n; i++) {
        write_step(b, steps[i]);
    }
    json_builder_end_array(b);
}

char *mask_to_json(const struct mask *m)
{
    g_autoptr(JsonBuilder) b = json_builder_new();
    mask_write_json(m, b);
    g_autoptr(JsonNode) root = json_builder_get_root(b);
    return json_to_string(root, FALSE);
}

// ---- reading ------------------------------------------------------------------------------------

// What one step is read into: it owns what the step borrows.
struct reading {
    struct mask_step step;
    GArray *points; // float
    guchar *map;
    gsize maps; // bytes of those that were read so far
};

static bool number(JsonNode *node, double *value)
{
    const GType type = node && JSON_NODE_HOLDS_VALUE(node) ? json_node_get_value_type(node) : 0;
    if (type != G_TYPE_INT64 && type != G_TYPE_DOUBLE) {
        return false;
    }
    *value = json_node_get_double(node);
    return true;
}

// Absent is zero.
static bool read_number(JsonObject *o, const char *key, float *to)
{
    double value = 0.0;
    JsonNode *node = json_object_get_member(o, key);
    bool ok = !node || number(node, &value);
    *to = (float)value;
    return ok;
}

static const char *read_text(JsonObject *o, const char *key)
{
    JsonNode *node = json_object_get_member(o, key);
    return node && JSON_NODE_HOLDS_VALUE(node) ? json_node_get_string(node) : NULL;
}

static JsonArray *read_array(JsonObject *o, const char *key)
{
    JsonNode *node = json_object_get_member(o, key);
    return node && JSON_NODE_HOLDS_ARRAY(node) ? json_node_get_array(node) : NULL;
}

static bool read_kind(JsonObject *o, enum mask_kind *kind)
{
    const char *name = read_text(o, "kind");
    for (int i = 0; name && i < MASK_KINDS; i++) {
        if (g_str_equal(name, mask_kind_names[i])) {
            *kind = (enum mask_kind)i;
            return true;
        }
    }
    return false;
}

static bool read_points(JsonObject *o, struct reading *r)
{
    JsonArray *array = read_array(o, "points");
    const guint n = array ? json_array_get_length(array) : 0;
    if (n > 2 * MASK_MAX_POINTS || n % 2 != 0) {
        return false;
    }
    for (guint i = 0; i < n; i++) {
        double value;
        if (!number(json_array_get_element(array, i), &value)) {
            return false;
        }
        const float place = (float)value;
        g_array_append_val(r->points, place);
    }
    r->step.count = (int)n / 2;
    r->step.points = (const float *)(const void *)r->points->data;
    return true;
}

static bool read_placed(JsonObject *o, struct mask_step *s)
{
    int *const to[] = {&s->map_width, &s->map_height,   &s->placed.x,
                       &s->placed.y,  &s->placed.width, &s->placed.height};
    JsonArray *array = read_array(o, "placed");
    if (!array || json_array_get_length(array) != G_N_ELEMENTS(to)) {
        return false;
    }
    for (guint i = 0; i < G_N_ELEMENTS(to); i++) {
        double value;
        if (!number(json_array_get_element(array, i), &value) ||
            !(value >= 0.0 && value <= IMAGE_MAX_SIDE)) {
            return false;
        }
        *to[i] = (int)value;
    }
    return true;
}

static bool read_map(JsonObject *o, struct reading *r)
{
    struct mask_step *s = &r->step;
    const char *text = read_text(o, "map");
    s->label = read_text(o, "label");
    if (!text || !read_placed(o, s) || s->map_width > MASK_MAX_MAP ||
        s->map_height > MASK_MAX_MAP) {
        return false;
    }
    const gsize size = (gsize)s->map_width * s->map_height;
    gsize got = 0;
    r->maps += size;
    if (r->maps > MAX_MAPS || strlen(text) != (size + 2) / 3 * 4) { // before memory is asked for
        return false;
    }
    r->map = g_base64_decode(text, &got);
    s->map = r->map;
    return got == size;
}

static bool read_step(JsonNode *node, struct reading *r)
{
    JsonObject *o = JSON_NODE_HOLDS_OBJECT(node) ? json_node_get_object(node) : NULL;
    struct mask_step *s = &r->step;
    *s = (struct mask_step){0};
    g_array_set_size(r->points, 0);
    g_clear_pointer(&r->map, g_free);
    if (!o || !read_kind(o, &s->kind) || !read_number(o, "size", &s->size) ||
        !read_number(o, "softness", &s->softness) || !read_number(o, "amount", &s->amount) ||
        !read_number(o, "reach", &s->reach) || !read_points(o, r) ||
        (s->kind == MASK_SELECTION && !read_map(o, r))) {
        return false;
    }
    JsonNode *erase = json_object_get_member(o, "erase");
    s->erase = erase && JSON_NODE_HOLDS_VALUE(erase) && json_node_get_boolean(erase);
    return mask_step_legal(s);
}

static bool read_steps(JsonArray *array, struct mask **mask, GError **error)
{
    struct reading r = {.points = g_array_new(FALSE, FALSE, sizeof(float))};
    const guint n = json_array_get_length(array);
    struct mask *m = NULL;
    bool ok = n <= MASK_MAX_STEPS;
    if (!ok) {
        g_set_error(error, TINCTURE_ERROR, TINCTURE_ERROR_FILE,
                    _("the mask has more than %d steps"), MASK_MAX_STEPS);
    }
    for (guint i = 0; ok && i < n; i++) {
        ok = read_step(json_array_get_element(array, i), &r);
        if (!ok) {
            g_set_error(error, TINCTURE_ERROR, TINCTURE_ERROR_FILE,
                        _("step %u of the mask is damaged"), i + 1);
            break;
        }
        struct mask *with = mask_with(m, &r.step);
        mask_unref(m);
        m = with;
    }
    g_array_unref(r.points);
    g_free(r.map);
    *mask = ok ? mask_ref(m) : NULL;
    mask_unref(m);
    return ok;
}

bool mask_read_json(JsonNode *node, struct mask **mask, GError **error)
{
    *mask = NULL;
    if (!JSON_NODE_HOLDS_ARRAY(node)) {
        g_set_error(error, TINCTURE_ERROR, TINCTURE_ERROR_FILE,
                    _("the mask is not a list of steps"));
        return false;
    }
    return read_steps(json_node_get_array(node), mask, error);
}

bool mask_from_json(const char *json, struct mask **mask, GError **error)
{
    g_autoptr(JsonNode) root =
        json_text_read(json, strlen(json), JSON_NODE_ARRAY, _("the mask"), error);
    *mask = NULL;
    return root && mask_read_json(root, mask, error);
}
