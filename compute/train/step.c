// The compiled step: its graph, what is written before a run, and the gradients that come of it.
#include "compute/train/private.h"

#include <string.h>

// ---- building -----------------------------------------------------------------------------------

static struct tensor *input(struct trainer *t, enum dtype dtype, int d1, int d2, int d3,
                            const char *name, GError **error)
{
    return tensor_new(t->model->gpu, dtype, (int[]){t->run.rows, d1, d2, d3}, name, error);
}

static bool make_inputs(struct trainer *t, GError **error)
{
    const struct train_data *d = &t->run.data;
    const struct model *m = t->model;
    const int tokens = m->text.max_tokens;
    if (!(t->latents = input(t, DTYPE_F32, d->height, d->width, d->channels, "latents", error)) ||
        !(t->target = input(t, DTYPE_F32, d->height, d->width, d->channels, "target", error)) ||
        !(t->time = input(t, DTYPE_F32, 1, 1, m->unet.channels[0], "time", error)) ||
        !(t->weights = input(t, DTYPE_F32, 1, 1, 1, "weights", error))) {
        return false;
    }
    if (t->run.masked && !(t->mask = input(t, DTYPE_F32, d->height, d->width, 1, "mask", error))) {
        return false;
    }
    if (t->run.trains_text) {
        return (t->ids = input(t, DTYPE_I32, 1, 1, tokens, "ids", error)) &&
               tokens_inputs(t, error);
    }
    return (t->text = input(t, DTYPE_F32, 1, tokens, m->text.hidden_size, "text", error)) != NULL;
}

static struct node *hook_apply(struct nn_hook *nn, struct graph *g, const struct nn_layer *layer)
{
    struct step_hook *h = (struct step_hook *)nn;
    struct node *y = h->adapters->apply(h->adapters, g, layer);
    return h->run->objective->layer ? h->run->objective->layer(h->run, g, layer, y) : y;
}

// Mean of the squares of each row, which takes no part in the gradient.
static struct node *each_row(struct graph *g, const struct loss_nodes *in)
{
    struct node *d = op_sub(g, in->prediction, in->target);
    struct node *sum = op_sum_to(g, op_mul(g, d, d), in->weights->shape);
    const int64_t rows = shape_count(in->weights->shape);
    return op_affine(g, sum, (float)rows / (float)shape_count(d->shape), 0);
}

// The prediction of noised latents and what the objective makes of it.
static void build_loss(struct trainer *t)
{
    struct graph *g = t->graph;
    struct objective_run *run = &t->run;
    struct nn text = {.g = g, .part = model_part(t->model, MODEL_TEXT), .hook = &t->hook.nn};
    struct nn unet = {.g = g, .part = model_part(t->model, MODEL_UNET), .hook = &t->hook.nn};
    struct attention_maps maps = {run->attention,
                                  g_array_new(FALSE, FALSE, sizeof(struct attention_map))};
    struct unet_inputs in = {.maps = run->attention ? &maps : NULL};
    in.text = t->ids ? tokens_text(t, &text, graph_leaf(g, t->ids)) : graph_leaf(g, t->text);
    in.latents = graph_leaf(g, t->latents);
    in.time = graph_leaf(g, t->time);
    if (run->objective->inputs) {
        run->objective->inputs(run, g, &in);
    }
    const struct loss_nodes nodes = {
        .prediction = unet_build(&unet, &t->model->unet, &in),
        .target = graph_leaf(g, t->target),
        .weights = graph_leaf(g, t->weights),
        .mask = t->mask ? graph_leaf(g, t->mask) : NULL,
        .attention = maps.found,
    };
    t->loss = run->objective->loss(run, g, &nodes);
    t->row_loss = each_row(g, &nodes);
    g_array_unref(maps.found);
}

// Into how many pieces a step is cut that computes its activations twice, and the part of the free
// memory from which on one does: what else is running needs the rest.
enum { PIECES = 12, MOST_OF_FREE = 2 };

static bool compile(struct trainer *t, int pieces, struct node *const *leaves, int n,
                    struct node **outputs, GError **error)
{
    if (!graph_grad_recomputed(t->graph, t->loss, leaves, n, pieces, outputs + 2, error)) {
        return false;
    }
    t->program = program_new(t->graph, t->model->gpu, outputs, n + 2, error);
    return t->program != NULL;
}

// Where memory is short the gradient is added once more to the same graph, and of the first one
// nothing runs.
static bool compile_to_fit(struct trainer *t, struct node *const *leaves, int n,
                           struct node **outputs, GError **error)
{
    g_autoptr(GError) first = NULL;
    const uint64_t most = gpu_memory_free(t->model->gpu) / MOST_OF_FREE;
    if (compile(t, 1, leaves, n, outputs, &first) && program_bytes(t->program) <= most) {
        return true;
    }
    if (first && !g_error_matches(first, TINCTURE_ERROR, TINCTURE_ERROR_MEMORY)) {
        g_propagate_error(error, g_steal_pointer(&first));
        return false;
    }
    g_clear_pointer(&t->program, program_free);
    return compile(t, PIECES, leaves, n, outputs, error);
}

// The leaves that occur; gradients of those are behind loss and row_loss in the program's outputs.
static bool differentiate(struct trainer *t, GError **error)
{
    const GPtrArray *leaves = t->run.leaves;
    g_autofree struct node **occurring = g_new0(struct node *, leaves->len + 1);
    g_autofree struct node **outputs = g_new0(struct node *, leaves->len + 2);
    struct node *const *of_adapter = adapter_hook_leaves(t->adapters);
    int found = 0;
    for (guint i = 0; i < leaves->len; i++) {
        struct train_leaf *leaf = leaves->pdata[i];
        leaf->node = leaf->own ? leaf->node : of_adapter[i];
        if (leaf->node) {
            occurring[found++] = leaf->node;
        }
    }
    outputs[0] = t->loss;
    outputs[1] = t->row_loss;
    if (!compile_to_fit(t, occurring, found, outputs, error)) {
        return false;
    }
    int k = 2;
    for (guint i = 0; i < leaves->len; i++) {
        struct train_leaf *leaf = leaves->pdata[i];
        leaf->gradient = leaf->node ? outputs[k++] : NULL;
    }
    return true;
}

struct adapter_hook *beneath_hook(const struct objective_run *run, GError **error)
{
    return adapter_hook_new(run->beneath, run->n_beneath, -1, run->model->gpu, error);
}

// What is learned comes last.
static struct adapter_hook *learning_hook(const struct trainer *t, GError **error)
{
    const int n = t->run.n_beneath;
    g_autofree struct adapter **all = g_new(struct adapter *, n + 1);
    for (int i = 0; i < n; i++) {
        all[i] = t->run.beneath[i];
    }
    all[n] = t->adapter;
    return adapter_hook_new(all, n + 1, n, t->model->gpu, error);
}

bool step_build(struct trainer *t, GError **error)
{
    const struct train_data *d = &t->run.data;
    const int64_t rows = t->run.rows, latents = rows * d->n;
    const int64_t text = rows * t->model->text.max_tokens * t->model->text.hidden_size;
    t->staging = g_new0(float, MAX(MAX(2 * latents, text), rows * t->model->unet.channels[0]));
    t->graph = graph_new();
    if (!make_inputs(t, error) || !(t->adapters = learning_hook(t, error))) {
        return false;
    }
    t->hook = (struct step_hook){{hook_apply}, adapter_hook_nn(t->adapters), &t->run};
    build_loss(t);
    return differentiate(t, error);
}

void step_free(struct trainer *t)
{
    program_free(t->program);
    graph_free(t->graph);
    adapter_hook_free(t->adapters);
    tensor_free(t->latents);
    tensor_free(t->target);
    tensor_free(t->time);
    tensor_free(t->weights);
    tensor_free(t->mask);
    tensor_free(t->text);
    tensor_free(t->ids);
    g_free(t->staging);
}

// ---- writing the batch --------------------------------------------------------------------------

// (channels, h, w) -> (h, w, channels)
static void to_channels_last(const struct train_data *d, const float *from, float *to)
{
    for (int c = 0; c < d->channels; c++) {
        for (int64_t at = 0; at < d->area; at++) {
            to[at * d->channels + c] = from[c * d->area + at];
        }
    }
}

typedef void (*noise_fn)(const struct noise_schedule *s, int t, const float *z, const float *noise,
                         float *out, int64_t n);

// fn(z, noise) of every row of the batch, as the network has it.
static void stage_noisy(struct trainer *t, noise_fn fn)
{
    const struct train_data *d = &t->run.data;
    float *mixed = t->staging + t->batch.count * d->n;
    for (int i = 0; i < t->batch.count; i++) {
        const struct train_row *row = &t->batch.rows[i];
        fn(&t->run.schedule, row->timestep, row->latents, row->noise, mixed, d->n);
        to_channels_last(d, mixed, t->staging + i * d->n);
    }
}

// What is staged, of so many numbers a row; the rows that are kept go to kept, too.
static bool write_staged(struct trainer *t, struct tensor *to, struct tensor *kept, int64_t n,
                         GError **error)
{
    const int first = t->batch.count - t->run.kept_rows;
    return tensor_write(to, t->staging, error) &&
           (!kept || tensor_write(kept, t->staging + first * n, error));
}

static bool write_latents(struct trainer *t, GError **error)
{
    stage_noisy(t, noise_add);
    return write_staged(t, t->latents, t->prior.latents, t->run.data.n, error);
}

static bool write_time(struct trainer *t, GError **error)
{
    const int width = t->model->unet.channels[0];
    for (int i = 0; i < t->batch.count; i++) {
        unet_timestep_features(&t->model->unet, t->batch.rows[i].timestep,
                               t->staging + (int64_t)i * width);
    }
    return write_staged(t, t->time, t->prior.time, width, error);
}

static bool write_text(struct trainer *t, GError **error)
{
    const int64_t tokens = t->model->text.max_tokens, floats = tokens * t->model->text.hidden_size;
    for (int i = 0; i < t->batch.count; i++) {
        const struct train_caption *caption = &t->run.data.captions[t->batch.rows[i].caption];
        if (t->ids) {
            memcpy((int32_t *)t->staging + i * tokens, caption->ids,
                   (size_t)tokens * sizeof *caption->ids);
        } else {
            memcpy(t->staging + i * floats, caption->embeddings,
                   (size_t)floats * sizeof *caption->embeddings);
        }
    }
    return tensor_write(t->ids ? t->ids : t->text, t->staging, error) && tokens_write(t, error);
}

// After all that the model's own prediction is made of.
static bool write_target(struct trainer *t, struct task *task, GError **error)
{
    const int first = t->batch.count - t->run.kept_rows;
    stage_noisy(t, noise_target);
    return prior_predict(t, t->staging + first * t->run.data.n, task, error) &&
           tensor_write(t->target, t->staging, error);
}

static bool write_weights(struct trainer *t, GError **error)
{
    const int64_t area = t->run.data.area;
    for (int i = 0; i < t->batch.count; i++) {
        t->staging[i] = t->batch.rows[i].weight;
    }
    if (!tensor_write(t->weights, t->staging, error)) {
        return false;
    }
    for (int i = 0; i < t->batch.count; i++) {
        memcpy(t->staging + i * area, t->batch.rows[i].mask, (size_t)area * sizeof(float));
    }
    return !t->mask || tensor_write(t->mask, t->staging, error);
}

// ---- running ------------------------------------------------------------------------------------

bool step_gradient(struct trainer *t, double *loss, float *row_loss, float *gradient,
                   struct task *task, GError **error)
{
    const struct objective *objective = t->run.objective;
    float value;
    if (!write_latents(t, error) || !write_time(t, error) || !write_text(t, error) ||
        !write_target(t, task, error) || !write_weights(t, error) ||
        (objective->write && !objective->write(&t->run, &t->batch, error)) ||
        !program_run(t->program, task_cancellable(task), error) ||
        !program_read(t->program, t->loss, &value, error) ||
        (row_loss && !program_read(t->program, t->row_loss, row_loss, error))) {
        return false;
    }
    *loss = value;
    for (guint i = 0; i < t->run.leaves->len; i++) {
        const struct train_leaf *leaf = t->run.leaves->pdata[i];
        if (!leaf->gradient) {
            memset(gradient, 0, (size_t)leaf->count * sizeof *gradient);
        } else if (!program_read(t->program, leaf->gradient, gradient, error)) {
            return false;
        }
        gradient += leaf->count;
    }
    return true;
}
