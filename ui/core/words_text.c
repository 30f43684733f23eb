#include "ui/core/words_text.h"

#include "compute/i18n.h"
#include "compute/model/embedding.h"

#include <string.h>

// Letters of one word; the apostrophe of "cat's" belongs to it.
static bool in_word(gunichar c)
{
    return g_unichar_isalnum(c) || c == '\'' || c == 0x2019;
}

// The next word of the text in lower case, or NULL; *text is moved behind it.
static char *next_word(const char **text)
{
    const char *p = *text;
    while (*p && !in_word(g_utf8_get_char(p))) {
        p = g_utf8_next_char(p);
    }
    const char *start = p;
    while (*p && in_word(g_utf8_get_char(p))) {
        p = g_utf8_next_char(p);
    }
    *text = p;
    return p > start ? g_utf8_strdown(start, p - start) : NULL;
}

static bool holds(GPtrArray *words, const char *word)
{
    return g_ptr_array_find_with_equal_func(words, word, g_str_equal, NULL);
}

// “fog”, “dusk” and “zeppelin”
static char *list_text(GPtrArray *words)
{
    GString *text = g_string_new(NULL);
    for (guint i = 0; i < words->len; i++) {
        g_autofree char *word = g_strdup_printf(_("“%s”"), (const char *)words->pdata[i]);
        g_autofree char *before = g_strdup(text->str);
        if (i == 0) {
            g_string_assign(text, word);
        } else if (i + 1 < words->len) {
            g_string_printf(text, C_("list", "%s, %s"), before, word);
        } else {
            g_string_printf(text, C_("list", "%s and %s"), before, word);
        }
    }
    return g_string_free(text, FALSE);
}

static char *text_of(GPtrArray *weak, GPtrArray *unknown)
{
    g_autofree char *hardly = list_text(weak), *not = list_text(unknown);
    return weak->len && unknown->len
               ? g_strdup_printf(_("This model hardly knows %s, and not %s"), hardly, not )
           : weak->len    ? g_strdup_printf(_("This model hardly knows %s"), hardly)
           : unknown->len ? g_strdup_printf(_("This model does not know %s"), not )
                          : g_strdup("");
}

// What stands in brackets, a colon and a number.
#define WEIGHED "\\([^()]*:\\s*[0-9]*\\.?[0-9]+\\s*\\)"

char *weighed_word(const char *sentence)
{
    g_autoptr(GRegex) regex = g_regex_new(WEIGHED, 0, 0, NULL);
    g_autoptr(GMatchInfo) match = NULL;
    return g_regex_match(regex, sentence, 0, &match) ? g_match_info_fetch(match, 0) : NULL;
}

char *words_text(const struct vocabulary *vocabulary, const struct model *m, const char *sentence)
{
    g_autofree char *weighed = weighed_word(sentence); // its number is none of the words
    g_autofree char *plain = weighed
                                 ? prompt_plain(&(struct prompt_style){.emphasis = true}, sentence)
                                 : g_strdup(sentence);
    g_autofree char *words = m ? model_embedded(m, plain, NULL) : g_strdup(plain);
    const char *rest = words;
    g_autoptr(GPtrArray) weak = g_ptr_array_new_with_free_func(g_free);
    g_autoptr(GPtrArray) unknown = g_ptr_array_new_with_free_func(g_free);
    char *word = NULL;
    while (vocabulary && (word = next_word(&rest)) != NULL) {
        const enum word_standing standing = vocabulary_ask(vocabulary, word);
        GPtrArray *list = standing == WORD_WEAK ? weak : unknown;
        const bool typing = *rest == '\0' && vocabulary_begins(vocabulary, word);
        if (standing == WORD_KNOWN || holds(list, word) || (standing == WORD_UNKNOWN && typing)) {
            g_free(word);
        } else {
            g_ptr_array_add(list, word);
        }
    }
    return text_of(weak, unknown);
}

#define SHOWN 24 // characters of the end of what is read

char *reading_end(const struct model *m, const struct prompt_style *style, const char *sentence,
                  const char *more)
{
    const gsize end = m ? prompt_end(m, style, sentence) : strlen(sentence);
    const char *tail = sentence + end;
    if (!*tail) {
        return NULL;
    }
    for (int i = 0; i < SHOWN && tail > sentence; i++) {
        tail = g_utf8_find_prev_char(sentence, tail);
    }
    return g_strdup_printf("%s%.*s", tail > sentence ? more : "", (int)(sentence + end - tail),
                           tail);
}

char *reading_text(const struct model *m, const struct prompt_style *style, const char *sentence)
{
    g_autofree char *end = reading_end(m, style, sentence, "…");
    return end ? g_strdup_printf(_("The model reads up to “%s”"), end) : g_strdup("");
}
