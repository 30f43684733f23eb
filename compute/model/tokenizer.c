// How text becomes ids, in the order of the reference:
//
//   1. special tokens that are matched as written are cut out of the text;
//   2. the rest is normalised: NFC, each run of white space to one space, lower case;
//   3. special tokens that are matched after that are cut out;
//   4. words: 's 't 're 've 'm 'll 'd, runs of letters, single digits, runs of anything else but
//      space;
//   5. each byte of a word becomes a printable character, the last one with "</w>", and neighbours
//      are merged, pair with the lowest rank first, until no pair of the list is left.

#include "compute/model/tokenizer_parts.h"

#include <string.h>

#define MAX_WORD 4096 // bytes; far more than any id that still fits the length can come from
#define MAX_IDS  4096 // of tokens in a text that is looked through; no prompt has room for more

void tokenizer_free(struct tokenizer *t)
{
    if (!t) {
        return;
    }
    g_hash_table_unref(t->vocab);
    g_hash_table_unref(t->inner);
    g_hash_table_unref(t->merges);
    g_array_unref(t->specials);
    g_rw_lock_clear(&t->lock);
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

int tokenizer_unmade(const struct tokenizer *t)
{
    static const char END[] = "</w>";
    g_autoptr(GHashTable) made = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
    GHashTableIter iter;
    const char *text;
    int unmade = 0;
    g_hash_table_iter_init(&iter, t->merges);
    while (g_hash_table_iter_next(&iter, (void **)&text, NULL)) {
        const char *space = strchr(text, ' ');
        g_hash_table_add(made, g_strdup_printf("%.*s%s", (int)(space - text), text, space + 1));
    }
    g_hash_table_iter_init(&iter, t->vocab);
    while (g_hash_table_iter_next(&iter, (void **)&text, NULL)) {
        const gssize stem = (gssize)strlen(text) - (g_str_has_suffix(text, END) ? 4 : 0);
        const bool letter = g_utf8_strlen(text, stem) <= 1;
        const bool special = g_str_has_prefix(text, "<|") || tokenizer_special(t, text);
        unmade += !letter && !special && !g_hash_table_contains(made, text);
    }
    return unmade;
}

static GRWLock *lock_of(const struct tokenizer *t)
{
    return (GRWLock *)&t->lock;
}

bool tokenizer_ends_word(const struct tokenizer *t, int id)
{
    g_rw_lock_reader_lock(lock_of(t));
    const bool ends = !g_hash_table_contains(t->inner, GINT_TO_POINTER(id));
    g_rw_lock_reader_unlock(lock_of(t));
    return ends;
}

static void find_max_id(struct tokenizer *t)
{
    t->max_id = t->vocab_max;
    for (guint i = 0; i < t->specials->len; i++) {
        const struct special *s = &g_array_index(t->specials, struct special, i);
        t->max_id = MAX(t->max_id, s->id + s->count - 1);
    }
}

void tokenizer_limit(struct tokenizer *t, int ids)
{
    for (guint i = t->specials->len; i-- > 0;) {
        const struct special *s = &g_array_index(t->specials, struct special, i);
        const bool marks = s->id == t->bos || s->id == t->eos || s->id == t->pad;
        if (s->id + s->count > ids && s->id > t->vocab_max && !marks) {
            g_array_remove_index(t->specials, i);
        }
    }
    find_max_id(t);
}

const struct special *tokenizer_special(const struct tokenizer *t, const char *name)
{
    for (guint i = 0; i < t->specials->len; i++) {
        const struct special *s = &g_array_index(t->specials, struct special, i);
        if (g_str_equal(s->name, name)) {
            return s;
        }
    }
    return NULL;
}

// ---- encoding -----------------------------------------------------------------------------------

// Ids as they come; those that do not fit are only counted as overflow.
struct output {
    int32_t *ids;
    int n, max;
    bool overflow;
    GString *rest; // of tokenizer_without(): what is no token
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
    for (guint i = 0; t->begins[(unsigned char)*p] && i < t->specials->len; i++) {
        const struct special *s = &g_array_index(t->specials, struct special, i);
        if (s->normalized == normalized && (size_t)(end - p) >= s->length &&
            memcmp(p, s->content, s->length) == 0 && (!best || s->length > best->length)) {
            best = s;
        }
    }
    return best;
}

// What a regular expression's \w is: letters, marks, digits, and what connects them.
static bool is_word(gunichar c)
{
    const GUnicodeType type = g_unichar_type(c);
    return g_unichar_isalpha(c) || g_unichar_ismark(c) || type == G_UNICODE_DECIMAL_NUMBER ||
           type == G_UNICODE_LETTER_NUMBER || type == G_UNICODE_CONNECT_PUNCTUATION ||
           c == 0x200c || c == 0x200d;
}

static bool within_word(const char *text, const char *from, const char *to, const char *end)
{
    return (from > text && is_word(g_utf8_get_char(g_utf8_prev_char(from)))) ||
           (to < end && is_word(g_utf8_get_char(to)));
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
        const char *from = p, *to = p + s->length;
        p = to;
        if (s->single_word && within_word(text, from, to, end)) {
            continue;
        }
        while (s->lstrip && from > begin && is_space(g_utf8_get_char(g_utf8_prev_char(from)))) {
            from = g_utf8_prev_char(from);
        }
        while (s->rstrip && to < end && is_space(g_utf8_get_char(to))) {
            to = g_utf8_next_char(to);
        }
        rest(t, begin, (size_t)(from - begin), out);
        for (int i = 0; i < s->count; i++) {
            put(out, s->id + i);
        }
        begin = p = to;
    }
    rest(t, begin, (size_t)(end - begin), out);
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

// ---- special tokens -----------------------------------------------------------------------------

void tokenizer_set_special(struct tokenizer *t, const struct special *s)
{
    g_autofree char *valid = g_utf8_make_valid(s->name, -1);
    char *content = s->normalized ? normalize(valid, strlen(valid)) : g_steal_pointer(&valid);
    struct special *old = (struct special *)tokenizer_special(t, s->name);
    struct special new = *s;
    new.content = content;
    new.length = strlen(content);
    if (!*content) {
        g_free(content);
        return;
    }
    t->begins[(unsigned char)*content] = true;
    for (int i = 0; i < s->count; i++) {
        gpointer id = GINT_TO_POINTER(s->id + i);
        if (i + 1 < s->count) {
            g_hash_table_add(t->inner, id);
        } else {
            g_hash_table_remove(t->inner, id);
        }
    }
    if (old) {
        new.name = old->name;
        g_free(old->content);
        *old = new;
    } else {
        new.name = g_strdup(s->name);
        g_array_append_val(t->specials, new);
    }
}

static bool is_word_at(const char *p)
{
    return is_word(g_utf8_get_char(p));
}

// The one that is matched in normalised text as this is, or that has its name.
static bool is_there(const struct tokenizer *t, const char *name)
{
    g_autofree char *content = normalize(name, strlen(name));
    bool found = tokenizer_special(t, name) != NULL;
    for (guint i = 0; !found && i < t->specials->len; i++) {
        const struct special *s = &g_array_index(t->specials, struct special, i);
        found = s->normalized && g_str_equal(s->content, content);
    }
    return found;
}

bool tokenizer_add(struct tokenizer *t, const char *name, int first, int count)
{
    const bool letters =
        is_word_at(name) && is_word_at(g_utf8_find_prev_char(name, name + strlen(name)));
    const struct special s = {.name = (char *)name,
                              .id = first,
                              .count = count,
                              .normalized = true,
                              .single_word = letters};
    if (is_there(t, name)) {
        return false;
    }
    g_rw_lock_writer_lock(&t->lock);
    tokenizer_set_special(t, &s);
    t->max_id = MAX(t->max_id, first + count - 1);
    g_rw_lock_writer_unlock(&t->lock);
    return true;
}

bool tokenizer_remove(struct tokenizer *t, const char *name, int first)
{
    bool found = false;
    g_rw_lock_writer_lock(&t->lock);
    for (guint i = 0; i < t->specials->len && !found; i++) {
        const struct special *s = &g_array_index(t->specials, struct special, i);
        found = s->id >= first && g_str_equal(s->name, name);
        if (found) {
            g_array_remove_index(t->specials, i); // it stays a first byte to look at
            find_max_id(t);
        }
    }
    g_rw_lock_writer_unlock(&t->lock);
    return found;
}

// ---- the whole ----------------------------------------------------------------------------------

bool tokenizer_encode(const struct tokenizer *t, const char *text, int32_t *ids, int max, int *n)
{
    g_assert(max >= 2);
    char *valid = g_utf8_make_valid(text, -1);
    struct output out = {.ids = ids, .n = 1, .max = max - 1};
    ids[0] = t->bos;
    g_rw_lock_reader_lock(lock_of(t));
    encode_specials(t, valid, strlen(valid), false, encode_raw, &out);
    g_rw_lock_reader_unlock(lock_of(t));
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

// ---- without its learned tokens -----------------------------------------------------------------

// A token's place is a space, so that its neighbours stay two words.
static void keep_clean(const struct tokenizer *t, const char *text, size_t length,
                       struct output *out)
{
    g_string_append_c(out->rest, ' ');
    g_string_append_len(out->rest, text, (gssize)length);
}

static void keep_raw(const struct tokenizer *t, const char *text, size_t length, struct output *out)
{
    g_autofree char *clean = normalize(text, length);
    encode_specials(t, clean, strlen(clean), true, keep_clean, out);
}

// Names of the tokens whose first id is among these.
static void name_tokens(const struct tokenizer *t, const struct output *out, int first,
                        GPtrArray *found)
{
    for (guint i = 0; i < t->specials->len; i++) {
        const struct special *s = &g_array_index(t->specials, struct special, i);
        bool there = false;
        for (int k = 0; s->id >= first && k < out->n && !there; k++) {
            there = out->ids[k] == s->id;
        }
        if (there && !g_ptr_array_find_with_equal_func(found, s->name, g_str_equal, NULL)) {
            g_ptr_array_add(found, g_strdup(s->name));
        }
    }
}

char *tokenizer_without(const struct tokenizer *t, const char *text, int first, GPtrArray *found)
{
    g_autofree char *valid = g_utf8_make_valid(text, -1);
    g_autofree int32_t *ids = g_new(int32_t, MAX_IDS);
    struct output out = {.ids = ids, .max = MAX_IDS, .rest = g_string_new(NULL)};
    g_rw_lock_reader_lock(lock_of(t));
    encode_specials(t, valid, strlen(valid), false, keep_raw, &out);
    if (found) {
        name_tokens(t, &out, first, found);
    }
    g_rw_lock_reader_unlock(lock_of(t));
    return g_string_free(out.rest, FALSE);
}
