#include "compute/edit/align.h"

#include "compute/edit/common_words.h"
#include "compute/model/tokenizer.h"

#include <string.h>

// A sentence as ids and as words, which are ranges of them.
struct sentence {
    struct prompt read; // its content is the ids
    int *begin;         // of word i, and behind the last one the end
    int words;
};

static void sentence_init(struct sentence *s, const struct model *m,
                          const struct prompt_style *style, int windows, const char *text)
{
    *s = (struct sentence){0};
    prompt_init(&s->read, m, style, windows, text);
    s->begin = g_new(int, s->read.n + 1);
    for (int i = 0; i < s->read.n; i++) {
        if (i == 0 || tokenizer_ends_word(m->tokenizer, s->read.content[i - 1])) {
            s->begin[s->words++] = i;
        }
    }
    s->begin[s->words] = s->read.n;
}

static void sentence_finish(struct sentence *s)
{
    prompt_finish(&s->read);
    g_free(s->begin);
}

// Where id i of the sentence is among the tokens.
static int place(const struct sentence *s, int i)
{
    return s->read.places[i];
}

static int word_tokens(const struct sentence *s, int word)
{
    return s->begin[word + 1] - s->begin[word];
}

static bool same_word(const void *first, int i, const void *second, int j)
{
    const struct sentence *a = first, *b = second;
    const int n = word_tokens(a, i);
    return n == word_tokens(b, j) &&
           memcmp(a->read.content + a->begin[i], b->read.content + b->begin[j],
                  (size_t)n * sizeof *a->read.content) == 0;
}

// ---- pairs --------------------------------------------------------------------------------------

static void pair_token(struct alignment *a, int source, int edit, float share)
{
    a->mapper[source * a->tokens + edit] = share;
    a->shared[edit] = 1;
}

// Token for token where there are as many; else each takes its part of all (as the paper's own
// source does): the new word gets what the old one got.
static void pair_words(struct alignment *a, const struct sentence *source, int i,
                       const struct sentence *edit, int j)
{
    const int n = word_tokens(source, i), count = word_tokens(edit, j);
    for (int k = 0; k < count; k++) {
        for (int l = 0; l < n; l++) {
            if (n != count || k == l) {
                pair_token(a, place(source, source->begin[i] + l), place(edit, edit->begin[j] + k),
                           n == count ? 1.0f : 1.0f / (float)count);
            }
        }
    }
}

// Between two words that both have: the last words of the one stand for those of the other.
static void pair_gap(struct alignment *a, const struct sentence *source, int i, int i_end,
                     const struct sentence *edit, int j, int j_end)
{
    a->changed = a->changed || i_end > i || j_end > j;
    while (i_end > i && j_end > j) {
        pair_words(a, source, --i_end, edit, --j_end);
    }
}

static void pair_all(struct alignment *a, const struct sentence *source,
                     const struct sentence *edit)
{
    g_autofree int *length = common_words(source, source->words, edit, edit->words, same_word);
    const int row = edit->words + 1;
    int i = 0, j = 0, gap_i = 0, gap_j = 0; // of the word looked at, of the gap that ends there
    while (i < source->words && j < edit->words) {
        const int *at = length + i * row + j;
        if (same_word(source, i, edit, j)) {
            pair_gap(a, source, gap_i, i, edit, gap_j, j);
            pair_words(a, source, i, edit, j);
            gap_i = ++i;
            gap_j = ++j;
        } else if (at[row] >= at[1]) {
            i++;
        } else {
            j++;
        }
    }
    pair_gap(a, source, gap_i, source->words, edit, gap_j, edit->words);
}

// The marks, and the padding behind the text: it holds the sentence as a whole. Of each window.
static void pair_marks(struct alignment *a, const struct sentence *source,
                       const struct sentence *edit)
{
    const int tokens = edit->read.tokens;
    for (int i = 0; i < edit->read.windows; i++) {
        const int first = i * tokens, here = edit->read.filled[i] + 1; // place of the end mark
        const int there = source->read.filled[i] + 1;
        pair_token(a, first, first, 1);
        for (int t = here; t < tokens; t++) {
            pair_token(a, first + MIN(t - here + there, tokens - 1), first + t, 1);
        }
    }
}

void alignment_init(struct alignment *a, const struct model *m, const struct prompt_style *style,
                    int windows, const char *source, const char *edit)
{
    const int tokens = windows * m->text.max_tokens;
    struct sentence of_source, of_edit;
    *a = (struct alignment){
        .tokens = tokens,
        .style = *style,
        .windows = windows,
        .mapper = g_new0(float, (size_t)tokens *tokens),
        .shared = g_new0(float, tokens),
        .weight = g_new(float, tokens),
    };
    for (int t = 0; t < tokens; t++) {
        a->weight[t] = 1;
    }
    sentence_init(&of_source, m, style, windows, source);
    sentence_init(&of_edit, m, style, windows, edit);
    pair_all(a, &of_source, &of_edit);
    pair_marks(a, &of_source, &of_edit);
    sentence_finish(&of_source);
    sentence_finish(&of_edit);
}

void alignment_finish(struct alignment *a)
{
    g_free(a->mapper);
    g_free(a->shared);
    g_free(a->weight);
}

// ---- named words --------------------------------------------------------------------------------

char *words_alone(const char *text)
{
    g_autofree char *valid = g_utf8_make_valid(text ? text : "", -1);
    const char *begin = valid, *end = valid + strlen(valid);
    while (begin < end && !g_unichar_isalnum(g_utf8_get_char(begin))) {
        begin = g_utf8_next_char(begin);
    }
    while (end > begin && !g_unichar_isalnum(g_utf8_get_char(g_utf8_prev_char(end)))) {
        end = g_utf8_prev_char(end);
    }
    return g_strndup(begin, (gsize)(end - begin));
}

// ---- weights ------------------------------------------------------------------------------------

bool alignment_weigh(struct alignment *a, const struct model *m, const char *edit, const char *text,
                     double factor)
{
    struct sentence whole, part;
    bool found = false;
    g_autofree char *words = words_alone(text);
    sentence_init(&whole, m, &a->style, a->windows, edit);
    sentence_init(&part, m, &(struct prompt_style){0}, 1, words);
    const int n = part.read.n;
    for (int i = 0; n > 0 && i < whole.words; i++) {
        const int begin = whole.begin[i];
        if (begin + n <= whole.read.n && memcmp(whole.read.content + begin, part.read.content,
                                                (size_t)n * sizeof *part.read.content) == 0) {
            for (int t = begin; t < begin + n; t++) {
                a->weight[place(&whole, t)] *= (float)factor;
            }
            found = true;
        }
    }
    sentence_finish(&whole);
    sentence_finish(&part);
    return found;
}
