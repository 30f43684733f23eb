#include "compute/model/json_file.h"

#include <glib/gstdio.h>

#define MAX_BYTES (64 << 20)
#define MAX_DEPTH 32

// json-glib parses by recursion, so the depth must be known before it starts.
static bool shallow(const char *text, gsize size)
{
    int depth = 0;
    bool quoted = false;
    for (gsize i = 0; i < size; i++) {
        char c = text[i];
        if (quoted && c == '\\') {
            i++;
        } else if (c == '"') {
            quoted = !quoted;
        } else if (!quoted && (c == '{' || c == '[')) {
            if (++depth > MAX_DEPTH) {
                return false;
            }
        } else if (!quoted && (c == '}' || c == ']')) {
            depth--;
        }
    }
    return true;
}

JsonParser *json_text_open(const char *text, gsize size, const char *name, GError **error)
{
    JsonParser *parser = json_parser_new_immutable();
    GError *fault = NULL;
    if (!shallow(text, size) || !json_parser_load_from_data(parser, text, size, &fault) ||
        !json_parser_get_root(parser) || !JSON_NODE_HOLDS_OBJECT(json_parser_get_root(parser))) {
        g_set_error(error, TINCTURE_ERROR, TINCTURE_ERROR_FILE, "%s is damaged: %s", name,
                    fault ? fault->message : "it is not a JSON object");
        g_clear_object(&parser);
    }
    g_clear_error(&fault);
    return parser;
}

JsonParser *json_file_open(const char *path, const char *name, GError **error)
{
    GStatBuf info;
    if (g_stat(path, &info) == 0 && info.st_size > MAX_BYTES) {
        g_set_error(error, TINCTURE_ERROR, TINCTURE_ERROR_FILE, "%s is too large", name);
        return NULL;
    }
    char *text;
    gsize size;
    if (!g_file_get_contents(path, &text, &size, error)) {
        return NULL;
    }
    JsonParser *parser = json_text_open(text, size, name, error);
    g_free(text);
    return parser;
}

JsonObject *json_file_root(JsonParser *parser)
{
    return json_node_get_object(json_parser_get_root(parser));
}
