// From pictures and captions to what a step needs: the autoencoder's posterior and the text states,
// computed once.
#include "compute/train/private.h"

#include <math.h>
#include <string.h>

// The reference clamps the log variance to this range.
#define LOGVAR_MIN -30.0f
#define LOGVAR_MAX 20.0f

// Runs a graph of one input and one output once.
static bool run_once(struct model *model, struct graph *g, struct tensor *in, const void *input,
                     struct node *out, float *result, struct task *task, GError **error)
{
    struct program *p = program_new(g, model->gpu, &out, 1, error);
    const bool ok = p && tensor_write(in, input, error) &&
                    program_run(p, task_cancellable(task), error) &&
                    program_read(p, out, result, error);
    program_free(p);
    return ok;
}

// moments (h, w, 2 channels) -> mean and spread, channels first, scaled.
static void split_moments(struct train_sample *s, const struct train_data *d, const float *moments,
                          float scale)
{
    const int64_t area = (int64_t)d->height * d->width;
    for (int64_t at = 0; at < area; at++) {
        const float *pixel = moments + at * 2 * d->channels;
        for (int c = 0; c < d->channels; c++) {
            const float logvar = CLAMP(pixel[d->channels + c], LOGVAR_MIN, LOGVAR_MAX);
            s->mean[c * area + at] = scale * pixel[c];
            s->spread[c * area + at] = scale * expf(0.5f * logvar);
        }
    }
}

static bool encode_picture(struct train_sample *s, const struct train_data *d, struct model *model,
                           const struct train_example *e, struct task *task, GError **error)
{
    struct tensor *in =
        tensor_new(model->gpu, DTYPE_F32, (int[]){1, e->height, e->width, 3}, "picture", error);
    if (!in) {
        return false;
    }
    struct graph *g = graph_new();
    struct nn nn = {.g = g, .part = model->parts[MODEL_VAE]};
    struct node *out = vae_encoder_build(&nn, &model->vae, graph_leaf(g, in));
    g_autofree float *moments = g_new(float, shape_count(out->shape));
    s->mean = g_new(float, d->n);
    s->spread = g_new(float, d->n);
    const bool ok = run_once(model, g, in, e->rgb, out, moments, task, error);
    if (ok) {
        split_moments(s, d, moments, model->vae.scaling_factor);
    }
    graph_free(g);
    tensor_free(in);
    return ok;
}

static bool encode_caption(struct train_sample *s, struct model *model, struct task *task,
                           GError **error)
{
    const int tokens = model->text.max_tokens;
    struct tensor *in = tensor_new(model->gpu, DTYPE_I32, (int[]){1, 1, 1, tokens}, "ids", error);
    if (!in) {
        return false;
    }
    struct graph *g = graph_new();
    struct nn nn = {.g = g, .part = model->parts[MODEL_TEXT]};
    struct node *out = text_encoder_build(&nn, &model->text, graph_leaf(g, in));
    s->states = g_new(float, shape_count(out->shape));
    const bool ok = run_once(model, g, in, s->ids, out, s->states, task, error);
    graph_free(g);
    tensor_free(in);
    return ok;
}

static bool check_sizes(const struct model *model, const struct train_example *examples, int n,
                        GError **error)
{
    const int factor = model_latent_factor(model);
    for (int i = 0; i < n; i++) {
        const struct train_example *e = &examples[i];
        if (e->width < factor || e->height < factor || e->width % factor || e->height % factor) {
            g_set_error(error, TINCTURE_ERROR, TINCTURE_ERROR_ARGUMENT,
                        "a training picture is %d x %d pixels, and both must be multiples of %d",
                        e->width, e->height, factor);
            return false;
        }
        if (e->width != examples[0].width || e->height != examples[0].height) {
            g_set_error(error, TINCTURE_ERROR, TINCTURE_ERROR_ARGUMENT,
                        "the training pictures differ in size: %d x %d and %d x %d",
                        examples[0].width, examples[0].height, e->width, e->height);
            return false;
        }
    }
    return true;
}

bool train_data_encode(struct train_data *d, struct model *model,
                       const struct train_example *examples, int n, bool text_states,
                       struct task *task, GError **error)
{
    if (!check_sizes(model, examples, n, error)) {
        return false;
    }
    const int factor = model_latent_factor(model);
    *d = (struct train_data){
        .samples = g_new0(struct train_sample, n),
        .count = n,
        .channels = model->vae.latent_channels,
        .height = examples[0].height / factor,
        .width = examples[0].width / factor,
    };
    d->n = (int64_t)d->channels * d->height * d->width;
    for (int i = 0; i < n; i++) {
        struct train_sample *s = &d->samples[i];
        task_report(task, TASK_READING_EXAMPLES, (double)i / n);
        s->caption = g_strdup(examples[i].caption);
        s->ids = g_new0(int32_t, model->text.max_tokens);
        model_tokenize(model, s->caption, s->ids, NULL, NULL);
        if (!encode_picture(s, d, model, &examples[i], task, error) ||
            (text_states && !encode_caption(s, model, task, error))) {
            return false;
        }
    }
    return true;
}

void train_data_finish(struct train_data *d)
{
    for (int i = 0; i < d->count; i++) {
        struct train_sample *s = &d->samples[i];
        g_free(s->caption);
        g_free(s->ids);
        g_free(s->states);
        g_free(s->mean);
        g_free(s->spread);
    }
    g_free(d->samples);
    *d = (struct train_data){0};
}
