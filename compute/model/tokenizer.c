// How text becomes ids, in the order of the reference:
//
//   1. special tokens that are matched as written are cut out of the text;
//   2. the rest is normalised: NFC, each run of white space to one space, lower case;
//   3. special tokens that are matched after that are cut out;
//   4. words: 's 't 're 've 'm 'll 'd, runs of letters, single digits, runs of anything else but
//      space;
//   5. each byte of a word becomes a printable character, the last one with "</w>", and neighbours
//      are merged, pair with the lowest rank first, until no pair of the list is left.

#include "compute/model/tokenizer.h"

#include "compute/json_file.h"

#include <string.h>

#define MAX_VOCAB 1000000
#define MAX_WORD  4096 // bytes; far more than any id that still fits the length can come from

struct special {
    char *content;
    size_t length;
    int id;
    bool normalized; // matched in the normalised text
};

struct tokenizer {
    GHashTable *vocab;  // token -> id
    GHashTable *inner;  // ids with which no word ends
    GHashTable *merges; // "left right" -> rank + 1
    GArray *specials;   // struct special
    int bos, eos, pad, unknown, max_id;
    char bytes[256][3]; // the printable character of each byte
};

static bool fail(GError **error, const char *message)
{
    g_set_error(error, TINCTURE_ERROR, TINCTURE_ERROR_FILE, "the model's tokenizer is damaged: %s",
                message);
    return false;
}

// ---- reading ------------------------------------------------------------------------------------

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
        gint64 id = JSON_NODE_HOLDS_VALUE(node) ? json_node_get_int(node) : -1;
        if (id < 0 || id >= MAX_VOCAB) {
            return fail(error, "an id in its vocabulary is out of range");
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
    return ok || fail(error, "a line of merges.txt is not a pair");
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
            return fail(error, "a merge in tokenizer.json is not a pair");
        }
    }
    return true;
}

static void set_special(struct tokenizer *t, const char *content, int id, bool normalized)
{
    for (guint i = 0; i < t->specials->len; i++) {
        struct special *s = &g_array_index(t->specials, struct special, i);
        if (g_str_equal(s->content, content)) {
            s->normalized = normalized;
            return;
        }
    }
    if (*content) {
        struct special s = {g_strdup(content), strlen(content), id, normalized};
        g_array_append_val(t->specials, s);
    }
}

static const char *member_string(JsonObject *object, const char *key)
{
    JsonNode *node = object ? json_object_get_member(object, key) : NULL;
    return node && json_node_get_value_type(node) == G_TYPE_STRING ? json_node_get_string(node)
                                                                   : NULL;
}

static bool member_bool(JsonObject *object, const char *key)
{
    JsonNode *node = json_object_get_member(object, key);
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

// Both files are optional: NULL where they are not there.
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

// A special token's id by its role; the settings give it as text or as an object with its content.
static int read_role(struct tokenizer *t, JsonObject *config, JsonObject *map, const char *role,
                     const char *standard)
{
    // Where the configuration lists its added tokens it is complete; before that existed, the map
    // had the say.
    bool complete = member_object(config, "added_tokens_decoder") != NULL;
    JsonObject *source = map && !complete && json_object_has_member(map, role) ? map : config;
    JsonObject *object = member_object(source, role);
    const char *content = object ? member_string(object, "content") : member_string(source, role);
    content = content ? content : standard;
    gpointer id;
    if (!g_hash_table_lookup_extended(t->vocab, content, NULL, &id)) {
        return -1;
    }
    set_special(t, content, GPOINTER_TO_INT(id), object && member_bool(object, "normalized"));
    return GPOINTER_TO_INT(id);
}

// How the listed tokens are matched: "added_tokens_decoder" by id, or tokenizer.json's
// "added_tokens".
static void read_added(struct tokenizer *t, JsonObject *token)
{
    gpointer id;
    const char *content = token ? member_string(token, "content") : NULL;
    if (content && g_hash_table_lookup_extended(t->vocab, content, NULL, &id)) {
        set_special(t, content, GPOINTER_TO_INT(id), member_bool(token, "normalized"));
    }
}

static bool read_specials(struct tokenizer *t, const char *folder, const char *pad,
                          JsonObject *whole, GError **error)
{
    GError *fault = NULL;
    g_autoptr(JsonNode) config = open_optional(folder, "tokenizer_config.json", &fault);
    g_autoptr(JsonNode) map =
        fault ? NULL : open_optional(folder, "special_tokens_map.json", &fault);
    if (!fault) {
        JsonObject *c = config ? json_node_get_object(config) : NULL,
                   *m = map ? json_node_get_object(map) : NULL;
        t->bos = read_role(t, c, m, "bos_token", "<|startoftext|>");
        t->eos = read_role(t, c, m, "eos_token", "<|endoftext|>");
        t->unknown = read_role(t, c, m, "unk_token", "<|endoftext|>");
        t->pad = pad ? read_role(t, NULL, NULL, "pad_token", pad)
                     : read_role(t, c, m, "pad_token", "<|endoftext|>");
        // Which other tokens are found in a text depends on the family, as the padding does.
        JsonObject *decoder = pad ? NULL : member_object(c, "added_tokens_decoder");
        GList *tokens = decoder ? json_object_get_values(decoder) : NULL;
        for (GList *i = tokens; i; i = i->next) {
            read_added(t, JSON_NODE_HOLDS_OBJECT(i->data) ? json_node_get_object(i->data) : NULL);
        }
        g_list_free(tokens);
        JsonArray *added = pad ? NULL : member_array(whole, "added_tokens");
        for (guint i = 0; added && i < json_array_get_length(added); i++) {
            JsonNode *node = json_array_get_element(added, i);
            read_added(t, JSON_NODE_HOLDS_OBJECT(node) ? json_node_get_object(node) : NULL);
        }
    }
    if (fault) {
        g_propagate_error(error, fault);
        return false;
    }
    return (t->bos >= 0 && t->eos >= 0 && t->unknown >= 0 && t->pad >= 0) ||
           fail(error, "a special token is not in its vocabulary");
}

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
    char *path = g_build_filename(folder, "tokenizer.json", NULL);
    g_autoptr(JsonNode) node =
        json_file_read(path, JSON_NODE_OBJECT, "tokenizer/tokenizer.json", error);
    g_free(path);
    if (!node) {
        return false;
    }
    JsonObject *root = json_node_get_object(node), *model = member_object(root, "model");
    JsonObject *vocab = member_object(model, "vocab");
    JsonArray *merges = member_array(model, "merges");
    const char *suffix = member_string(model, "end_of_word_suffix");
    bool ok;
    if (!vocab || !merges || g_strcmp0(suffix, "</w>") != 0) {
        ok = fail(error, "tokenizer.json does not describe CLIP's tokenizer");
    } else {
        ok = read_vocab(t, vocab, error) && read_merge_list(t, merges, error) &&
             read_specials(t, folder, pad, root, error);
    }
    return ok;
}

static void special_clear(struct special *s)
{
    g_free(s->content);
}

struct tokenizer *tokenizer_open(const char *folder, const char *pad, GError **error)
{
    struct tokenizer *t = g_new0(struct tokenizer, 1);
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

void tokenizer_free(struct tokenizer *t)
{
    if (!t) {
        return;
    }
    g_hash_table_unref(t->vocab);
    g_hash_table_unref(t->inner);
    g_hash_table_unref(t->merges);
    g_array_unref(t->specials);
    g_free(t);
}

int tokenizer_bos(const struct tokenizer *t)
{
    return t->bos;
}

int tokenizer_eos(const struct tokenizer *t)
{
    return t->eos;
}

int tokenizer_pad(const struct tokenizer *t)
{
    return t->pad;
}

int tokenizer_max_id(const struct tokenizer *t)
{
    return t->max_id;
}

static bool is_special(const struct tokenizer *t, int id)
{
    for (guint i = 0; i < t->specials->len; i++) {
        if (g_array_index(t->specials, struct special, i).id == id) {
            return true;
        }
    }
    return false;
}

bool tokenizer_ends_word(const struct tokenizer *t, int id)
{
    return is_special(t, id) || !g_hash_table_contains(t->inner, GINT_TO_POINTER(id));
}

// ---- encoding -----------------------------------------------------------------------------------

// Ids as they come; those that do not fit are only counted as overflow.
struct output {
    int32_t *ids;
    int n, max;
    bool overflow;
};

static void put(struct output *out, int id)
{
    if (out->n < out->max) {
        out->ids[out->n++] = id;
    } else {
        out->overflow = true;
    }
}

// Rank of merging two neighbours, 0 where they do not merge.
static int rank_of(const struct tokenizer *t, GString *pair, const char *left, const char *right)
{
    g_string_printf(pair, "%s %s", left, right);
    return GPOINTER_TO_INT(g_hash_table_lookup(t->merges, pair->str));
}

// Merges neighbours of symbols (owned strings) until no pair of the list is left.
static void merge(const struct tokenizer *t, GPtrArray *symbols)
{
    GString *pair = g_string_new(NULL);
    GArray *ranks = g_array_new(FALSE, FALSE, sizeof(int)); // of symbol i with symbol i + 1
    for (guint i = 0; i + 1 < symbols->len; i++) {
        int rank = rank_of(t, pair, symbols->pdata[i], symbols->pdata[i + 1]);
        g_array_append_val(ranks, rank);
    }
    for (;;) {
        int *r = (int *)ranks->data;
        guint best = 0;
        for (guint i = 1; i < ranks->len; i++) {
            if (r[i] && (!r[best] || r[i] < r[best])) {
                best = i;
            }
        }
        if (ranks->len == 0 || !r[best]) {
            break;
        }
        char *merged = g_strconcat(symbols->pdata[best], symbols->pdata[best + 1], NULL);
        g_free(symbols->pdata[best]);
        symbols->pdata[best] = merged;
        g_ptr_array_remove_index(symbols, best + 1);
        g_array_remove_index(ranks, best);
        if (best > 0) {
            r[best - 1] = rank_of(t, pair, symbols->pdata[best - 1], merged);
        }
        if (best < ranks->len) {
            r[best] = rank_of(t, pair, merged, symbols->pdata[best + 1]);
        }
    }
    g_array_unref(ranks);
    g_string_free(pair, TRUE);
}

static void encode_word(const struct tokenizer *t, const char *word, size_t length,
                        struct output *out)
{
    GPtrArray *symbols = g_ptr_array_new_with_free_func(g_free);
    length = MIN(length, MAX_WORD);
    for (size_t i = 0; i < length; i++) {
        const char *byte = t->bytes[(unsigned char)word[i]];
        g_ptr_array_add(symbols, g_strconcat(byte, i + 1 == length ? "</w>" : NULL, NULL));
    }
    merge(t, symbols);
    for (guint i = 0; i < symbols->len; i++) {
        gpointer id;
        bool known = g_hash_table_lookup_extended(t->vocab, symbols->pdata[i], NULL, &id);
        put(out, known ? GPOINTER_TO_INT(id) : t->unknown);
    }
    g_ptr_array_unref(symbols);
}

enum char_kind { SPACE, LETTER, NUMBER, OTHER };

// Unicode's White_Space; GLib's own idea of space differs in a few control characters.
static bool is_space(gunichar c)
{
    return (c >= 9 && c <= 13) || c == 0x20 || c == 0x85 || c == 0xa0 || c == 0x1680 ||
           (c >= 0x2000 && c <= 0x200a) || c == 0x2028 || c == 0x2029 || c == 0x202f ||
           c == 0x205f || c == 0x3000;
}

static enum char_kind classify(gunichar c)
{
    if (is_space(c)) {
        return SPACE;
    }
    unsigned type = 1u << g_unichar_type(c);
    const unsigned letters = 1u << G_UNICODE_LOWERCASE_LETTER | 1u << G_UNICODE_UPPERCASE_LETTER |
                             1u << G_UNICODE_TITLECASE_LETTER | 1u << G_UNICODE_MODIFIER_LETTER |
                             1u << G_UNICODE_OTHER_LETTER;
    const unsigned numbers = 1u << G_UNICODE_DECIMAL_NUMBER | 1u << G_UNICODE_LETTER_NUMBER |
                             1u << G_UNICODE_OTHER_NUMBER;
    return type & letters ? LETTER : type & numbers ? NUMBER : OTHER;
}

// Length of the run of one kind at p.
static size_t run_length(const char *p, const char *end, enum char_kind kind)
{
    const char *q = p;
    while (q < end && classify(g_utf8_get_char(q)) == kind) {
        q = g_utf8_next_char(q);
    }
    return q - p;
}

// Length of the word at p, which is not a space. `marks`: the names of the two marks are words of
// their own even where they are not taken as tokens.
static size_t word_length(const char *p, const char *end, bool marks)
{
    static const char *const fixed[] = {
        "<|startoftext|>", "<|endoftext|>", "'s", "'t", "'re", "'ve", "'m", "'ll", "'d"};
    for (size_t i = marks ? 0 : 2; i < G_N_ELEMENTS(fixed); i++) {
        size_t length = strlen(fixed[i]);
        if ((size_t)(end - p) >= length && memcmp(p, fixed[i], length) == 0) {
            return length;
        }
    }
    enum char_kind kind = classify(g_utf8_get_char(p));
    return kind == NUMBER ? (size_t)(g_utf8_next_char(p) - p) : run_length(p, end, kind);
}

static void encode_words(const struct tokenizer *t, const char *p, const char *end, bool marks,
                         struct output *out)
{
    while (p < end && !out->overflow) {
        if (is_space(g_utf8_get_char(p))) {
            p = g_utf8_next_char(p);
            continue;
        }
        size_t length = word_length(p, end, marks);
        if (marks && length > 3 && p[0] == '<' && p[1] == '|' && p[length - 1] == '>') {
            encode_words(t, p, p + length, false,
                         out); // the byte level splits the name of a mark again
        } else {
            encode_word(t, p, length, out);
        }
        p += length;
    }
}

// Unicode's simple lower case. GLib knows that of letters only; Roman numerals and circled letters
// have one too.
static gunichar lower(gunichar c)
{
    if (c >= 0x2160 && c <= 0x216f) {
        return c + 16;
    }
    return c >= 0x24b6 && c <= 0x24cf ? c + 26 : g_unichar_tolower(c);
}

static char *normalize(const char *text, size_t length)
{
    char *composed = g_utf8_normalize(text, length, G_NORMALIZE_NFC);
    GString *out = g_string_new(NULL);
    for (const char *p = composed; *p; p = g_utf8_next_char(p)) {
        gunichar c = g_utf8_get_char(p);
        if (is_space(c)) {
            if (p == composed || !is_space(g_utf8_get_char(g_utf8_prev_char(p)))) {
                g_string_append_c(out, ' ');
            }
        } else if (c == 0x130) { // the one letter whose lower case is always two characters
            g_string_append(out, "i\xcc\x87");
        } else {
            g_string_append_unichar(out, lower(c));
        }
    }
    g_free(composed);
    return g_string_free(out, FALSE);
}

// The longest special token of one kind at p, or NULL.
static const struct special *special_at(const struct tokenizer *t, const char *p, const char *end,
                                        bool normalized)
{
    const struct special *best = NULL;
    for (guint i = 0; i < t->specials->len; i++) {
        const struct special *s = &g_array_index(t->specials, struct special, i);
        if (s->normalized == normalized && (size_t)(end - p) >= s->length &&
            memcmp(p, s->content, s->length) == 0 && (!best || s->length > best->length)) {
            best = s;
        }
    }
    return best;
}

typedef void (*piece_fn)(const struct tokenizer *t, const char *text, size_t length,
                         struct output *out);

// Cuts out special tokens of one kind; what lies between goes to rest.
static void encode_specials(const struct tokenizer *t, const char *text, size_t length,
                            bool normalized, piece_fn rest, struct output *out)
{
    const char *end = text + length, *begin = text;
    for (const char *p = text; p < end && !out->overflow;) {
        const struct special *s = special_at(t, p, end, normalized);
        if (!s) {
            p = g_utf8_next_char(p);
            continue;
        }
        rest(t, begin, p - begin, out);
        put(out, s->id);
        begin = p += s->length;
    }
    rest(t, begin, end - begin, out);
}

static void encode_clean(const struct tokenizer *t, const char *text, size_t length,
                         struct output *out)
{
    encode_words(t, text, text + length, true, out);
}

static void encode_raw(const struct tokenizer *t, const char *text, size_t length,
                       struct output *out)
{
    char *clean = normalize(text, length);
    encode_specials(t, clean, strlen(clean), true, encode_clean, out);
    g_free(clean);
}

bool tokenizer_encode(const struct tokenizer *t, const char *text, int32_t *ids, int max, int *n)
{
    g_assert(max >= 2);
    char *valid = g_utf8_make_valid(text, -1);
    struct output out = {.ids = ids, .n = 1, .max = max - 1};
    ids[0] = t->bos;
    encode_specials(t, valid, strlen(valid), false, encode_raw, &out);
    g_free(valid);
    ids[out.n++] = t->eos;
    if (n) {
        *n = out.n;
    }
    for (int i = out.n; i < max; i++) {
        ids[i] = t->pad;
    }
    return out.overflow;
}
