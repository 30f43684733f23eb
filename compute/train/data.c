// From pictures and captions to what a step needs: the autoencoder's posterior and the text
// embeddings, computed once.
#include "compute/train/private.h"

#include "compute/i18n.h"
#include "compute/model/embedding.h"

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

// ---- pictures -----------------------------------------------------------------------------------

// moments (h, w, 2 channels) -> mean and standard deviation, channels first, scaled.
static void split_moments(struct train_sample *s, const struct train_data *d, const float *moments,
                          float scale)
{
    for (int64_t at = 0; at < d->area; at++) {
        const float *pixel = moments + at * 2 * d->channels;
        for (int c = 0; c < d->channels; c++) {
            const float logvar = CLAMP(pixel[d->channels + c], LOGVAR_MIN, LOGVAR_MAX);
            s->mean[c * d->area + at] = scale * pixel[c];
            s->std[c * d->area + at] = scale * expf(0.5f * logvar);
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
    struct nn nn = {.g = g, .part = model_part(model, MODEL_VAE)};
    struct node *out = vae_encoder_build(&nn, &model->vae, graph_leaf(g, in));
    g_autofree float *moments = g_new(float, shape_count(out->shape));
    s->mean = g_new(float, d->n);
    s->std = g_new(float, d->n);
    const bool ok = run_once(model, g, in, e->rgb, out, moments, task, error);
    if (ok) {
        split_moments(s, d, moments, model->vae.scaling_factor);
    }
    graph_free(g);
    tensor_free(in);
    return ok;
}

// The mask at the latents' size, of mean 1: a small subject counts as much in all as a large one.
static bool shrink_mask(struct train_sample *s, const struct train_data *d,
                        const struct train_example *e, GError **error)
{
    const int factor = e->width / d->width;
    double sum = 0;
    s->mask = g_new0(float, d->area);
    for (int y = 0; y < e->height; y++) {
        for (int x = 0; x < e->width; x++) {
            const float value = e->mask[(int64_t)y * e->width + x];
            s->mask[(int64_t)(y / factor) * d->width + x / factor] += value;
            sum += value;
        }
    }
    if (!(sum > 0)) {
        g_set_error(error, TINCTURE_ERROR, TINCTURE_ERROR_ARGUMENT,
                    _("the mask of a training picture leaves nothing to learn"));
        return false;
    }
    for (int64_t at = 0; at < d->area; at++) {
        s->mask[at] *= (float)((double)d->area / sum);
    }
    return true;
}

// ---- captions -----------------------------------------------------------------------------------

int train_add_caption(struct objective_run *run, const char *text)
{
    struct train_data *d = &run->data;
    for (int i = 0; i < d->n_captions; i++) {
        if (g_str_equal(d->captions[i].text, text)) {
            return i;
        }
    }
    d->captions = g_renew(struct train_caption, d->captions, d->n_captions + 1);
    struct train_caption *caption = &d->captions[d->n_captions];
    *caption = (struct train_caption){.text = g_strdup(text)};
    caption->ids = g_new0(int32_t, run->model->text.max_tokens);
    model_tokenize(run->model, text, caption->ids, NULL, NULL);
    return d->n_captions++;
}

// The text encoder of one caption, in which learned tokens may stand.
static struct node *build_text(struct model *model, struct graph *g, struct nn_hook *hook,
                               struct tensor *const in[3])
{
    struct nn nn = {.g = g, .part = model_part(model, MODEL_TEXT), .hook = hook};
    return text_encoder_build_mixed(&nn, &model->text, graph_leaf(g, in[0]), graph_leaf(g, in[1]),
                                    graph_leaf(g, in[2]));
}

static bool embed_caption(struct train_caption *caption, const struct objective_run *run,
                          struct task *task, GError **error)
{
    struct model *model = run->model;
    const int tokens = model->text.max_tokens, width = model->text.hidden_size;
    g_autofree float *kept = g_new(float, tokens), *given = g_new(float, (gsize)tokens *width);
    model_learned_rows(model, caption->ids, tokens, kept, given);
    struct tensor *in[3] = {NULL};
    bool ok =
        (in[0] = tensor_new(model->gpu, DTYPE_I32, (int[]){1, 1, 1, tokens}, "ids", error)) &&
        (in[1] = tensor_new(model->gpu, DTYPE_F32, (int[]){1, 1, tokens, 1}, "kept", error)) &&
        (in[2] = tensor_new(model->gpu, DTYPE_F32, (int[]){1, 1, tokens, width}, "given", error));
    struct adapter_hook *beneath = ok ? beneath_hook(run, error) : NULL;
    struct graph *g = graph_new();
    ok = beneath != NULL;
    if (ok) {
        struct node *out = build_text(model, g, adapter_hook_nn(beneath), in);
        caption->embeddings = g_new(float, shape_count(out->shape));
        ok = tensor_write(in[1], kept, error) && tensor_write(in[2], given, error) &&
             run_once(model, g, in[0], caption->ids, out, caption->embeddings, task, error);
    }
    graph_free(g);
    adapter_hook_free(beneath);
    for (int i = 0; i < 3; i++) {
        tensor_free(in[i]);
    }
    return ok;
}

bool train_data_embed(struct objective_run *run, struct task *task, GError **error)
{
    for (int i = 0; i < run->data.n_captions; i++) {
        if (!embed_caption(&run->data.captions[i], run, task, error)) {
            return false;
        }
    }
    return true;
}

// ---- the set ------------------------------------------------------------------------------------

static bool check_example(const struct objective_run *run, const struct train_example *e,
                          GError **error)
{
    const struct train_data *d = &run->data;
    const int factor = model_latent_factor(run->model), steps = run->schedule.train_steps;
    if (e->width < factor || e->height < factor || e->width % factor || e->height % factor) {
        g_set_error(error, TINCTURE_ERROR, TINCTURE_ERROR_ARGUMENT,
                    _("a training picture is %d x %d pixels, and both must be multiples of %d"),
                    e->width, e->height, factor);
        return false;
    }
    if (e->width != d->width * factor || e->height != d->height * factor) {
        g_set_error(error, TINCTURE_ERROR, TINCTURE_ERROR_ARGUMENT,
                    _("the training pictures differ in size: %d x %d and %d x %d"),
                    d->width * factor, d->height * factor, e->width, e->height);
        return false;
    }
    if ((e->t_begin || e->t_end) &&
        (e->t_begin < 0 || e->t_end <= e->t_begin || e->t_end > steps)) {
        g_set_error(
            error, TINCTURE_ERROR, TINCTURE_ERROR_ARGUMENT,
            _("a training picture is for the time steps %d to %d, and the model has 0 to %d"),
            e->t_begin, e->t_end - 1, steps - 1);
        return false;
    }
    return true;
}

bool train_add_example(struct objective_run *run, const struct train_example *example,
                       struct task *task, GError **error)
{
    struct train_data *d = &run->data;
    if (!check_example(run, example, error)) {
        return false;
    }
    d->samples = g_renew(struct train_sample, d->samples, d->count + 1);
    struct train_sample *s = &d->samples[d->count++];
    *s = (struct train_sample){
        .caption = train_add_caption(run, example->caption),
        .role = example->role,
        .weight = example->weight != 0 ? example->weight : 1,
        .t_begin = example->t_begin,
        .t_end = example->t_end ? example->t_end : run->schedule.train_steps,
    };
    if (example->hint) {
        s->hint = g_memdup2(example->hint,
                            (gsize)example->width * (gsize)example->height * 3 * sizeof(float));
    }
    run->masked = run->masked || example->mask;
    return (!example->mask || shrink_mask(s, d, example, error)) &&
           encode_picture(s, d, run->model, example, task, error);
}

bool train_data_encode(struct objective_run *run, const struct train_set *set, struct task *task,
                       GError **error)
{
    if (set->count == 0) {
        g_set_error(error, TINCTURE_ERROR, TINCTURE_ERROR_ARGUMENT,
                    _("there is no picture to learn from"));
        return false;
    }
    const int factor = model_latent_factor(run->model);
    struct train_data *d = &run->data;
    d->channels = run->model->vae.latent_channels;
    d->height = set->examples[0].height / factor;
    d->width = set->examples[0].width / factor;
    d->area = (int64_t)d->height * d->width;
    d->n = d->channels * d->area;
    for (int i = 0; i < set->count; i++) {
        task_report(task, TASK_READING_EXAMPLES, (double)i / set->count);
        if (!train_add_example(run, &set->examples[i], task, error)) {
            return false;
        }
    }
    return true;
}

void train_data_finish(struct train_data *d)
{
    for (int i = 0; i < d->count; i++) {
        g_free(d->samples[i].mean);
        g_free(d->samples[i].std);
        g_free(d->samples[i].mask);
        g_free(d->samples[i].hint);
    }
    for (int i = 0; i < d->n_captions; i++) {
        g_free(d->captions[i].text);
        g_free(d->captions[i].ids);
        g_free(d->captions[i].embeddings);
    }
    g_free(d->samples);
    g_free(d->captions);
    *d = (struct train_data){0};
}
