#include "compute/json_file.h"

#include "compute/file/json.h"
#include "compute/i18n.h"

#include <glib/gstdio.h>
#include <string.h>

#define MAX_BYTES  (64 << 20)
#define MAX_VALUES (4 << 20) // a node is many times as large as the text it may be of
#define MAX_DEPTH  32        // of arrays and objects: they are read by recursion

struct tree {
    struct json_reader reader;
    int depth, values;
};

static JsonNode *read_value(struct tree *t);

static JsonNode *read_object(struct tree *t)
{
    struct json_reader *r = &t->reader;
    JsonObject *object = json_object_new();
    bool first = true;
    char *key;
    json_enter(r, '{');
    while ((key = json_key(r, &first))) {
        if (json_object_has_member(object, key)) {
            json_fault(r, _("a key stands twice"));
        }
        json_object_set_member(object, key, read_value(t));
        g_free(key);
    }
    JsonNode *node = json_node_new(JSON_NODE_OBJECT);
    json_node_take_object(node, object);
    return node;
}

static JsonNode *read_array(struct tree *t)
{
    struct json_reader *r = &t->reader;
    JsonArray *array = json_array_new();
    bool first = true;
    json_enter(r, '[');
    while (json_item(r, &first)) {
        json_array_add_element(array, read_value(t));
    }
    JsonNode *node = json_node_new(JSON_NODE_ARRAY);
    json_node_take_array(node, array);
    return node;
}

static JsonNode *read_number(struct json_reader *r)
{
    struct json_number n = {0};
    if (!json_number(r, &n) || n.kind == JSON_NO_NUMBER) {
        return json_node_new(JSON_NODE_NULL);
    }
    return n.kind == JSON_WHOLE ? json_node_init_int(json_node_alloc(), n.whole)
                                : json_node_init_double(json_node_alloc(), n.real);
}

static JsonNode *read_string(struct json_reader *r)
{
    g_autofree char *text = json_string(r);
    return json_node_init_string(json_node_alloc(), text ? text : "");
}

static JsonNode *read_nested(struct tree *t, char bracket)
{
    if (t->depth == MAX_DEPTH) {
        json_fault(&t->reader, _("it is nested too deeply"));
        return json_node_new(JSON_NODE_NULL);
    }
    t->depth++;
    JsonNode *node = bracket == '{' ? read_object(t) : read_array(t);
    t->depth--;
    return node;
}

static JsonNode *read_word(struct json_reader *r)
{
    const bool truth = json_word(r, "true");
    if (truth || json_word(r, "false")) {
        return json_node_init_boolean(json_node_alloc(), truth);
    }
    if (!json_word(r, "null")) {
        json_fault(r, _("a value was expected"));
    }
    return json_node_new(JSON_NODE_NULL);
}

// Never NULL: what is read after a fault is thrown away by who asked for the whole.
static JsonNode *read_value(struct tree *t)
{
    if (++t->values > MAX_VALUES) {
        json_fault(&t->reader, _("it holds too many values"));
    }
    const char kind = json_peek(&t->reader);
    switch (kind) {
    case '{':
    case '[': return read_nested(t, kind);
    case '"': return read_string(&t->reader);
    case '0': return read_number(&t->reader);
    default: return read_word(&t->reader);
    }
}

// Editors of another system begin a file with a mark that is no part of its text.
static gsize mark_length(const char *text, gsize size)
{
    return size >= 3 && memcmp(text, "\xef\xbb\xbf", 3) == 0 ? 3 : 0;
}

JsonNode *json_text_read(const char *text, gsize size, JsonNodeType top, const char *name,
                         GError **error)
{
    struct tree t = {0};
    struct json_reader *r = &t.reader;
    const gsize mark = mark_length(text, size);
    json_begin(r, text + mark, size - mark);
    if (size > MAX_BYTES) {
        json_fault(r, _("it is too large"));
    } else if (size == mark) {
        json_fault(r, _("it is empty"));
    }
    JsonNode *root = read_value(&t);
    if (json_end(r) && json_node_get_node_type(root) != top) {
        json_fault(r, top == JSON_NODE_OBJECT ? _("it is not a JSON object")
                                              : _("it is not a JSON list"));
    }
    if (r->fault) {
        g_set_error(error, TINCTURE_ERROR, TINCTURE_ERROR_FILE, _("%s is damaged: %s"), name,
                    r->fault);
        g_clear_pointer(&root, json_node_unref);
    }
    return root;
}

JsonNode *json_file_read(const char *path, JsonNodeType top, const char *name, GError **error)
{
    GStatBuf info;
    g_autofree char *text = NULL;
    gsize size;
    if (g_stat(path, &info) == 0 && (info.st_size > MAX_BYTES || S_ISFIFO(info.st_mode))) {
        g_set_error(error, TINCTURE_ERROR, TINCTURE_ERROR_FILE,
                    S_ISFIFO(info.st_mode) ? _("%s is no file") : _("%s is too large"), name);
        return NULL;
    }
    if (!g_file_get_contents(path, &text, &size, error)) {
        return NULL;
    }
    return json_text_read(text, size, top, name, error);
}
