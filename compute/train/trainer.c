// The trainer. train_step() is the step one can read aloud; everything above it prepares what the
// step replays.
#include "compute/train/private.h"

#include <math.h>
#include <string.h>

// The moving mean of the loss follows this part of each step's loss.
#define MEAN_RATE 0.05

// ---- the compiled step --------------------------------------------------------------------------

static bool trains_text(const struct adapter *a)
{
    for (guint i = 0; i < a->params->len; i++) {
        const struct adapter_param *p = a->params->pdata[i];
        if (g_str_equal(p->part, "text_encoder")) {
            return true;
        }
    }
    return false;
}

static struct tensor *input(struct trainer *t, enum dtype dtype, int d1, int d2, int d3,
                            const char *name, GError **error)
{
    return tensor_new(t->model->gpu, dtype, (int[]){t->batch_size, d1, d2, d3}, name, error);
}

static bool make_inputs(struct trainer *t, GError **error)
{
    const struct train_data *d = &t->data;
    const struct model *m = t->model;
    const int tokens = m->text.max_tokens;
    if (!(t->latents = input(t, DTYPE_F32, d->height, d->width, d->channels, "latents", error)) ||
        !(t->target = input(t, DTYPE_F32, d->height, d->width, d->channels, "target", error)) ||
        !(t->time = input(t, DTYPE_F32, 1, 1, m->unet.channels[0], "time", error))) {
        return false;
    }
    if (trains_text(t->adapter)) {
        return (t->ids = input(t, DTYPE_I32, 1, 1, tokens, "ids", error)) != NULL;
    }
    return (t->states = input(t, DTYPE_F32, 1, tokens, m->text.hidden_size, "states", error)) !=
           NULL;
}

// loss(unet(z_t, t, states), target) and its gradient with respect to every parameter that occurs.
static bool build(struct trainer *t, GError **error)
{
    struct graph *g = t->graph = graph_new();
    if (!make_inputs(t, error) ||
        !(t->hook = adapter_hook_new(&t->adapter, 1, 0, t->model->gpu, error))) {
        return false;
    }
    struct nn text = {
        .g = g, .part = t->model->parts[MODEL_TEXT], .hook = adapter_hook_nn(t->hook)};
    struct nn unet = {
        .g = g, .part = t->model->parts[MODEL_UNET], .hook = adapter_hook_nn(t->hook)};
    struct node *states = t->ids ? text_encoder_build(&text, &t->model->text, graph_leaf(g, t->ids))
                                 : graph_leaf(g, t->states);
    struct node *prediction = unet_build(&unet, &t->model->unet, graph_leaf(g, t->latents),
                                         graph_leaf(g, t->time), states);
    t->loss = t->objective->loss(g, prediction, graph_leaf(g, t->target));

    const int n = (int)t->adapter->params->len;
    struct node *const *leaves = adapter_hook_leaves(t->hook);
    g_autofree struct node **occurring = g_new0(struct node *, n);
    g_autofree struct node **outputs = g_new0(struct node *, n + 1);
    int found = 0;
    for (int i = 0; i < n; i++) {
        if (leaves[i]) {
            occurring[found++] = leaves[i];
        }
    }
    outputs[0] = t->loss;
    if (!graph_grad(g, t->loss, occurring, found, outputs + 1, error)) {
        return false;
    }
    t->grads = g_new0(struct node *, n);
    for (int i = 0, k = 1; i < n; i++) {
        t->grads[i] = leaves[i] ? outputs[k++] : NULL;
    }
    return (t->program = program_new(g, t->model->gpu, outputs, found + 1, error)) != NULL;
}

// ---- the step -----------------------------------------------------------------------------------

// (n, channels, h, w) -> (n, h, w, channels)
static void to_channels_last(const struct train_data *d, int count, const float *from, float *to)
{
    const int64_t area = (int64_t)d->height * d->width;
    for (int i = 0; i < count; i++, from += d->n, to += d->n) {
        for (int c = 0; c < d->channels; c++) {
            for (int64_t at = 0; at < area; at++) {
                to[at * d->channels + c] = from[c * area + at];
            }
        }
    }
}

typedef void (*noise_fn)(const struct noise_schedule *s, int t, const float *z, const float *noise,
                         float *out, int64_t n);

// fn(z, noise) of every sample of the batch, as the network has it.
static bool write_noisy(struct trainer *t, noise_fn fn, struct tensor *to, GError **error)
{
    const struct train_batch *b = &t->batch;
    const int64_t n = t->data.n;
    float *mixed = t->staging + b->count * n;
    for (int i = 0; i < b->count; i++) {
        fn(&t->schedule, b->timestep[i], b->latents + i * n, b->noise + i * n, mixed + i * n, n);
    }
    to_channels_last(&t->data, b->count, mixed, t->staging);
    return tensor_write(to, t->staging, error);
}

static bool write_time(struct trainer *t, GError **error)
{
    const int width = t->model->unet.channels[0];
    for (int i = 0; i < t->batch.count; i++) {
        unet_timestep_features(&t->model->unet, t->batch.timestep[i],
                               t->staging + (int64_t)i * width);
    }
    return tensor_write(t->time, t->staging, error);
}

static bool write_caption(struct trainer *t, GError **error)
{
    const struct train_batch *b = &t->batch;
    const int64_t tokens = t->model->text.max_tokens, floats = tokens * t->model->text.hidden_size;
    for (int i = 0; i < b->count; i++) {
        const struct train_sample *s = &t->data.samples[b->sample[i]];
        if (t->ids) {
            memcpy((int32_t *)t->staging + i * tokens, s->ids, (size_t)tokens * sizeof *s->ids);
        } else {
            memcpy(t->staging + i * floats, s->states, (size_t)floats * sizeof *s->states);
        }
    }
    return tensor_write(t->ids ? t->ids : t->states, t->staging, error);
}

// Forward and backward in one run; the gradients come in the order of adapter->params.
static bool run_gradient(struct trainer *t, double *loss, float *gradient, struct task *task,
                         GError **error)
{
    float value;
    if (!program_run(t->program, task_cancellable(task), error) ||
        !program_read(t->program, t->loss, &value, error)) {
        return false;
    }
    *loss = value;
    for (guint i = 0; i < t->adapter->params->len; i++) {
        const struct adapter_param *p = t->adapter->params->pdata[i];
        if (!t->grads[i]) {
            memset(gradient, 0, (size_t)p->count * sizeof *gradient);
        } else if (!program_read(t->program, t->grads[i], gradient, error)) {
            return false;
        }
        gradient += p->count;
    }
    return true;
}

// Scales the gradient to a norm of at most limit; returns what it was.
static double clip(float *gradient, int64_t n, double limit)
{
    double sum = 0;
    for (int64_t i = 0; i < n; i++) {
        sum += (double)gradient[i] * gradient[i];
    }
    const double norm = sqrt(sum);
    if (limit > 0 && norm > limit) {
        const float factor = (float)(limit / (norm + 1e-6)); // the reference framework's guard
        for (int64_t i = 0; i < n; i++) {
            gradient[i] *= factor;
        }
    }
    return norm;
}

double trainer_update(struct trainer *t, float *gradient, GError **error)
{
    const double norm = clip(gradient, t->count, t->clip_norm);
    if (!isfinite(norm)) {
        g_set_error(error, TINCTURE_ERROR, TINCTURE_ERROR_NUMERIC,
                    "step %d: the gradient is not a number; the adapter is as it was after step %d",
                    t->step + 1, t->step);
        return NAN;
    }
    t->step++;
    int64_t at = 0;
    for (guint i = 0; i < t->adapter->params->len; i++) {
        struct adapter_param *p = t->adapter->params->pdata[i];
        float *state[OPTIMIZER_SLOTS] = {NULL};
        for (int k = 0; k < t->optimizer->slots; k++) {
            state[k] = t->state[k] + at;
        }
        t->optimizer->update(p->value, gradient + at, state, p->count, t->step, t->lr[p->group],
                             t->optimizer_settings);
        at += p->count;
    }
    if (t->adapter->method->project) {
        t->adapter->method->project(t->adapter);
    }
    return adapter_upload(t->adapter, error) ? norm : NAN;
}

static bool check_loss(const struct trainer *t, double loss, GError **error)
{
    if (isfinite(loss)) {
        return true;
    }
    g_set_error(error, TINCTURE_ERROR, TINCTURE_ERROR_NUMERIC,
                "step %d: the loss is not a number; the adapter is as it was after step %d",
                t->step + 1, t->step);
    return false;
}

static bool train_step(struct trainer *t, struct train_report *r, struct task *task, GError **error)
{
    const struct rng before = t->rng;
    const int step = t->step;
    t->objective->draw(&t->data, &t->schedule, &t->rng, &t->batch);
    const bool ok = write_noisy(t, noise_add, t->latents, error) &&
                    write_noisy(t, noise_target, t->target, error) && write_time(t, error) &&
                    write_caption(t, error) &&
                    run_gradient(t, &r->loss, t->gradient, task, error) &&
                    check_loss(t, r->loss, error);
    r->grad_norm = ok ? trainer_update(t, t->gradient, error) : NAN;
    if (isnan(r->grad_norm)) {
        if (t->step == step) {
            t->rng = before; // a step that was not taken leaves no trace
        }
        return false;
    }
    t->loss_mean = t->step == 1 ? r->loss : t->loss_mean + MEAN_RATE * (r->loss - t->loss_mean);
    r->loss_mean = t->loss_mean;
    r->step = t->step;
    return true;
}

bool trainer_gradient(struct trainer *t, const float *latents, const float *noise, int timestep,
                      const float *states, double *loss, float *gradient, GError **error)
{
    for (int i = 0; i < t->batch.count; i++) {
        t->batch.sample[i] = 0;
        t->batch.timestep[i] = timestep;
    }
    memcpy(t->batch.latents, latents, (size_t)(t->batch.count * t->data.n) * sizeof *latents);
    memcpy(t->batch.noise, noise, (size_t)(t->batch.count * t->data.n) * sizeof *noise);
    return write_noisy(t, noise_add, t->latents, error) &&
           write_noisy(t, noise_target, t->target, error) && write_time(t, error) &&
           write_caption(t, error) &&
           (!states || !t->states || tensor_write(t->states, states, error)) &&
           run_gradient(t, loss, gradient, NULL, error);
}

// ---- a run --------------------------------------------------------------------------------------

static void note(struct trainer *t, const char *key, const char *value)
{
    g_hash_table_replace(t->adapter->metadata, g_strdup(key), g_strdup(value));
}

static void note_int(struct trainer *t, const char *key, uint64_t value)
{
    g_autofree char *text = g_strdup_printf("%" G_GUINT64_FORMAT, value);
    note(t, key, text);
}

// What the adapter's file will say of how it was made.
static void describe(struct trainer *t)
{
    const int factor = model_latent_factor(t->model);
    const int width = t->data.width * factor, height = t->data.height * factor;
    g_autofree char *size = g_strdup_printf("%dx%d", width, height);
    g_autofree char *size_pair = g_strdup_printf("(%d, %d)", width, height);
    char rate[G_ASCII_DTOSTR_BUF_SIZE];
    g_ascii_formatd(rate, sizeof rate, "%g", t->lr[0]);
    note(t, "tincture.prompt", t->data.samples[0].caption);
    note(t, "tincture.objective", t->objective->name);
    note(t, "ss_learning_rate", rate);
    note(t, "ss_unet_lr", rate);
    note(t, "ss_optimizer", t->optimizer->name);
    note(t, "ss_resolution", size_pair);
    note(t, "modelspec.resolution", size);
    note_int(t, "ss_steps", t->step);
    note_int(t, "ss_max_train_steps", t->steps);
    note_int(t, "ss_seed", t->seed);
    note_int(t, "ss_num_train_images", t->data.count);
    note_int(t, "ss_batch_size_per_device", t->batch_size);
}

static bool save_state(struct trainer *t, GError **error)
{
    describe(t);
    return !t->checkpoint_path || trainer_checkpoint(t, t->checkpoint_path, error);
}

static void report(struct task *task, const struct train_report *r)
{
    task_tell(task, &(struct task_progress){.stage = TASK_LEARNING,
                                            .fraction = (double)r->step / r->steps,
                                            .step = r->step,
                                            .steps = r->steps,
                                            .seconds_left = r->seconds_left,
                                            .training = r});
}

bool trainer_run(struct trainer *t, struct task *task, GError **error)
{
    const int64_t begin = g_get_monotonic_time();
    const int first = t->step;
    while (t->step < t->steps) {
        struct train_report r = {.steps = t->steps};
        g_autoptr(GError) local = NULL;
        if (task_cancelled(task, &local) || !train_step(t, &r, task, &local)) {
            const bool cancelled = g_error_matches(local, G_IO_ERROR, G_IO_ERROR_CANCELLED);
            g_propagate_error(error, g_steal_pointer(&local));
            if (cancelled || t->step > first) { // the steps so far are good whatever came then
                save_state(t, NULL); // that it could not be kept is less than why the run ended
            }
            return false;
        }
        r.seconds = (g_get_monotonic_time() - begin) / 1e6;
        r.seconds_left = r.seconds / (t->step - first) * (t->steps - t->step);
        report(task, &r);
        const int every = t->checkpoint_every;
        if (every > 0 && t->step % every == 0 && t->step < t->steps && !save_state(t, error)) {
            return false;
        }
    }
    return save_state(t, error);
}

int trainer_step(const struct trainer *t)
{
    return t->step;
}

// ---- making it ----------------------------------------------------------------------------------

// The adapter's settings are the method's: what a caller chose there went into making it.
static void take_params(struct trainer *t, const struct train_params *params)
{
    t->settings = params->settings ? settings_copy(params->settings) : settings_new(learn_settings);
    settings_parse(t->settings, "method", t->adapter->method->name, NULL);
    settings_assign(settings_member(t->settings, "method"), t->adapter->settings);
    t->objective = objective_find(settings_choice(t->settings, "objective"));
    t->optimizer = optimizer_find(settings_choice(t->settings, "optimizer"));
    t->optimizer_settings = settings_member(t->settings, "optimizer");
    t->steps = settings_int(t->settings, "steps");
    t->lr[0] = settings_get(t->settings, "lr");
    t->lr[1] = settings_get(t->settings, "lr_1d");
    t->clip_norm = settings_get(t->settings, "clip_norm");
    t->batch_size = settings_int(t->settings, "batch");
    t->seed = t->rng.seed = params->seed;
    t->checkpoint_every = params->checkpoint_every;
    t->checkpoint_path = g_strdup(params->checkpoint_path);
}

static void take_memory(struct trainer *t)
{
    const struct model *m = t->model;
    const int64_t batch = t->batch_size, latents = batch * t->data.n;
    const int64_t text = batch * m->text.max_tokens * m->text.hidden_size;
    t->count = adapter_count(t->adapter);
    t->gradient = g_new0(float, t->count);
    for (int k = 0; k < t->optimizer->slots; k++) {
        t->state[k] = g_new0(float, t->count);
    }
    t->batch = (struct train_batch){
        .count = (int)batch,
        .sample = g_new0(int, batch),
        .timestep = g_new0(int, batch),
        .latents = g_new0(float, latents),
        .noise = g_new0(float, latents),
    };
    t->staging = g_new0(float, MAX(MAX(2 * latents, text), batch * m->unet.channels[0]));
}

struct trainer *trainer_new(struct model *model, struct adapter *adapter,
                            const struct train_example *examples, int n_examples,
                            const struct train_params *params, struct task *task, GError **error)
{
    struct trainer *t = g_new0(struct trainer, 1);
    t->model = model;
    t->adapter = adapter;
    adapter->scale = 1;
    adapter->enabled = true;
    noise_schedule_init(&t->schedule, &model->sched);
    take_params(t, params);
    if (!train_data_encode(&t->data, model, examples, n_examples, !trains_text(adapter), task,
                           error) ||
        !adapter_prepare(adapter, task, error)) {
        goto fail;
    }
    // The first checkpoint names the model by its hash: here, where waiting shows, and not there.
    model_hash(model, MODEL_UNET, task, NULL);
    if (task_cancelled(task, error)) {
        goto fail;
    }
    take_memory(t);
    if (build(t, error)) {
        return t;
    }
fail:
    trainer_free(t);
    return NULL;
}

void trainer_free(struct trainer *t)
{
    if (!t) {
        return;
    }
    program_free(t->program);
    graph_free(t->graph);
    adapter_hook_free(t->hook);
    tensor_free(t->latents);
    tensor_free(t->target);
    tensor_free(t->time);
    tensor_free(t->states);
    tensor_free(t->ids);
    g_free(t->grads);
    g_free(t->staging);
    g_free(t->gradient);
    for (int k = 0; k < OPTIMIZER_SLOTS; k++) {
        g_free(t->state[k]);
    }
    g_free(t->batch.sample);
    g_free(t->batch.timestep);
    g_free(t->batch.latents);
    g_free(t->batch.noise);
    train_data_finish(&t->data);
    noise_schedule_finish(&t->schedule);
    settings_free(t->settings);
    g_free(t->checkpoint_path);
    g_free(t);
}
