#include "compute/model/config_values.h"

#include "compute/error.h"
#include "compute/i18n.h"
#include "compute/model/model.h"

#include <math.h>

void config_refuse(struct config_reader *r, int code, const char *format, ...)
{
    if (r->fault) {
        return;
    }
    va_list args;
    va_start(args, format);
    r->fault = g_error_new_valist(TINCTURE_ERROR, code, format, args);
    va_end(args);
    g_prefix_error(&r->fault, "%s: ", r->name);
}

JsonNode *config_member(struct config_reader *r, const char *key)
{
    JsonNode *node = json_object_get_member(r->root, key);
    return node && !JSON_NODE_HOLDS_NULL(node) ? node : NULL;
}

static int node_int(struct config_reader *r, JsonNode *node, const char *key, int low, int high)
{
    if (json_node_get_value_type(node) != G_TYPE_INT64) {
        config_refuse(r, TINCTURE_ERROR_FILE, _("%s is not a whole number"), key);
        return low;
    }
    gint64 value = json_node_get_int(node);
    if (value < low || value > high) {
        config_refuse(r, TINCTURE_ERROR_FILE, _("%s is %" PRId64 "; it must be from %d to %d"), key,
                      value, low, high);
        return low;
    }
    return (int)value;
}

int config_int(struct config_reader *r, const char *key, int standard, int low, int high)
{
    JsonNode *node = config_member(r, key);
    return node ? node_int(r, node, key, low, high) : standard;
}

double config_node_number(JsonNode *node)
{
    GType type = json_node_get_value_type(node);
    return type == G_TYPE_INT64    ? (double)json_node_get_int(node)
           : type == G_TYPE_DOUBLE ? json_node_get_double(node)
                                   : NAN;
}

double config_number(struct config_reader *r, const char *key, double standard, double low,
                     double high)
{
    JsonNode *node = config_member(r, key);
    const double value = node ? config_node_number(node) : standard;
    if (node && !(value >= low && value <= high)) {
        config_refuse(r, TINCTURE_ERROR_FILE, _("%s must be a number from %g to %g"), key, low,
                      high);
        return low;
    }
    return value;
}

double config_needed(struct config_reader *r, const char *key, double standard, double low,
                     double high)
{
    JsonNode *node = json_object_get_member(r->root, key);
    if (node && JSON_NODE_HOLDS_NULL(node)) {
        config_refuse(r, TINCTURE_ERROR_FILE, _("%s must be a number from %g to %g"), key, low,
                      high);
        return low;
    }
    return config_number(r, key, standard, low, high);
}

bool config_bool(struct config_reader *r, const char *key, bool standard)
{
    JsonNode *node = config_member(r, key);
    if (node && json_node_get_value_type(node) != G_TYPE_BOOLEAN) {
        config_refuse(r, TINCTURE_ERROR_FILE, _("%s is neither true nor false"), key);
        return standard;
    }
    return node ? json_node_get_boolean(node) : standard;
}

const char *config_string(struct config_reader *r, const char *key, const char *standard)
{
    JsonNode *node = config_member(r, key);
    if (node && json_node_get_value_type(node) != G_TYPE_STRING) {
        config_refuse(r, TINCTURE_ERROR_FILE, _("%s is not a text"), key);
        return standard;
    }
    return node ? json_node_get_string(node) : standard;
}

JsonArray *config_array(struct config_reader *r, const char *key, guint length)
{
    JsonNode *node = config_member(r, key);
    if (!node) {
        return NULL;
    }
    if (!JSON_NODE_HOLDS_ARRAY(node) ||
        json_array_get_length(json_node_get_array(node)) != length) {
        config_refuse(r, TINCTURE_ERROR_FILE, _("%s must be a list of %u"), key, length);
        return NULL;
    }
    return json_node_get_array(node);
}

void config_levels(struct config_reader *r, const char *key, int *out, int levels, int standard,
                   int low, int high)
{
    JsonNode *node = config_member(r, key);
    bool list = node && JSON_NODE_HOLDS_ARRAY(node);
    JsonArray *array = list ? config_array(r, key, levels) : NULL;
    for (int i = 0; i < levels; i++) {
        JsonNode *item = array ? json_array_get_element(array, i) : node;
        out[i] = item && !(list && !array) ? node_int(r, item, key, low, high) : standard;
    }
}

int config_same(struct config_reader *r, const char *key, int levels, int standard, int low,
                int high)
{
    int values[MODEL_LEVELS];
    config_levels(r, key, values, levels, standard, low, high);
    for (int i = 1; i < levels; i++) {
        if (values[i] != values[0]) {
            config_refuse(r, TINCTURE_ERROR_UNSUPPORTED,
                          _("different values of %s are not supported"), key);
        }
    }
    return values[0];
}

void config_expect_int(struct config_reader *r, const char *key, int only)
{
    if (config_number(r, key, only, -1e9, 1e9) != only) {
        config_refuse(r, TINCTURE_ERROR_UNSUPPORTED, _("only %s = %d is supported"), key, only);
    }
}

void config_expect_string(struct config_reader *r, const char *key, const char *only)
{
    const char *value = config_string(r, key, only);
    if (!r->fault && !g_str_equal(value, only)) {
        config_refuse(r, TINCTURE_ERROR_UNSUPPORTED, _("%s = %.64s is not supported"), key, value);
    }
}

void config_expect_false(struct config_reader *r, const char *key)
{
    JsonNode *node = config_member(r, key);
    if (node && JSON_NODE_HOLDS_ARRAY(node)) { // one a level
        JsonArray *array = json_node_get_array(node);
        for (guint i = 0; i < json_array_get_length(array); i++) {
            JsonNode *item = json_array_get_element(array, i);
            if (json_node_get_value_type(item) != G_TYPE_BOOLEAN || json_node_get_boolean(item)) {
                config_refuse(r, TINCTURE_ERROR_UNSUPPORTED, _("%s is not supported"), key);
            }
        }
    } else if (config_bool(r, key, false)) {
        config_refuse(r, TINCTURE_ERROR_UNSUPPORTED, _("%s is not supported"), key);
    }
}

void config_expect_absent(struct config_reader *r, const char *key)
{
    if (config_member(r, key)) {
        config_refuse(r, TINCTURE_ERROR_UNSUPPORTED, _("%s is not supported"), key);
    }
}
