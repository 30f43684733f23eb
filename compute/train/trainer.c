// The trainer. train_step() is the step one can read aloud; everything above it prepares what the
// step replays.
#include "compute/train/private.h"

#include "compute/i18n.h"

#include <math.h>
#include <string.h>

// The moving mean of the loss follows this part of each step's loss.
#define MEAN_RATE 0.05

// ---- the step -----------------------------------------------------------------------------------

int64_t trainer_count(const struct trainer *t)
{
    return t->count;
}

struct train_batch *trainer_draw(struct trainer *t)
{
    t->run.objective->draw(&t->run, &t->rng, &t->batch);
    return &t->batch;
}

bool trainer_gradient(struct trainer *t, double *loss, float *gradient, GError **error)
{
    return step_gradient(t, loss, NULL, gradient, NULL, error);
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

void trainer_publish(struct trainer *t)
{
    tokens_publish(t);
    if (t->run.objective->publish) {
        t->run.objective->publish(&t->run, t->adapter);
    }
}

bool trainer_upload(struct trainer *t, GError **error)
{
    for (guint i = 0; i < t->run.leaves->len; i++) {
        const struct train_leaf *leaf = t->run.leaves->pdata[i];
        if (!tensor_write(leaf->tensor, leaf->value, error)) {
            return false;
        }
    }
    return true;
}

double trainer_update(struct trainer *t, float *gradient, GError **error)
{
    const double norm = clip(gradient, t->count, t->clip_norm);
    if (!isfinite(norm)) {
        g_set_error(
            error, TINCTURE_ERROR, TINCTURE_ERROR_NUMERIC,
            _("step %d: the gradient is not a number; the adapter is as it was after step %d"),
            t->step + 1, t->step);
        return NAN;
    }
    const double rate = learn_rate(t->settings, t->step++);
    int64_t at = 0;
    for (guint i = 0; i < t->run.leaves->len; i++) {
        struct train_leaf *leaf = t->run.leaves->pdata[i];
        float *state[OPTIMIZER_SLOTS] = {NULL};
        for (int k = 0; k < t->optimizer->slots; k++) {
            state[k] = t->state[k] + at;
        }
        t->optimizer->update(leaf->value, gradient + at, state, leaf->count, t->step,
                             rate * leaf->lr, t->optimizer_settings);
        at += leaf->count;
    }
    if (t->adapter->method->project) {
        t->adapter->method->project(t->adapter);
    }
    return trainer_upload(t, error) ? norm : NAN;
}

static bool check_loss(const struct trainer *t, double loss, GError **error)
{
    if (isfinite(loss)) {
        return true;
    }
    g_set_error(error, TINCTURE_ERROR, TINCTURE_ERROR_NUMERIC,
                _("step %d: the loss is not a number; the adapter is as it was after step %d"),
                t->step + 1, t->step);
    return false;
}

// Means of the rows' losses by role.
static void sum_up_roles(const struct train_batch *b, const float *row_loss,
                         double mean[TRAIN_ROLES])
{
    for (int role = 0; role < TRAIN_ROLES; role++) {
        double sum = 0;
        int n = 0;
        for (int i = 0; i < b->count; i++) {
            if ((int)b->rows[i].role == role) {
                sum += row_loss[i];
                n++;
            }
        }
        mean[role] = n ? sum / n : NAN;
    }
}

static bool train_step(struct trainer *t, struct train_report *r, struct task *task, GError **error)
{
    const struct rng before = t->rng;
    const int step = t->step;
    const struct train_batch *batch = trainer_draw(t);
    g_autofree float *row_loss = g_new(float, batch->count);
    const bool ok = step_gradient(t, &r->loss, row_loss, t->gradient, task, error) &&
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
    sum_up_roles(batch, row_loss, r->role_loss);
    return true;
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
    const struct train_data *d = &t->run.data;
    const int width = d->width * factor, height = d->height * factor;
    g_autofree char *size = g_strdup_printf("%dx%d", width, height);
    g_autofree char *size_pair = g_strdup_printf("(%d, %d)", width, height);
    trainer_publish(t);
    char rate[G_ASCII_DTOSTR_BUF_SIZE];
    g_ascii_formatd(rate, sizeof rate, "%g", t->lr[0]);
    note(t, ADAPTER_CAPTION, d->captions[d->samples[0].caption].text);
    note(t, "tincture.objective", t->run.objective->name);
    if (t->run.n_beneath > 0) {
        g_autofree char *beneath = adapters_text(t->run.beneath, t->run.n_beneath);
        note(t, ADAPTER_BENEATH, beneath);
    }
    note(t, "ss_learning_rate", rate);
    note(t, "ss_unet_lr", rate);
    note(t, "ss_optimizer", t->optimizer->name);
    note(t, "ss_resolution", size_pair);
    note(t, "modelspec.resolution", size);
    note_int(t, "ss_steps", t->step);
    note_int(t, "ss_max_train_steps", t->steps);
    note_int(t, "ss_seed", t->seed);
    note_int(t, "ss_num_train_images", d->count);
    note_int(t, "ss_batch_size_per_device", t->batch_size);
}

static bool save_state(struct trainer *t, GError **error)
{
    const int64_t begin = g_get_monotonic_time();
    describe(t);
    const bool ok = !t->checkpoint_path || trainer_checkpoint(t, t->checkpoint_path, error);
    t->kept_at = g_get_monotonic_time();
    t->keep_took = t->kept_at - begin;
    return ok;
}

// After so many steps, or where those take long, after two seconds: not more than three are lost,
// whatever ends the program. A disk that is slow gets a tenth of the time.
static bool checkpoint_is_due(const struct trainer *t)
{
    const int64_t pause = MAX(2 * G_USEC_PER_SEC, 10 * t->keep_took);
    return t->checkpoint_every > 0 && t->step < t->steps &&
           (t->step % t->checkpoint_every == 0 || g_get_monotonic_time() - t->kept_at >= pause);
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

static bool take_best(struct trainer *t, GError **error)
{
    if (!t->best.stops || !t->best.step) {
        return true;
    }
    note_int(t, "ss_steps", t->best.step);
    const bool ok = best_take(t, error);
    trainer_publish(t);
    return ok;
}

bool trainer_run(struct trainer *t, struct task *task, GError **error)
{
    const int64_t begin = g_get_monotonic_time();
    const int first = t->step;
    t->kept_at = begin;
    while (t->step < t->steps || t->best.cut) {
        struct train_report r = {.steps = t->steps};
        g_autoptr(GError) local = NULL;
        if (task_cancelled(task, &local) || (!t->best.cut && !train_step(t, &r, task, &local))) {
            const bool cancelled = g_error_matches(local, G_IO_ERROR, G_IO_ERROR_CANCELLED);
            g_propagate_error(error, g_steal_pointer(&local));
            if (cancelled || t->step > first) { // the steps so far are good whatever came then
                save_state(t, NULL); // that it could not be kept is less than why the run ended
            }
            return false;
        }
        const bool again = t->best.cut;
        const bool goes_on = !best_is_due(t) || best_measure(t, task);
        if (!again) {
            best_report(t, &r);
            r.seconds = (g_get_monotonic_time() - begin) / 1e6;
            r.seconds_left = r.seconds / (t->step - first) * (t->steps - t->step);
            report(task, &r);
        }
        if (!goes_on) {
            break;
        }
        if (checkpoint_is_due(t) && !save_state(t, error)) {
            return false;
        }
    }
    // The checkpoint goes on from where the run was, the adapter is what was best.
    return save_state(t, error) && take_best(t, error);
}

int trainer_step(const struct trainer *t)
{
    return t->step;
}

// ---- making it ----------------------------------------------------------------------------------

// The member that a row chooses.
static const struct member *chosen(const struct settings *s, const char *key)
{
    return family_find(settings_find(s, key, NULL)->family, settings_choice(s, key));
}

// The adapter's settings are the method's: what a caller chose there went into making it.
static void take_params(struct trainer *t, const struct train_params *params)
{
    struct settings *s =
        params->settings ? settings_copy(params->settings) : settings_new(learn_settings);
    settings_parse(s, "method", t->adapter->method->name, NULL);
    settings_assign(settings_member(s, "method"), t->adapter->settings);
    t->settings = s;
    t->run.objective = objective_chosen(s);
    t->run.settings = settings_member(s, "objective");
    t->optimizer = (const struct optimizer_type *)chosen(s, "optimizer");
    t->optimizer_settings = settings_member(s, "optimizer");
    t->steps = settings_int(s, "steps");
    t->lr[0] = settings_get(s, "lr");
    t->lr[1] = settings_get(s, "lr_1d");
    t->clip_norm = settings_get(s, "clip_norm");
    t->batch_size = settings_int(s, "batch");
    t->run.rows =
        t->batch_size * (t->run.objective->rows ? t->run.objective->rows(t->run.settings) : 1);
    t->run.min_snr = settings_get(s, "min_snr");
    t->seed = t->rng.seed = params->seed;
    t->checkpoint_every = params->checkpoint_every;
    t->checkpoint_path = g_strdup(params->checkpoint_path);
    t->best.measure = params->measure;
    t->best.data = params->measure_data;
    t->best.stops = settings_get(s, "keep_best") != 0;
    t->run.beneath = g_memdup2(params->beneath, (gsize)params->n_beneath * sizeof *params->beneath);
    t->run.n_beneath = params->n_beneath;
}

static void leaf_free(struct train_leaf *leaf)
{
    if (leaf->own) {
        tensor_free(leaf->tensor);
        g_free(leaf->value);
    }
    g_free(leaf->name);
    g_free(leaf);
}

// The adapter's parameters become leaves, and stay its own; their tensors come with
// adapter_prepare().
static void take_leaves(struct trainer *t)
{
    for (guint i = 0; i < t->adapter->params->len; i++) {
        struct adapter_param *p = t->adapter->params->pdata[i];
        struct train_leaf *leaf = g_new0(struct train_leaf, 1);
        *leaf = (struct train_leaf){.name = g_strconcat(p->part, ".", p->path, NULL),
                                    .count = p->count,
                                    .value = p->value,
                                    .lr = t->lr[p->group]};
        g_ptr_array_add(t->run.leaves, leaf);
        t->run.trains_text = t->run.trains_text || g_str_equal(p->part, MODEL_TEXT);
    }
}

static void take_memory(struct trainer *t)
{
    const struct train_data *d = &t->run.data;
    for (guint i = 0; i < t->run.leaves->len; i++) {
        t->count += ((const struct train_leaf *)t->run.leaves->pdata[i])->count;
    }
    t->gradient = g_new0(float, t->count);
    for (int k = 0; k < t->optimizer->slots; k++) {
        t->state[k] = g_new0(float, t->count);
    }
    t->batch = (struct train_batch){t->run.rows, g_new0(struct train_row, t->run.rows)};
    for (int i = 0; i < t->run.rows; i++) {
        struct train_row *row = &t->batch.rows[i];
        row->latents = g_new0(float, d->n);
        row->noise = g_new0(float, d->n);
        row->mask = g_new0(float, d->area);
    }
}

// What captions may hold of the adapters beneath is known from here on.
static bool take_beneath(const struct objective_run *run, GError **error)
{
    for (int i = 0; i < run->n_beneath; i++) {
        if (!adapter_acts_always(run->beneath[i])) {
            g_set_error(
                error, TINCTURE_ERROR, TINCTURE_ERROR_ARGUMENT,
                _("%s is to act in some time steps alone, and one is learned on it only where "
                  "it acts in all"),
                run->beneath[i]->name);
            return false;
        }
    }
    return adapters_embed(run->beneath, run->n_beneath, error);
}

static bool prepare_beneath(const struct objective_run *run, struct task *task, GError **error)
{
    bool ok = true;
    for (int i = 0; ok && i < run->n_beneath; i++) {
        ok = adapter_prepare(run->beneath[i], task, error);
    }
    return ok;
}

// All that comes before the step is built.
static bool prepare(struct trainer *t, const struct train_set *set, struct task *task,
                    GError **error)
{
    struct objective_run *run = &t->run;
    take_leaves(t);
    if (!take_beneath(run, error) || !train_data_encode(run, set, task, error) ||
        (run->objective->prepare && !run->objective->prepare(run, set, task, error)) ||
        !tokens_prepare(t, set->tokens, settings_get(t->settings, "token_lr"), error) ||
        !prepare_beneath(run, task, error) ||
        ((!run->trains_text || run->kept_rows) && !train_data_embed(run, task, error)) ||
        !adapter_prepare(t->adapter, task, error)) { // last: it may take minutes
        return false;
    }
    if (run->leaves->len == 0) {
        g_set_error(error, TINCTURE_ERROR, TINCTURE_ERROR_ARGUMENT,
                    _("%s learns nothing without a new word"), t->adapter->method->title);
        return false;
    }
    for (guint i = 0; i < t->adapter->params->len; i++) {
        const struct adapter_param *p = t->adapter->params->pdata[i];
        ((struct train_leaf *)run->leaves->pdata[i])->tensor = p->tensor;
    }
    // The first checkpoint names the model by its hash: here, where waiting shows, and not there.
    model_hash(t->model, MODEL_UNET, task, NULL);
    return !task_cancelled(task, error);
}

// With guidance as an input its predictions are no longer those of the noise that was added.
static bool check_model(const struct model *model, GError **error)
{
    if (model->unet.guidance_dim) {
        g_set_error(error, TINCTURE_ERROR, TINCTURE_ERROR_UNSUPPORTED,
                    _("%s is distilled and is given guidance as a number, so that nothing can be "
                      "learned on it; learn on the model that it was made of, whose adapters act "
                      "here too"),
                    model->name);
    }
    return !model->unet.guidance_dim;
}

struct trainer *trainer_new(struct model *model, struct adapter *adapter,
                            const struct train_set *set, const struct train_params *params,
                            struct task *task, GError **error)
{
    struct trainer *t = g_new0(struct trainer, 1);
    t->model = t->run.model = model;
    t->adapter = adapter;
    adapter->scale = 1;
    adapter->enabled = true;
    noise_schedule_init(&t->run.schedule, &model->sched);
    t->run.leaves = g_ptr_array_new_with_free_func((GDestroyNotify)leaf_free);
    t->run.inputs = g_ptr_array_new_with_free_func((GDestroyNotify)tensor_free);
    take_params(t, params);
    bool ok = check_model(model, error) && prepare(t, set, task, error);
    if (ok) {
        take_memory(t);
        ok = step_build(t, error) && prior_build(t, error);
    }
    if (!ok) {
        g_clear_pointer(&t, trainer_free);
    }
    return t;
}

void trainer_free(struct trainer *t)
{
    if (!t) {
        return;
    }
    step_free(t);
    if (t->run.objective->finish) {
        t->run.objective->finish(&t->run);
    }
    g_ptr_array_unref(t->run.leaves);
    g_ptr_array_unref(t->run.inputs);
    best_free(t);
    tokens_free(t);
    prior_free(t);
    g_free(t->gradient);
    for (int k = 0; k < OPTIMIZER_SLOTS; k++) {
        g_free(t->state[k]);
    }
    for (int i = 0; i < t->batch.count; i++) {
        g_free(t->batch.rows[i].latents);
        g_free(t->batch.rows[i].noise);
        g_free(t->batch.rows[i].mask);
    }
    g_free(t->batch.rows);
    train_data_finish(&t->run.data);
    noise_schedule_finish(&t->run.schedule);
    for (int i = 0; i < t->run.n_beneath; i++) {
        adapter_release(t->run.beneath[i]);
    }
    g_free(t->run.beneath);
    settings_free(t->settings);
    g_free(t->checkpoint_path);
    g_free(t);
}
