#include "compute/model/defaults.h"

#include "compute/json_file.h"

bool model_defaults(const char *model, const char *kind, struct settings *s, GError **error)
{
    g_autofree char *path = g_build_filename(model, "tincture.json", NULL);
    if (!g_file_test(path, G_FILE_TEST_EXISTS)) {
        return true;
    }
    g_autoptr(JsonNode) root = json_file_read(path, JSON_NODE_OBJECT, path, error);
    JsonNode *node = root ? json_object_get_member(json_node_get_object(root), kind) : NULL;
    if (node && JSON_NODE_HOLDS_OBJECT(node)) {
        settings_read_json(s, json_node_get_object(node));
    }
    return root != NULL;
}
