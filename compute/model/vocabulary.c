#include "compute/model/vocabulary.h"

#include "compute/json_file.h"

struct vocabulary {
    GHashTable *words; // char * -> enum word_standing
};

static void add_word(JsonObject *object, const char *word, JsonNode *node, gpointer words)
{
    (void)object;
    const char *standing = JSON_NODE_HOLDS_VALUE(node) ? json_node_get_string(node) : NULL;
    enum word_standing value = WORD_UNKNOWN;
    if (g_strcmp0(standing, "known") == 0) {
        value = WORD_KNOWN;
    } else if (g_strcmp0(standing, "weak") == 0) {
        value = WORD_WEAK;
    }
    g_hash_table_insert(words, g_utf8_strdown(word, -1), GINT_TO_POINTER(value));
}

struct vocabulary *vocabulary_load(const char *model, GError **error)
{
    g_autofree char *path = g_build_filename(model, "words.json", NULL);
    if (!g_file_test(path, G_FILE_TEST_EXISTS)) {
        return NULL;
    }
    g_autoptr(JsonNode) root = json_file_read(path, JSON_NODE_OBJECT, path, error);
    if (!root) {
        return NULL;
    }
    struct vocabulary *v = g_new0(struct vocabulary, 1);
    v->words = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
    json_object_foreach_member(json_node_get_object(root), add_word, v->words);
    return v;
}

void vocabulary_free(struct vocabulary *v)
{
    if (v) {
        g_hash_table_unref(v->words);
        g_free(v);
    }
}

enum word_standing vocabulary_ask(const struct vocabulary *v, const char *word)
{
    return GPOINTER_TO_INT(g_hash_table_lookup(v->words, word));
}

bool vocabulary_begins(const struct vocabulary *v, const char *start)
{
    GHashTableIter iter;
    gpointer word, standing;
    g_hash_table_iter_init(&iter, v->words);
    while (g_hash_table_iter_next(&iter, &word, &standing)) {
        if (GPOINTER_TO_INT(standing) != WORD_UNKNOWN && g_str_has_prefix(word, start)) {
            return true;
        }
    }
    return false;
}
