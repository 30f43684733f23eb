#include "compute/model/defaults.h"

#include "compute/json_file.h"

#include <math.h>

// What the folder says of a kind; NULL: nothing, or an error.
static JsonObject *read_kind(const char *model, const char *kind, GError **error)
{
    g_autofree char *path = g_build_filename(model, "tincture.json", NULL);
    if (!g_file_test(path, G_FILE_TEST_EXISTS)) {
        return NULL;
    }
    g_autoptr(JsonNode) root = json_file_read(path, JSON_NODE_OBJECT, path, error);
    JsonNode *node = root ? json_object_get_member(json_node_get_object(root), kind) : NULL;
    return node && JSON_NODE_HOLDS_OBJECT(node) ? json_node_dup_object(node) : NULL;
}

bool model_defaults(const char *model, const char *kind, struct settings *s, GError **error)
{
    GError *failure = NULL;
    g_autoptr(JsonObject) found = read_kind(model, kind, &failure);
    if (found) {
        settings_read_json(s, found);
    }
    if (failure) {
        g_propagate_error(error, failure);
    }
    return !failure;
}

bool model_default(const char *model, const char *kind, const char *key, double *value,
                   GError **error)
{
    GError *failure = NULL;
    g_autoptr(JsonObject) found = read_kind(model, kind, &failure);
    JsonNode *node = found ? json_object_get_member(found, key) : NULL;
    if (node && JSON_NODE_HOLDS_VALUE(node) && isfinite(json_node_get_double(node))) {
        *value = json_node_get_double(node);
    }
    if (failure) {
        g_propagate_error(error, failure);
    }
    return !failure;
}

JsonObject *model_presets(const char *model, GError **error)
{
    return read_kind(model, "presets", error);
}
