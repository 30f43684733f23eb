#include "ui/claims/grader.h"

#include "compute/nn/nn.h"

#include <math.h>
#include <string.h>

#define ROWS  GRADER_SENTENCES
#define NOISE 7 // the seed of all noise here: everything is measured in the same

// The layer whose input are the features: on the way up, at the latents' own size, with what the
// way down has kept of colours and edges.
#define FEATURES "up_blocks.2.resnets.1.conv_shortcut"
const char grader_measures[] = FEATURES;
// The noise that a prediction is compared in, and that features are taken in, in parts of all time
// steps.
static const double text_levels[] = {0.2, 0.4, 0.6, 0.8};
static const double looks_levels[ROWS] = {0.02, 0.1, 0.2, 0.3};

// Looks at a layer's input while the network is built, and changes nothing.
struct tap {
    struct nn_hook nn; // first: the nn_hook is the tap
    struct node *seen;
};

struct grader {
    struct engine *engine; // borrowed
    struct noise_schedule schedule;
    struct graph *graph;
    struct program *program;
    struct tensor *latents, *time, *text;
    struct node *prediction;
    struct tap tap;
    int side, channels; // of the latents
    int64_t n;
};

struct looks {
    int places, channels;
    float *features; // (ROWS, places, channels), each of length 1
    float *weight;   // (places)
};

static struct node *tap_apply(struct nn_hook *nn, struct graph *g, const struct nn_layer *layer)
{
    struct tap *tap = (struct tap *)nn;
    if (g_str_equal(layer->path, FEATURES)) {
        tap->seen = layer->x;
    }
    return NULL;
}

static bool make_inputs(struct grader *g, GError **error)
{
    const struct model *m = g->engine->model;
    const int text[] = {ROWS, 1, m->text.max_tokens, m->text.hidden_size};
    return (g->latents = tensor_new(m->gpu, DTYPE_F32, (int[]){ROWS, g->side, g->side, g->channels},
                                    "latents", error)) &&
           (g->time = tensor_new(m->gpu, DTYPE_F32, (int[]){ROWS, 1, 1, m->unet.channels[0]},
                                 "time", error)) &&
           (g->text = tensor_new(m->gpu, DTYPE_F32, text, "text", error));
}

struct grader *grader_new(struct engine *e, GError **error)
{
    struct grader *g = g_new0(struct grader, 1);
    g->engine = e;
    g->side = model_default_size(e->model) / model_latent_factor(e->model);
    g->channels = e->model->vae.latent_channels;
    g->n = (int64_t)g->side * g->side * g->channels;
    g->tap.nn.apply = tap_apply;
    g->graph = graph_new();
    noise_schedule_init(&g->schedule, &e->model->sched);
    bool ok = make_inputs(g, error);
    if (ok) {
        struct nn nn = {
            .g = g->graph, .part = model_part(e->model, MODEL_UNET), .hook = &g->tap.nn};
        const struct unet_inputs in = {.latents = graph_leaf(g->graph, g->latents),
                                       .time = graph_leaf(g->graph, g->time),
                                       .text = graph_leaf(g->graph, g->text)};
        g->prediction = unet_build(&nn, &e->model->unet, &in);
        if (!g->tap.seen) {
            g_set_error(error, TINCTURE_ERROR, TINCTURE_ERROR_UNSUPPORTED,
                        "the claims need a model whose image network has the layer %s", FEATURES);
        }
        struct node *const outputs[] = {g->prediction, g->tap.seen};
        ok = g->tap.seen && (g->program = program_new(g->graph, e->model->gpu, outputs, 2, error));
    }
    if (!ok) {
        g_clear_pointer(&g, grader_free);
    }
    return g;
}

void grader_free(struct grader *g)
{
    if (g) {
        program_free(g->program);
        graph_free(g->graph);
        tensor_free(g->latents);
        tensor_free(g->time);
        tensor_free(g->text);
        noise_schedule_finish(&g->schedule);
        g_free(g);
    }
}

// ---- one run ------------------------------------------------------------------------------------

static int level_step(const struct grader *g, double level)
{
    return MIN((int)(level * g->schedule.train_steps), g->schedule.train_steps - 1);
}

// Rows of the batch: latents, channels first, as they are given; the graph has channels last.
static bool run(struct grader *g, const float *const rows[ROWS], const int steps[ROWS],
                const char *const sentences[ROWS], struct task *task, GError **error)
{
    const struct model *m = g->engine->model;
    const int64_t area = (int64_t)g->side * g->side;
    const int64_t text = (int64_t)m->text.max_tokens * m->text.hidden_size;
    g_autofree float *latents = g_new(float, ROWS * g->n);
    g_autofree float *time = g_new(float, (gsize)ROWS * m->unet.channels[0]);
    g_autofree float *embeddings = g_new(float, ROWS *text);
    for (int r = 0; r < ROWS; r++) {
        for (int64_t i = 0; i < g->n; i++) {
            latents[r * g->n + i % area * g->channels + i / area] = rows[r][i];
        }
        unet_timestep_features(&m->unet, steps[r], time + (gsize)r * m->unet.channels[0]);
        if (!editor_text(g->engine->editor, sentences[r], embeddings + r * text, error)) {
            return false;
        }
    }
    return tensor_write(g->latents, latents, error) && tensor_write(g->time, time, error) &&
           tensor_write(g->text, embeddings, error) &&
           program_run(g->program, task_cancellable(task), error);
}

// ---- text ---------------------------------------------------------------------------------------

static double distance(const struct grader *g, const float *prediction, const float *target)
{
    const int64_t area = (int64_t)g->side * g->side;
    double sum = 0;
    for (int64_t i = 0; i < g->n; i++) {
        const double d = prediction[i % area * g->channels + i / area] - target[i];
        sum += d * d;
    }
    return sum / (double)g->n;
}

double grader_text(struct grader *g, const float *latents,
                   const char *const sentences[GRADER_SENTENCES], struct task *task, GError **error)
{
    g_autofree float *noise = g_new(float, g->n), *noisy = g_new(float, g->n);
    g_autofree float *target = g_new(float, g->n), *found = g_new(float, ROWS * g->n);
    struct rng rng = {.seed = NOISE};
    int better = 0, all = 0;
    for (size_t l = 0; l < G_N_ELEMENTS(text_levels); l++) {
        const int t = level_step(g, text_levels[l]);
        rng_normal(&rng, noise, g->n);
        noise_add(&g->schedule, t, latents, noise, noisy, g->n);
        noise_target(&g->schedule, t, latents, noise, target, g->n);
        if (!run(g, (const float *const[]){noisy, noisy, noisy, noisy}, (int[]){t, t, t, t},
                 sentences, task, error) ||
            !program_read(g->program, g->prediction, found, error)) {
            return NAN;
        }
        const double own = distance(g, found, target);
        for (int r = 1; r < ROWS; r++, all++) {
            better += own < distance(g, found + r * g->n, target);
        }
    }
    return (double)better / all;
}

// ---- looks --------------------------------------------------------------------------------------

// How much of each place of the features is of the mask.
static void weigh(struct looks *l, const float *mask, int side)
{
    const int wide = (int)lround(sqrt(l->places)), factor = side / wide;
    for (int i = 0; i < l->places; i++) {
        const float *corner = mask + (size_t)(i / wide * factor) * side + i % wide * factor;
        for (int k = 0; k < factor * factor; k++) {
            l->weight[i] += corner[(size_t)(k / factor) * side + k % factor];
        }
        l->weight[i] = l->weight[i] > 0.75f * factor * factor;
    }
}

// Of length 1, so that products are cosines.
static void normalise(float *features, int places, int channels)
{
    for (int i = 0; i < places; i++) {
        float *f = features + (size_t)i * channels;
        double squares = 0;
        for (int c = 0; c < channels; c++) {
            squares += (double)f[c] * f[c];
        }
        const double scale = 1 / sqrt(fmax(squares, 1e-12));
        for (int c = 0; c < channels; c++) {
            f[c] = (float)(f[c] * scale);
        }
    }
}

struct looks *looks_new(struct grader *g, const float *latents, const float *mask,
                        struct task *task, GError **error)
{
    const int *shape = g->tap.seen->shape;
    struct looks *l = g_new0(struct looks, 1);
    g_autofree float *noise = g_new(float, g->n), *noisy = g_new(float, ROWS * g->n);
    struct rng rng = {.seed = NOISE};
    const float *rows[ROWS];
    int steps[ROWS];
    for (int r = 0; r < ROWS; r++) {
        rows[r] = noisy + r * g->n;
        steps[r] = level_step(g, looks_levels[r]);
        rng_normal(&rng, noise, g->n);
        noise_add(&g->schedule, steps[r], latents, noise, noisy + r * g->n, g->n);
    }
    l->places = shape[1] * shape[2];
    l->channels = shape[3];
    l->features = g_new(float, shape_count(shape));
    l->weight = g_new0(float, l->places);
    if (!run(g, rows, steps, (const char *const[]){"", "", "", ""}, task, error) ||
        !program_read(g->program, g->tap.seen, l->features, error)) {
        g_clear_pointer(&l, looks_free);
        return NULL;
    }
    normalise(l->features, ROWS * l->places, l->channels);
    if (mask) {
        weigh(l, mask, model_default_size(g->engine->model));
    }
    for (int i = 0; !mask && i < l->places; i++) {
        l->weight[i] = 1;
    }
    return l;
}

void looks_free(struct looks *l)
{
    if (l) {
        g_free(l->features);
        g_free(l->weight);
        g_free(l);
    }
}

static double best_cosine(const struct looks *l, const float *wanted, const float *row)
{
    double best = -1;
    for (int i = 0; i < l->places; i++) {
        const float *f = row + (size_t)i * l->channels;
        double sum = 0;
        for (int c = 0; c < l->channels; c++) {
            sum += (double)f[c] * wanted[c];
        }
        best = fmax(best, sum);
    }
    return best;
}

double looks_alike(const struct looks *wanted, const struct looks *picture)
{
    const size_t row = (size_t)wanted->places * wanted->channels;
    double sum = 0, weight = 0;
    for (int r = 0; r < ROWS; r++) {
        for (int i = 0; i < wanted->places; i++) {
            if (wanted->weight[i] > 0) {
                const float *f = wanted->features + r * row + (size_t)i * wanted->channels;
                sum += best_cosine(picture, f, picture->features + r * row);
                weight++;
            }
        }
    }
    return weight > 0 ? sum / weight : 0;
}
