// The files of a tokenizer's folder.

#include "compute/model/tokenizer_parts.h"

#include "compute/i18n.h"
#include "compute/json_file.h"

#include <stdlib.h>
#include <string.h>

#define MAX_VOCAB 1000000
#define MAX_ADDED 4096

static bool fail(GError **error, const char *message)
{
    g_set_error(error, TINCTURE_ERROR, TINCTURE_ERROR_FILE,
                _("the model's tokenizer is damaged: %s"), message);
    return false;
}

// Printable Latin-1 bytes stand for themselves, the others for the characters from U+0100 on, in
// order.
static void init_bytes(struct tokenizer *t)
{
    gunichar next = 0x100;
    for (int b = 0; b < 256; b++) {
        bool printable = (b >= 33 && b <= 126) || (b >= 161 && b <= 172) || b >= 174;
        t->bytes[b][g_unichar_to_utf8(printable ? (gunichar)b : next++, t->bytes[b])] = '\0';
    }
}

static bool read_vocab(struct tokenizer *t, JsonObject *vocab, GError **error)
{
    JsonObjectIter iter;
    const char *token;
    JsonNode *node;
    json_object_iter_init(&iter, vocab);
    while (json_object_iter_next(&iter, &token, &node)) {
        if (!JSON_NODE_HOLDS_VALUE(node) || json_node_get_value_type(node) != G_TYPE_INT64) {
            return fail(error, _("an id in its vocabulary is no whole number"));
        }
        gint64 id = json_node_get_int(node);
        if (id < 0 || id >= MAX_VOCAB) {
            return fail(error, _("an id in its vocabulary is out of range"));
        }
        t->max_id = MAX(t->max_id, (int)id);
        g_hash_table_insert(t->vocab, g_strdup(token), GINT_TO_POINTER((int)id));
        if (!g_str_has_suffix(token, "</w>")) {
            g_hash_table_add(t->inner, GINT_TO_POINTER((int)id));
        }
    }
    return true;
}

static void add_merge(struct tokenizer *t, char *pair)
{
    int rank = g_hash_table_size(t->merges) + 1;
    if (g_hash_table_contains(t->merges, pair)) {
        g_free(pair);
    } else {
        g_hash_table_insert(t->merges, pair, GINT_TO_POINTER(rank));
    }
}

static bool read_merges(struct tokenizer *t, const char *path, GError **error)
{
    char *text;
    if (!g_file_get_contents(path, &text, NULL, error)) {
        return false;
    }
    char **lines = g_strsplit(text, "\n", -1);
    bool ok = true;
    for (char **line = lines; ok && *line; line++) {
        g_strchomp(*line);
        if (**line && !g_str_has_prefix(*line, "#version")) {
            char *space = strchr(*line, ' ');
            ok = space && space != *line && space[1] && !strchr(space + 1, ' ');
            if (ok) {
                add_merge(t, g_strdup(*line));
            }
        }
    }
    g_strfreev(lines);
    g_free(text);
    return ok || fail(error, _("a line of merges.txt is not a pair"));
}

// Merges of tokenizer.json: "left right" or ["left", "right"].
static bool read_merge_list(struct tokenizer *t, JsonArray *merges, GError **error)
{
    for (guint i = 0; i < json_array_get_length(merges); i++) {
        JsonNode *node = json_array_get_element(merges, i);
        JsonArray *pair = JSON_NODE_HOLDS_ARRAY(node) ? json_node_get_array(node) : NULL;
        if (json_node_get_value_type(node) == G_TYPE_STRING) {
            add_merge(t, json_node_dup_string(node));
        } else if (pair && json_array_get_length(pair) == 2 &&
                   json_node_get_value_type(json_array_get_element(pair, 0)) == G_TYPE_STRING &&
                   json_node_get_value_type(json_array_get_element(pair, 1)) == G_TYPE_STRING) {
            add_merge(t, g_strdup_printf("%s %s", json_array_get_string_element(pair, 0),
                                         json_array_get_string_element(pair, 1)));
        } else {
            return fail(error, _("a merge in tokenizer.json is not a pair"));
        }
    }
    return true;
}

static const char *member_string(JsonObject *object, const char *key)
{
    JsonNode *node = object ? json_object_get_member(object, key) : NULL;
    return node && json_node_get_value_type(node) == G_TYPE_STRING ? json_node_get_string(node)
                                                                   : NULL;
}

static bool member_bool(JsonObject *object, const char *key)
{
    JsonNode *node = object ? json_object_get_member(object, key) : NULL;
    return node && json_node_get_value_type(node) == G_TYPE_BOOLEAN && json_node_get_boolean(node);
}

static JsonObject *member_object(JsonObject *object, const char *key)
{
    JsonNode *node = object ? json_object_get_member(object, key) : NULL;
    return node && JSON_NODE_HOLDS_OBJECT(node) ? json_node_get_object(node) : NULL;
}

static JsonArray *member_array(JsonObject *object, const char *key)
{
    JsonNode *node = object ? json_object_get_member(object, key) : NULL;
    return node && JSON_NODE_HOLDS_ARRAY(node) ? json_node_get_array(node) : NULL;
}

// NULL where the file is not there.
static JsonNode *open_optional(const char *folder, const char *name, GError **error)
{
    char *path = g_build_filename(folder, name, NULL),
         *shown = g_build_filename("tokenizer", name, NULL);
    JsonNode *root = g_file_test(path, G_FILE_TEST_EXISTS)
                         ? json_file_read(path, JSON_NODE_OBJECT, shown, error)
                         : NULL;
    g_free(path);
    g_free(shown);
    return root;
}

// ---- added tokens -------------------------------------------------------------------------------

// Its id, whether of the vocabulary or added; -1: there is no such token.
static int token_id(const struct tokenizer *t, const char *content)
{
    gpointer id;
    const struct special *s = tokenizer_special(t, content);
    return s                                                            ? s->id
           : g_hash_table_lookup_extended(t->vocab, content, NULL, &id) ? GPOINTER_TO_INT(id)
                                                                        : -1;
}

// A token as the files list it: its place among the added ones, and how it is found in a text.
struct added {
    gint64 index;
    struct special how; // name is borrowed
};

// Where an object does not say, a token of the text is looked for after normalising, and one that
// controls the model before it.
static struct special describe(JsonObject *token, const char *name, bool special)
{
    const bool said = token && json_object_has_member(token, "normalized");
    return (struct special){
        .name = (char *)name,
        .count = 1,
        .normalized = said ? member_bool(token, "normalized") : !special,
        .lstrip = token && member_bool(token, "lstrip"),
        .rstrip = token && member_bool(token, "rstrip"),
        .single_word = token && member_bool(token, "single_word"),
    };
}

static void list_token(GArray *list, JsonNode *node, gint64 index)
{
    JsonObject *token = JSON_NODE_HOLDS_OBJECT(node) ? json_node_get_object(node) : NULL;
    const char *name = member_string(token, "content");
    if (name) {
        const struct added a = {index, describe(token, name, member_bool(token, "special"))};
        g_array_append_val(list, a);
    }
}

// "added_tokens_decoder" of tokenizer_config.json: {"49408": {"content": ...}}.
static void list_decoder(GArray *list, JsonObject *decoder)
{
    JsonObjectIter iter;
    const char *key;
    JsonNode *node;
    json_object_iter_init(&iter, decoder);
    while (json_object_iter_next(&iter, &key, &node)) {
        list_token(list, node, g_ascii_strtoll(key, NULL, 10));
    }
}

// "added_tokens" of tokenizer.json: [{"id": 49408, "content": ...}].
static void list_array(GArray *list, JsonArray *tokens)
{
    for (guint i = 0; tokens && i < json_array_get_length(tokens); i++) {
        JsonNode *node = json_array_get_element(tokens, i);
        JsonNode *id = JSON_NODE_HOLDS_OBJECT(node)
                           ? json_object_get_member(json_node_get_object(node), "id")
                           : NULL;
        list_token(list, node, id && JSON_NODE_HOLDS_VALUE(id) ? json_node_get_int(id) : 0);
    }
}

static const char *const roles[] = {"bos_token", "eos_token", "unk_token", "pad_token",
                                    "sep_token", "cls_token", "mask_token"};
static const char *const *const other_roles = roles + 4; // which are found in a text, no more
#define OTHER_ROLES (G_N_ELEMENTS(roles) - 4)

// The content of the token in a role, in the file that has the say; object: what else is said of
// it, or NULL.
static const char *role_content(JsonObject *config, JsonObject *map, const char *role,
                                JsonObject **object)
{
    // Where the configuration lists its added tokens it is complete; before that existed, the map
    // had the say.
    const bool complete = member_object(config, "added_tokens_decoder") != NULL;
    JsonObject *source = map && !complete && json_object_has_member(map, role) ? map : config;
    *object = member_object(source, role);
    return *object ? member_string(*object, "content") : member_string(source, role);
}

static bool has_role(JsonObject *config, JsonObject *map, const char *name)
{
    for (size_t i = 0; i < G_N_ELEMENTS(roles); i++) {
        JsonObject *object;
        if (g_strcmp0(role_content(config, map, roles[i], &object), name) == 0) {
            return true;
        }
    }
    return false;
}

// added_tokens.json: {"<token>": 49408}.
static void list_map(GArray *list, JsonObject *tokens, JsonObject *config, JsonObject *map)
{
    JsonObjectIter iter;
    const char *name;
    JsonNode *node;
    json_object_iter_init(&iter, tokens);
    while (json_object_iter_next(&iter, &name, &node)) {
        const gint64 index = JSON_NODE_HOLDS_VALUE(node) ? json_node_get_int(node) : 0;
        const struct added a = {index, describe(NULL, name, has_role(config, map, name))};
        g_array_append_val(list, a);
    }
}

static gint compare_added(gconstpointer a, gconstpointer b)
{
    const gint64 x = ((const struct added *)a)->index, y = ((const struct added *)b)->index;
    return (x > y) - (x < y);
}

// Those that the vocabulary has keep its ids; the others follow it, in the order of their places.
static bool add_listed(struct tokenizer *t, GArray *list, GError **error)
{
    if (list->len > MAX_ADDED) {
        return fail(error, _("it lists too many added tokens"));
    }
    g_array_sort(list, compare_added);
    for (guint i = 0; i < list->len; i++) {
        struct special *how = &g_array_index(list, struct added, i).how;
        const int known = token_id(t, how->name);
        how->id = known >= 0 ? known : t->next_id++;
        t->max_id = MAX(t->max_id, how->id);
        how->listed = true;
        tokenizer_set_special(t, how);
    }
    return true;
}

// What a tokenizer's folder says beside vocabulary and merges; each may be NULL.
struct extras {
    JsonObject *config, *map, *added, *whole;
};

static bool read_added(struct tokenizer *t, const struct extras *x, GError **error)
{
    JsonObject *decoder = member_object(x->config, "added_tokens_decoder");
    GArray *list = g_array_new(FALSE, FALSE, sizeof(struct added));
    if (decoder) {
        list_decoder(list, decoder);
    } else {
        if (x->added) {
            list_map(list, x->added, x->config, x->map);
        }
        list_array(list, member_array(x->whole, "added_tokens"));
    }
    const bool ok = add_listed(t, list, error);
    g_array_unref(list);
    return ok;
}

// A special token's id by its role; the settings give it as text or as an object with its content.
// How it is found is as listed, where it is.
static int read_role(struct tokenizer *t, const struct extras *x, const char *role,
                     const char *standard)
{
    JsonObject *object = NULL;
    const char *content = role_content(x->config, x->map, role, &object);
    content = content ? content : standard;
    const int id = token_id(t, content);
    const struct special *known = tokenizer_special(t, content);
    if (id >= 0 && !(known && known->listed)) {
        struct special how = describe(object, content, true);
        how.id = id;
        tokenizer_set_special(t, &how);
    }
    return id;
}

// Further tokens that control the model, which have no role.
static bool read_further(struct tokenizer *t, JsonObject *source, const char *key, GError **error)
{
    JsonArray *array = member_array(source, key);
    GArray *list = g_array_new(FALSE, FALSE, sizeof(struct added));
    for (guint i = 0; array && i < json_array_get_length(array); i++) {
        JsonNode *node = json_array_get_element(array, i);
        JsonObject *object = JSON_NODE_HOLDS_OBJECT(node) ? json_node_get_object(node) : NULL;
        const char *name = object ? member_string(object, "content")
                           : json_node_get_value_type(node) == G_TYPE_STRING
                               ? json_node_get_string(node)
                               : NULL;
        if (name && !tokenizer_special(t, name)) {
            const struct added a = {i, describe(object, name, true)};
            g_array_append_val(list, a);
        }
    }
    const bool ok = add_listed(t, list, error);
    g_array_unref(list);
    return ok;
}

static bool read_all(struct tokenizer *t, const char *pad, const struct extras *x, GError **error)
{
    static const char *const further[] = {"additional_special_tokens", "extra_special_tokens"};
    // Which other tokens are found in a text depends on the family, as the padding does.
    bool ok = pad || read_added(t, x, error);
    if (!ok) {
        return false;
    }
    t->bos = read_role(t, x, "bos_token", "<|startoftext|>");
    t->eos = read_role(t, x, "eos_token", "<|endoftext|>");
    t->unknown = read_role(t, x, "unk_token", "<|endoftext|>");
    for (size_t i = 0; !pad && i < OTHER_ROLES; i++) {
        read_role(t, x, other_roles[i], "");
    }
    t->pad = pad ? read_role(t, &(struct extras){0}, "pad_token", pad)
                 : read_role(t, x, "pad_token", "<|endoftext|>");
    if (t->bos < 0 || t->eos < 0 || t->unknown < 0 || t->pad < 0) {
        return fail(error, _("a special token is not in its vocabulary"));
    }
    for (size_t i = 0; !pad && ok && i < G_N_ELEMENTS(further); i++) {
        ok = read_further(t, x->config, further[i], error) &&
             read_further(t, x->map, further[i], error);
    }
    return ok;
}

// whole: tokenizer.json, where it was read already; NULL: it is looked for.
static bool read_specials(struct tokenizer *t, const char *folder, const char *pad,
                          JsonObject *whole, GError **error)
{
    GError *fault = NULL;
    g_autoptr(JsonNode) config = open_optional(folder, "tokenizer_config.json", &fault);
    g_autoptr(JsonNode) map =
        fault ? NULL : open_optional(folder, "special_tokens_map.json", &fault);
    g_autoptr(JsonNode) added =
        fault || pad ? NULL : open_optional(folder, "added_tokens.json", &fault);
    JsonObject *c = config ? json_node_get_object(config) : NULL;
    const bool look = !whole && !pad && !fault && !member_object(c, "added_tokens_decoder");
    g_autoptr(JsonNode) single = look ? open_optional(folder, "tokenizer.json", &fault) : NULL;
    if (fault) {
        g_propagate_error(error, fault);
        return false;
    }
    const struct extras x = {
        .config = c,
        .map = map ? json_node_get_object(map) : NULL,
        .added = added ? json_node_get_object(added) : NULL,
        .whole = single ? json_node_get_object(single) : whole,
    };
    t->vocab_max = t->max_id;
    t->next_id = (int)g_hash_table_size(t->vocab);
    return read_all(t, pad, &x, error);
}

// ---- the two layouts ----------------------------------------------------------------------------

// The older pair of files.
static bool read_pair(struct tokenizer *t, const char *folder, const char *pad,
                      const char *vocab_path, GError **error)
{
    g_autoptr(JsonNode) root =
        json_file_read(vocab_path, JSON_NODE_OBJECT, "tokenizer/vocab.json", error);
    if (!root) {
        return false;
    }
    char *merges = g_build_filename(folder, "merges.txt", NULL);
    bool ok = read_vocab(t, json_node_get_object(root), error) && read_merges(t, merges, error) &&
              read_specials(t, folder, pad, NULL, error);
    g_free(merges);
    return ok;
}

// The newer single file.
static bool read_single(struct tokenizer *t, const char *folder, const char *pad, GError **error)
{
    g_autofree char *path = g_build_filename(folder, "tokenizer.json", NULL);
    if (!g_file_test(path, G_FILE_TEST_EXISTS)) {
        return fail(error, _("it has neither vocab.json and merges.txt nor tokenizer.json"));
    }
    g_autoptr(JsonNode) node =
        json_file_read(path, JSON_NODE_OBJECT, "tokenizer/tokenizer.json", error);
    if (!node) {
        return false;
    }
    JsonObject *root = json_node_get_object(node), *model = member_object(root, "model");
    JsonObject *vocab = member_object(model, "vocab");
    JsonArray *merges = member_array(model, "merges");
    const char *suffix = member_string(model, "end_of_word_suffix");
    bool ok;
    if (!vocab || !merges || g_strcmp0(suffix, "</w>") != 0) {
        ok = fail(error, _("tokenizer.json does not describe CLIP's tokenizer"));
    } else {
        ok = read_vocab(t, vocab, error) && read_merge_list(t, merges, error) &&
             read_specials(t, folder, pad, root, error);
    }
    return ok;
}

static void special_clear(struct special *s)
{
    g_free(s->name);
    g_free(s->content);
}

struct tokenizer *tokenizer_open(const char *folder, const char *pad, GError **error)
{
    struct tokenizer *t = g_new0(struct tokenizer, 1);
    g_rw_lock_init(&t->lock);
    t->vocab = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
    t->inner = g_hash_table_new(NULL, NULL);
    t->merges = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
    t->specials = g_array_new(FALSE, FALSE, sizeof(struct special));
    g_array_set_clear_func(t->specials, (GDestroyNotify)special_clear);
    init_bytes(t);
    char *vocab = g_build_filename(folder, "vocab.json", NULL);
    bool pair = g_file_test(vocab, G_FILE_TEST_EXISTS);
    bool ok = pair ? read_pair(t, folder, pad, vocab, error) : read_single(t, folder, pad, error);
    g_free(vocab);
    if (!ok) {
        tokenizer_free(t);
        return NULL;
    }
    return t;
}
