// What an edit is about, from its two sentences: no grammar, but the few words that say where a
// thing's name begins and ends.
#include "compute/edit/color_word.h"
#include "compute/edit/named_light.h"
#include "compute/edit/select.h"

#include <string.h>

// Words that end a thing's name; those of places begin what is around it.
static const char *const ENDS[] = {"of", "and", "with", "or", "that", "which", NULL};
static const char *const PLACES[] = {
    "in", "on",     "at",    "under",   "above",  "below",   "over", "behind", "beside", "near",
    "by", "before", "after", "through", "inside", "outside", "from", "during", NULL};
// "a photo of a dog" is about the dog.
static const char *const PICTURES[] = {"photo",   "photograph", "picture",  "image",
                                       "drawing", "icon",       "painting", "sketch",
                                       "sticker", "cartoon",    NULL};
// What is around things, wherever in a sentence it stands.
static const char *const SURROUNDINGS[] = {
    "sky",  "clouds", "background", "backdrop", "sea",   "ocean", "water", "ground", "grass",
    "lawn", "meadow", "field",      "sand",     "beach", "snow",  "floor", "wall",   NULL};
static const char *const ARTICLES[] = {"a", "an", "the", "some", "two", "three", NULL};

static bool is_among(const char *word, const char *const *words)
{
    return g_strv_contains(words, word);
}

// A comma or another mark stands for itself.
static GPtrArray *split(const char *text)
{
    GPtrArray *words = g_ptr_array_new_with_free_func(g_free);
    g_autofree char *valid = g_utf8_make_valid(text ? text : "", -1);
    g_autofree char *lower = g_utf8_strdown(valid, -1);
    for (const char *at = lower; *at;) {
        const char *end = at;
        while (g_unichar_isalnum(g_utf8_get_char(end)) || *end == '\'' || *end == '-') {
            end = g_utf8_next_char(end);
        }
        if (end > at) {
            g_ptr_array_add(words, g_strndup(at, (gsize)(end - at)));
            at = end;
            continue;
        }
        if (!g_unichar_isspace(g_utf8_get_char(at))) {
            g_ptr_array_add(words, g_strdup(","));
        }
        at = g_utf8_next_char(at);
    }
    return words;
}

static bool ends_name(const char *word)
{
    return g_str_equal(word, ",") || is_among(word, ENDS) || is_among(word, PLACES);
}

// The last word of the name that goes on from word i; NULL: none does.
static const char *noun_from(const GPtrArray *words, guint i)
{
    const char *noun = NULL;
    for (; i < words->len && !ends_name(words->pdata[i]); i++) {
        noun = is_among(words->pdata[i], ARTICLES) ? noun : words->pdata[i];
    }
    return noun;
}

// Where the names begin, behind "a photo of".
static guint first_name(const GPtrArray *words)
{
    for (guint i = 0; i + 1 < words->len; i++) {
        if (is_among(words->pdata[i], PICTURES) && g_str_equal(words->pdata[i + 1], "of")) {
            return i + 2;
        }
        if (ends_name(words->pdata[i])) {
            break;
        }
    }
    return 0;
}

// Whether word i stands behind a word of a place: it is what is around.
static bool is_around(const GPtrArray *words, guint i)
{
    while (i-- > 0 && !g_str_equal(words->pdata[i], ",")) {
        if (is_among(words->pdata[i], PLACES)) {
            return true;
        }
    }
    return false;
}

// Words that two sentences have in common where they begin and where they end.
static void common_ends(const GPtrArray *a, const GPtrArray *b, guint *same, guint *tail)
{
    *same = *tail = 0;
    while (*same < a->len && *same < b->len && g_str_equal(a->pdata[*same], b->pdata[*same])) {
        ++*same;
    }
    while (*tail < a->len - *same && *tail < b->len - *same &&
           g_str_equal(a->pdata[a->len - 1 - *tail], b->pdata[b->len - 1 - *tail])) {
        ++*tail;
    }
}

char *subject_of_edit(const char *from, const char *to)
{
    g_autoptr(GPtrArray) a = split(from), b = split(to);
    guint same, tail;
    common_ends(a, b, &same, &tail);
    const bool alike = b->len == 0 || (same == a->len && same == b->len);
    if (alike) {
        return g_strdup(noun_from(a, first_name(a)));
    }
    // Words behind the last one, or behind a place's, are about the whole picture.
    return same == a->len || is_around(a, same) ? NULL : g_strdup(noun_from(a, same));
}

// Where the words of `word` stand in the sentence one after the other, from word i on.
static bool stands_at(const GPtrArray *words, guint i, const GPtrArray *word)
{
    for (guint k = 0; k < word->len; k++) {
        if (i + k >= words->len || !g_str_equal(words->pdata[i + k], word->pdata[k])) {
            return false;
        }
    }
    return word->len > 0;
}

// The first place where the word stands; the sentence's length: nowhere.
static guint find_in(const GPtrArray *words, const GPtrArray *word)
{
    guint i = 0;
    while (i < words->len && !stands_at(words, i, word)) {
        i++;
    }
    return i;
}

char **subject_qualities(const char *sentence, const char *word)
{
    g_autoptr(GPtrArray) words = split(sentence), wanted = split(word);
    g_autoptr(GStrvBuilder) found = g_strv_builder_new();
    const guint at = find_in(words, wanted);
    guint begin = MIN(at, words->len);
    while (begin > 0 && !ends_name(words->pdata[begin - 1]) &&
           !is_among(words->pdata[begin - 1], ARTICLES)) {
        begin--;
    }
    for (guint i = begin; at < words->len && i + 1 < at + wanted->len; i++) {
        g_strv_builder_add(found, words->pdata[i]);
    }
    return g_strv_builder_end(found);
}

bool subject_is_around(const char *sentence, const char *word)
{
    g_autoptr(GPtrArray) words = split(sentence), wanted = split(word);
    const guint at = find_in(words, wanted);
    return at < words->len &&
           (is_around(words, at) || is_among(words->pdata[at + wanted->len - 1], SURROUNDINGS));
}

// The one colour among the words from..end; NULL: none, or several.
static const struct color_word *color_among(const GPtrArray *words, guint from, guint end)
{
    const struct color_word *found = NULL;
    for (guint i = from; i < end; i++) {
        const struct color_word *color = color_word_find(words->pdata[i]);
        if (color && found) {
            return NULL;
        }
        found = color ? color : found;
    }
    return found;
}

const struct color_word *subject_color(const char *from, const char *to,
                                       const struct color_word **was)
{
    g_autoptr(GPtrArray) a = split(from), b = split(to);
    guint same, tail;
    common_ends(a, b, &same, &tail);
    *was = color_among(a, same, a->len - tail);
    return color_among(b, same, b->len - tail);
}

const struct light_word *subject_light(const char *from, const char *to)
{
    g_autoptr(GPtrArray) a = split(from), b = split(to);
    guint same, tail;
    common_ends(a, b, &same, &tail);
    const struct light_word *found = NULL;
    for (guint i = same; i < b->len - tail; i++) {
        const struct light_word *light = light_word_find(b->pdata[i]);
        found = light ? light : found;
    }
    return found;
}
