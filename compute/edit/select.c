// Selections from attention. Cross-attention says where the network looks for a word (Tang et al.,
// DAAM, 2210.04885), but only roughly; self-attention says which places belong together (Wang et
// al., DiffSegmenter, 2309.02773), and the word is spread along it. Both are averages over the
// layers, over noise levels and noisings of the photo's own latent, with the photo's own words.
#include "compute/edit/select.h"
#include "compute/edit/private.h"

#include <math.h>
#include <string.h>

// Noise levels, as shares of the training steps, and noisings at each.
static const double LEVELS[] = {0.2, 0.4};
#define NOISINGS 2
static const uint64_t SEED = 1;
// Layers with more positions than that are left out: their maps take hundreds of megabytes, and
// those of 32 x 32 tell things apart as well.
#define POSITIONS 1024
// How often a word is spread along self-attention.
#define SPREADS 2

// ---- gathering ----------------------------------------------------------------------------------

// The mean map of one attention.
struct layer {
    const char *path; // interned
    int h, w, keys;
    float *sum; // (h * w, keys)
};

static void layer_clear(void *layer)
{
    g_free(((struct layer *)layer)->sum);
}

static struct layer *layer_for(GArray *layers, const struct network_map *map)
{
    for (guint i = 0; i < layers->len; i++) {
        struct layer *layer = &g_array_index(layers, struct layer, i);
        if (layer->path == map->path) {
            return layer;
        }
    }
    const struct layer fresh = {map->path, map->height, map->width, map->keys,
                                g_new0(float, (gsize)map->height * map->width * map->keys)};
    g_array_append_val(layers, fresh);
    return &g_array_index(layers, struct layer, layers->len - 1);
}

// Adds the mean over the heads; batch is 1.
static void add_map(const struct network_map *map, void *layers)
{
    float *sum = layer_for(layers, map)->sum;
    const int64_t n = (int64_t)map->height * map->width * map->keys;
    for (int64_t i = 0; i < map->heads * n; i++) {
        sum[i % n] += map->values[i] / (float)map->heads;
    }
}

static bool gather_layers(struct run *r, const float *embeddings, GArray *layers, GError **error)
{
    const struct editor *e = r->e;
    struct rng rng = {.seed = SEED};
    g_autofree float *noise = g_new(float, r->n);
    g_autofree float *x = g_new(float, r->n);
    r->steps = (int)G_N_ELEMENTS(LEVELS) * NOISINGS;
    for (; r->step < r->steps; r->step++) {
        run_report(r, TASK_SELECTING, NULL);
        const int t = (int)(LEVELS[r->step / NOISINGS] * e->schedule.train_steps);
        rng_normal(&rng, noise, r->n);
        noise_add(&e->schedule, t, e->photo.latents, noise, x, r->n);
        if (!networks_attention(e->networks, 1, r->h, r->w, t, x, embeddings, "*.attn?", POSITIONS,
                                add_map, layers, task_cancellable(r->task), error) ||
            task_cancelled(r->task, error)) {
            return false;
        }
    }
    return true;
}

// ---- planes -------------------------------------------------------------------------------------

// Value of a plane (h, w) with `stride` floats between places, at shares of its sides; bilinear.
static float sample(const float *plane, int h, int w, int stride, double u, double v)
{
    const double x = CLAMP(u * w - 0.5, 0, w - 1), y = CLAMP(v * h - 0.5, 0, h - 1);
    const int x0 = (int)x, y0 = (int)y, x1 = MIN(x0 + 1, w - 1), y1 = MIN(y0 + 1, h - 1);
    const float fx = (float)(x - x0), fy = (float)(y - y0);
    const float *above = plane + (int64_t)y0 * w * stride,
                *below = plane + (int64_t)y1 * w * stride;
    return (1 - fy) * ((1 - fx) * above[x0 * stride] + fx * above[x1 * stride]) +
           fy * ((1 - fx) * below[x0 * stride] + fx * below[x1 * stride]);
}

// Least and greatest become 0 and 1.
static void stretch(float *plane, int64_t n)
{
    float least = plane[0], greatest = plane[0];
    for (int64_t i = 0; i < n; i++) {
        least = fminf(least, plane[i]);
        greatest = fmaxf(greatest, plane[i]);
    }
    for (int64_t i = 0; i < n; i++) {
        plane[i] = greatest > least ? (plane[i] - least) / (greatest - least) : 0;
    }
}

static float *resize(const float *plane, int h, int w, int height, int width)
{
    float *out = g_new(float, (gsize)height *width);
    for (int64_t i = 0; i < (int64_t)height * width; i++) {
        out[i] = sample(plane, h, w, 1, ((double)(i % width) + 0.5) / width,
                        ((double)(i / width) + 0.5) / height);
    }
    return out;
}

// ---- what is kept -------------------------------------------------------------------------------

void attention_clear(struct editor *e)
{
    g_clear_pointer(&e->attention.key, g_free);
    g_clear_pointer(&e->attention.words, g_free);
    g_clear_pointer(&e->attention.places, g_free);
}

// The layers on one grid, that of the finest: words (T, P), places (P, P) whose rows add up to 1.
static void combine(struct editor *e, const GArray *layers)
{
    const int tokens = e->model->text.max_tokens;
    int h = 0, w = 0, finest = 0;
    for (guint i = 0; i < layers->len; i++) {
        const struct layer *layer = &g_array_index(layers, struct layer, i);
        if (layer->h * layer->w > h * w) {
            h = layer->h;
            w = layer->w;
        }
    }
    const int places = h * w;
    float *words_map = g_new0(float, (gsize)tokens *places);
    float *places_map = g_new0(float, (gsize)places *places);
    for (guint i = 0; i < layers->len; i++) {
        const struct layer *layer = &g_array_index(layers, struct layer, i);
        if (g_str_has_suffix(layer->path, ".attn2")) {
            for (int64_t k = 0; k < (int64_t)tokens * places; k++) {
                const int place = (int)(k % places), token = (int)(k / places);
                words_map[k] += sample(layer->sum + token, layer->h, layer->w, layer->keys,
                                       (place % w + 0.5) / w, (place / w + 0.5) / h);
            }
        } else if (layer->h == h && layer->w == w) {
            finest++;
            for (int64_t k = 0; k < (int64_t)places * places; k++) {
                places_map[k] += layer->sum[k];
            }
        }
    }
    for (int64_t k = 0; finest && k < (int64_t)places * places; k++) {
        places_map[k] /= (float)(finest * (int)G_N_ELEMENTS(LEVELS) * NOISINGS);
    }
    e->attention.h = h;
    e->attention.w = w;
    e->attention.words = words_map;
    e->attention.places = places_map;
}

// The photo's attention with its words, from the cache or gathered.
static bool attention_prepare(struct run *r, GError **error)
{
    struct editor *e = r->e;
    const char *words = r->request->source_prompt ? r->request->source_prompt : "";
    if (!photo_prepare(r, error)) {
        return false;
    }
    g_autofree char *key = g_strdup_printf("%s|%s|%s", e->photo.key, e->adapters_key, words);
    if (e->attention.key && g_str_equal(e->attention.key, key)) {
        return true;
    }
    attention_clear(e);
    const float *embeddings = embeddings_get(e, words, task_cancellable(r->task), error);
    g_autoptr(GArray) layers = g_array_new(FALSE, FALSE, sizeof(struct layer));
    g_array_set_clear_func(layers, layer_clear);
    if (!embeddings || !gather_layers(r, embeddings, layers, error)) {
        return false;
    }
    combine(e, layers);
    e->attention.key = g_steal_pointer(&key);
    return true;
}

// ---- selecting ----------------------------------------------------------------------------------

// plane (P) becomes places x plane: each place takes what it attends to.
static void spread(const struct editor *e, float *plane)
{
    const int places = e->attention.h * e->attention.w;
    g_autofree float *old = g_memdup2(plane, (gsize)places * sizeof *plane);
    for (int i = 0; i < places; i++) {
        const float *row = e->attention.places + (int64_t)i * places;
        double sum = 0;
        for (int k = 0; k < places; k++) {
            sum += (double)row[k] * old[k];
        }
        plane[i] = (float)sum;
    }
}

// Tokens before a part of a text that begins at a word.
static int tokens_of(const struct editor *e, const char *text, gsize bytes, bool *cut)
{
    g_autofree char *part = g_strndup(text, bytes);
    g_autofree int32_t *ids = g_new(int32_t, e->model->text.max_tokens);
    int n;
    model_tokenize(e->model, part, ids, &n, cut);
    return n - 2; // without begin and end
}

static bool is_word_char(gunichar c)
{
    return g_unichar_isalnum(c);
}

// Whether a part of a text is not in the middle of a word.
static bool is_whole(const char *text, const char *begin, const char *end)
{
    return (begin == text || !is_word_char(g_utf8_get_char(g_utf8_prev_char(begin)))) &&
           (!*end || !is_word_char(g_utf8_get_char(end)));
}

// Adds to plane the attention of all tokens of the word, wherever it stands. Their number.
static int add_word(const struct editor *e, const char *sentence, const char *word, float *plane)
{
    const int places = e->attention.h * e->attention.w;
    const gsize length = strlen(word);
    int found = 0;
    for (const char *at = sentence; (at = strstr(at, word)); at += length) {
        bool cut_before, cut;
        const int first = tokens_of(e, sentence, (gsize)(at - sentence), &cut_before);
        const int last = tokens_of(e, sentence, (gsize)(at - sentence) + length, &cut);
        if (!is_whole(sentence, at, at + length) || cut) {
            continue;
        }
        for (int t = first + 1; t <= last; t++, found++) { // behind the token that begins
            for (int i = 0; i < places; i++) {
                plane[i] += e->attention.words[(int64_t)t * places + i];
            }
        }
    }
    return found;
}

static char *plain(const char *text)
{
    g_autofree char *valid = g_utf8_make_valid(text ? text : "", -1);
    return g_strstrip(g_utf8_strdown(valid, -1));
}

// (P) of a word, or NULL.
static float *word_plane(const struct editor *e, const struct edit_request *q, const char *word,
                         GError **error)
{
    const int places = e->attention.h * e->attention.w;
    g_autofree char *sentence = plain(q->source_prompt), *wanted = plain(word);
    g_autofree float *plane = g_new0(float, places);
    if (!*wanted || !add_word(e, sentence, wanted, plane)) {
        g_set_error(error, TINCTURE_ERROR, TINCTURE_ERROR_ARGUMENT,
                    *wanted ? "\"%s\" is not among the words that describe the photo"
                            : "no word was given to select by%s",
                    wanted);
        return NULL;
    }
    for (int i = 0; i < SPREADS; i++) {
        spread(e, plane);
    }
    stretch(plane, places);
    return g_steal_pointer(&plane);
}

// Whether the request is about a photo; run_finish() only after true.
static bool select_init(struct run *r, struct editor *e, const struct edit_request *q,
                        struct task *task, GError **error)
{
    if (!q->rgb) {
        g_set_error(error, TINCTURE_ERROR, TINCTURE_ERROR_ARGUMENT,
                    "there is no photo to select from");
        return false;
    }
    return run_init(r, e, q, task, error);
}

float *editor_select_word(struct editor *e, const struct edit_request *q, const char *word,
                          struct task *task, GError **error)
{
    struct run r;
    if (!select_init(&r, e, q, task, error)) {
        return NULL;
    }
    g_autofree float *plane = attention_prepare(&r, error) ? word_plane(e, q, word, error) : NULL;
    run_finish(&r);
    return plane ? resize(plane, e->attention.h, e->attention.w, q->height, q->width) : NULL;
}

float *editor_select_point(struct editor *e, const struct edit_request *q, double x, double y,
                           struct task *task, GError **error)
{
    struct run r;
    if (!select_init(&r, e, q, task, error)) {
        return NULL;
    }
    const bool ok = attention_prepare(&r, error);
    run_finish(&r);
    if (!ok) {
        return NULL;
    }
    const int h = e->attention.h, w = e->attention.w;
    const int column = CLAMP((int)(x * w), 0, w - 1), row = CLAMP((int)(y * h), 0, h - 1);
    g_autofree float *plane = g_new0(float, h *w);
    plane[row * w + column] = 1;
    for (int i = 0; i < SPREADS; i++) {
        spread(e, plane);
    }
    stretch(plane, h * w);
    return resize(plane, h, w, q->height, q->width);
}
