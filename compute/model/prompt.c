#include "compute/model/prompt.h"

#include "compute/model/tokenizer.h"

#include <string.h>

#define MORE       1.1 // what a pair of parentheses multiplies with
#define MOST       100.0
#define MAX_NESTED 64

// ---- weights ------------------------------------------------------------------------------------

// A stretch of the text, with its weight.
struct stretch {
    GString *text;
    double weight;
};

static void stretch_clear(void *data)
{
    g_string_free(((struct stretch *)data)->text, TRUE);
}

// Where brackets that are still open began, as indices of stretches.
struct brackets {
    guint open[MAX_NESTED];
    int n;
};

static void open_bracket(struct brackets *b, const GArray *stretches)
{
    if (b->n < MAX_NESTED) {
        b->open[b->n++] = stretches->len;
    }
}

static void close_bracket(struct brackets *b, GArray *stretches, double factor)
{
    for (guint i = b->open[--b->n]; i < stretches->len; i++) {
        struct stretch *s = &g_array_index(stretches, struct stretch, i);
        s->weight = CLAMP(s->weight * factor, -MOST, MOST);
    }
}

static void add_stretch(GArray *stretches, const char *text, gsize length)
{
    const struct stretch s = {g_string_new_len(text, (gssize)length), 1};
    g_array_append_val(stretches, s);
}

// ":1.2)" at p: its length and the number; 0 where it is something else.
static gsize weight_length(const char *p, double *weight)
{
    const char *q = p + 1;
    while (g_ascii_isspace(*q)) {
        q++;
    }
    const char *number = q;
    q += *q == '+' || *q == '-';
    const gsize digits = strspn(q, ".0123456789");
    g_autofree char *text = g_strndup(number, (gsize)(q - number) + digits);
    char *end;
    *weight = g_ascii_strtod(text, &end);
    q += digits;
    while (g_ascii_isspace(*q)) {
        q++;
    }
    return digits && !*end && *q == ')' ? (gsize)(q + 1 - p) : 0;
}

// One sign, or the text up to the next; its length.
static gsize parse_one(const char *p, GArray *stretches, struct brackets *round,
                       struct brackets *square)
{
    double weight;
    gsize length = 1;
    if (*p == '\\') {
        length = p[1] && strchr("()[]\\", p[1]) ? 2 : 1;
        add_stretch(stretches, p + 1, length - 1);
    } else if (*p == '(') {
        open_bracket(round, stretches);
    } else if (*p == '[') {
        open_bracket(square, stretches);
    } else if (*p == ':' && round->n && (length = weight_length(p, &weight))) {
        close_bracket(round, stretches, weight);
    } else if (*p == ')' && round->n) {
        close_bracket(round, stretches, MORE);
    } else if (*p == ']' && square->n) {
        close_bracket(square, stretches, 1 / MORE);
    } else {
        length = 1 + strcspn(p + 1, "\\()[]:");
        add_stretch(stretches, p, length);
    }
    return length;
}

// Neighbours of one weight are one stretch: the tokenizer reads them together. In one pass, since a
// text may be all brackets; what was joined gathers behind those that are kept.
static void join(GArray *stretches)
{
    struct stretch *all = (struct stretch *)(void *)stretches->data;
    guint kept = 0;
    for (guint i = 1; i < stretches->len; i++) {
        if (all[kept].weight == all[i].weight) {
            g_string_append(all[kept].text, all[i].text->str);
        } else {
            const struct stretch joined = all[++kept];
            all[kept] = all[i];
            all[i] = joined;
        }
    }
    g_array_set_size(stretches, MIN(stretches->len, kept + 1));
}

static GArray *read_stretches(const struct prompt_style *style, const char *text)
{
    GArray *stretches = g_array_new(FALSE, FALSE, sizeof(struct stretch));
    struct brackets round = {.n = 0}, square = {.n = 0};
    g_array_set_clear_func(stretches, stretch_clear);
    if (!style->emphasis) {
        add_stretch(stretches, text, strlen(text));
        return stretches;
    }
    while (*text) {
        text += parse_one(text, stretches, &round, &square);
    }
    while (round.n) { // what is left open reaches to the end
        close_bracket(&round, stretches, MORE);
    }
    while (square.n) {
        close_bracket(&square, stretches, 1 / MORE);
    }
    join(stretches);
    return stretches;
}

char *prompt_plain(const struct prompt_style *style, const char *text)
{
    g_autoptr(GArray) stretches = read_stretches(style, text);
    GString *plain = g_string_new(NULL);
    for (guint i = 0; i < stretches->len; i++) {
        g_string_append(plain, g_array_index(stretches, struct stretch, i).text->str);
    }
    return g_string_free(plain, FALSE);
}

// ---- ids ----------------------------------------------------------------------------------------

// Ids of the sentence itself, up to `most`, with their weights (float).
static bool read_content(const struct model *m, const struct prompt_style *style, const char *text,
                         int most, GArray *content, GArray *weights)
{
    g_autoptr(GArray) stretches = read_stretches(style, text);
    g_autofree int32_t *ids = g_new(int32_t, most + 2);
    bool cut = false;
    for (guint i = 0; i < stretches->len && !cut; i++) {
        const struct stretch *s = &g_array_index(stretches, struct stretch, i);
        const float weight = (float)s->weight;
        int n;
        cut = tokenizer_encode(m->tokenizer, s->text->str, ids, most - (int)content->len + 2, &n);
        g_array_append_vals(content, ids + 1, (guint)n - 2); // without the marks
        while (weights->len < content->len) {
            g_array_append_val(weights, weight);
        }
    }
    return cut;
}

// Lays out one window from content `first` on.
static void fill_window(struct prompt *p, const struct model *m, int window, int first,
                        const float *weights)
{
    int32_t *ids = p->ids + (gsize)window * p->tokens;
    const int count = CLAMP(p->n - first, 0, p->tokens - 2);
    ids[0] = m->text.bos_id;
    for (int i = 0; i < count; i++) {
        const int place = window * p->tokens + 1 + i;
        p->ids[place] = p->content[first + i];
        p->weights[place] = weights[first + i];
        p->weighted = p->weighted || weights[first + i] != 1;
        p->places[first + i] = place;
    }
    ids[count + 1] = m->text.eos_id;
    for (int i = count + 2; i < p->tokens; i++) {
        ids[i] = m->text.pad_id;
    }
    p->filled[window] = count;
}

void prompt_init(struct prompt *p, const struct model *m, const struct prompt_style *style,
                 int windows, const char *text)
{
    const int tokens = m->text.max_tokens, room = tokens - 2;
    const int most = style->long_prompt ? MAX(1, windows ? windows : PROMPT_WINDOWS) : 1;
    g_autoptr(GArray) content = g_array_new(FALSE, FALSE, sizeof(int32_t));
    g_autoptr(GArray) weights = g_array_new(FALSE, FALSE, sizeof(float));
    *p = (struct prompt){.tokens = tokens};
    p->cut = read_content(m, style, text, most * room, content, weights);
    p->n = (int)content->len;
    p->windows = windows && style->long_prompt ? windows : MAX(1, (p->n + room - 1) / MAX(1, room));
    p->ids = g_new(int32_t, (gsize)p->windows * tokens);
    p->weights = g_new(float, (gsize)p->windows *tokens);
    p->places = g_new(int, p->n + 1);
    p->filled = g_new(int, p->windows);
    p->content = (int32_t *)(void *)g_array_free(g_steal_pointer(&content), FALSE);
    for (int i = 0; i < p->windows * tokens; i++) {
        p->weights[i] = 1;
    }
    for (int i = 0; i < p->windows; i++) {
        fill_window(p, m, i, i * room, (const float *)(void *)weights->data);
    }
}

void prompt_finish(struct prompt *p)
{
    g_free(p->ids);
    g_free(p->weights);
    g_free(p->content);
    g_free(p->places);
    g_free(p->filled);
}

int prompt_windows(const struct model *m, const struct prompt_style *style, const char *text)
{
    struct prompt p;
    prompt_init(&p, m, style, 0, text);
    const int windows = p.windows;
    prompt_finish(&p);
    return windows;
}

static bool is_cut(const struct model *m, const struct prompt_style *style, const char *text,
                   gsize bytes)
{
    g_autofree char *part = g_strndup(text, bytes);
    struct prompt p;
    prompt_init(&p, m, style, 0, part);
    const bool cut = p.cut;
    prompt_finish(&p);
    return cut;
}

// Back to the end of a word.
static gsize word_end(const char *text, gsize bytes)
{
    while (bytes && text[bytes] && !g_ascii_isspace(text[bytes])) {
        bytes--;
    }
    while (bytes && g_ascii_isspace(text[bytes - 1])) {
        bytes--;
    }
    return bytes;
}

gsize prompt_end(const struct model *m, const struct prompt_style *style, const char *text)
{
    gsize low = 0, high = strlen(text); // what is read, and what is cut
    if (!is_cut(m, style, text, high)) {
        return high;
    }
    while (high - low > 1) {
        const gsize middle = low + (high - low) / 2;
        if (is_cut(m, style, text, middle)) {
            high = middle;
        } else {
            low = middle;
        }
    }
    return word_end(text, low);
}
