#include "ui/core/lead.h"

#include "compute/i18n.h"

#include <string.h>

const struct setting lead_strength = {
    .key = "strength",
    .title = N_("Strength"),
    .help = N_("How closely the picture follows the hint; 1 is as the control was learned"),
    .kind = SETTING_FLOAT,
    .max = 10,
    .slider_max = 2,
    .def = 1,
};

void lead_init(struct lead *l)
{
    *l = (struct lead){.strength = lead_strength.def};
}

void lead_clear(struct lead *l)
{
    g_free(l->control);
    g_free(l->hint);
    lead_init(l);
}

void lead_copy(const struct lead *from, struct lead *to)
{
    *to = (struct lead){
        .control = g_strdup(from->control),
        .hint = g_strdup(from->hint),
        .strength = from->strength,
    };
}

bool lead_equal(const struct lead *a, const struct lead *b)
{
    return g_strcmp0(a->control, b->control) == 0 && g_strcmp0(a->hint, b->hint) == 0 &&
           a->strength == b->strength;
}

// Names of files are any bytes, and JSON is UTF-8: escaped as in URIs they come back as they were.
void lead_write_json(const struct lead *l, JsonBuilder *b)
{
    if (!l->control) {
        return;
    }
    g_autofree char *name = g_uri_escape_string(l->control, NULL, FALSE);
    g_autofree char *hint = l->hint ? g_filename_to_uri(l->hint, NULL, NULL) : NULL;
    json_builder_set_member_name(b, "lead");
    json_builder_begin_object(b);
    json_builder_set_member_name(b, "control");
    json_builder_add_string_value(b, name);
    json_builder_set_member_name(b, "strength");
    json_builder_add_double_value(b, l->strength);
    if (hint) {
        json_builder_set_member_name(b, "hint");
        json_builder_add_string_value(b, hint);
    }
    json_builder_end_object(b);
}

static JsonNode *value_of(JsonObject *o, const char *key)
{
    JsonNode *node = json_object_get_member(o, key);
    return node && JSON_NODE_HOLDS_VALUE(node) ? node : NULL;
}

static const char *text_of(JsonObject *o, const char *key)
{
    JsonNode *node = value_of(o, key);
    return node ? json_node_get_string(node) : NULL;
}

void lead_read_json(struct lead *l, JsonObject *o)
{
    JsonNode *node = json_object_get_member(o, "lead");
    JsonObject *own = node && JSON_NODE_HOLDS_OBJECT(node) ? json_node_get_object(node) : NULL;
    const char *name = own ? text_of(own, "control") : NULL;
    const char *hint = own ? text_of(own, "hint") : NULL;
    JsonNode *strength = own ? value_of(own, "strength") : NULL;
    lead_clear(l);
    l->control = name ? g_uri_unescape_string(name, G_DIR_SEPARATOR_S) : NULL; // a name, no path
    l->hint = hint ? g_filename_from_uri(hint, NULL, NULL) : NULL;
    if (strength && setting_check(&lead_strength, json_node_get_double(strength), NULL)) {
        l->strength = json_node_get_double(strength);
    }
    if (!l->control || strchr(l->control, G_DIR_SEPARATOR)) {
        lead_clear(l);
    }
}
