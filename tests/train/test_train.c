// Training against the vectors of tests/data/train/make_train_vectors.py: the gradient of every
// parameter and ten AdamW steps; then what a run promises: resuming gives the same bits, cancelling
// keeps the state, a loss that is not a number changes nothing.

#include "compute/train/objective.h"
#include "compute/train/optimizer.h"
#include "fixture.h"

#include <math.h>
#include <string.h>

#define GRADIENT_TOLERANCE 1e-3 // of a tensor's largest gradient
#define CURVE_TOLERANCE    1e-3 // of the loss
#define PROMPT             "a photo of a dog on the beach"

static struct fixture fx;

// phase: of the picture.
static struct trainer *make_trainer_of(struct adapter *a, struct train_params params, float phase)
{
    g_autoptr(GError) error = NULL;
    const int side = 8 * model_latent_factor(fx.model);
    g_autofree float *rgb = g_new0(float, side *side * 3);
    for (int i = 0; i < side * side * 3; i++) {
        rgb[i] = sinf(0.1f * (float)i + phase);
    }
    const struct train_example example = {side, side, rgb, PROMPT};
    const struct train_set set = {&example, 1};
    g_clear_pointer(&model_part(fx.model, MODEL_UNET)->hash, g_free);
    struct trainer *t = trainer_new(fx.model, a, &set, &params, NULL, &error);
    g_assert_no_error(error);
    g_assert_nonnull(
        model_part(fx.model, MODEL_UNET)->hash); // read before the first step, not during it
    return t;
}

static struct trainer *make_trainer(struct adapter *a, struct train_params params)
{
    return make_trainer_of(a, params, 0);
}

// ---- against the reference ----------------------------------------------------------------------

// A batch of one with these latents and noise at this time step.
static void fill_batch(struct trainer *t, const float *latents, const float *noise, int timestep,
                       int64_t n)
{
    struct train_row *row = trainer_draw(t)->rows;
    row->timestep = timestep;
    memcpy(row->latents, latents, (size_t)n * sizeof *latents);
    memcpy(row->noise, noise, (size_t)n * sizeof *noise);
}

static struct trainer *reference_trainer(struct adapter *a)
{
    return make_trainer(a, (struct train_params){0});
}

// The largest error of any tensor, as a part of that tensor's largest gradient.
static double worst_gradient(const struct adapter *a, const char *name, const float *gradient)
{
    double worst = 0;
    for (guint i = 0; i < a->params->len; i++) {
        const struct adapter_param *p = a->params->pdata[i];
        g_autofree char *key = g_strconcat(name, ".grad/", p->part, "/", p->path, NULL);
        g_autofree float *expected = fixture_vector(&fx, key, NULL); // none may be missing
        const double error = fixture_distance(gradient, expected, p->count);
        if (error > GRADIENT_TOLERANCE) {
            g_test_message("%s: %g", p->path, error);
        }
        worst = fmax(worst, error);
        gradient += p->count;
    }
    return worst;
}

static void run_case(const char *name, const char *method, const char *settings)
{
    g_autoptr(GError) error = NULL;
    g_autofree char *all = g_strconcat("lr=0.01 lr_1d=0.001 ", settings, NULL);
    struct adapter *a = fixture_adapter(&fx, method, g_strchomp(all));
    fixture_start(&fx, a, name);
    struct trainer *t = reference_trainer(a);
    int64_t n;
    g_autofree char *loss_name = g_strconcat(name, ".loss", NULL);
    g_autofree float *latents = fixture_vector(&fx, "latents", &n),
                     *noise = fixture_vector(&fx, "noise", NULL),
                     *time = fixture_vector(&fx, "time", NULL),
                     *expected = fixture_vector(&fx, loss_name, NULL),
                     *gradient = g_new(float, adapter_count(a));
    double worst_curve = 0;
    for (int i = 0; i < 10; i++) {
        double loss;
        fill_batch(t, latents, noise + i * n, (int)time[i], n);
        g_assert_true(trainer_gradient(t, &loss, gradient, &error));
        worst_curve = fmax(worst_curve, fabs(loss - expected[i]) / expected[i]);
        if (i == 0) {
            const double worst = worst_gradient(a, name, gradient);
            g_test_message("%s: gradient off by at most %.2g", name, worst);
            g_assert_cmpfloat(worst, <=, GRADIENT_TOLERANCE);
        }
        g_assert_true(isfinite(trainer_update(t, gradient, &error)));
    }
    g_test_message("%s: loss curve off by at most %.2g", name, worst_curve);
    g_assert_cmpfloat(worst_curve, <=, CURVE_TOLERANCE);
    trainer_free(t);
    adapter_free(a);
}

static void test_reference_sd1(void)
{
    fixture_open(&fx, "sd1");
    run_case("svdiff", "svdiff", "");
    run_case("svdiff_te", "svdiff", "text_encoder=on");
    run_case("rank", "svdiff", "rank=3");
    run_case("oft_r2", "oft", "blocks=2");
    run_case("oft_b4", "oft", "block_size=4");
    run_case("lora", "lora", "rank=4");
    run_case("full_kv", "full", "layers=cross_attention");
    run_case("lora_te", "lora", "rank=4 text_encoder=on");
    run_case("lora_blocks", "lora", "rank=3 targets=blocks");
    fixture_close(&fx);
}

static void test_reference_sd2(void)
{
    fixture_open(&fx, "sd2");
    run_case("svdiff", "svdiff", "");
    run_case("oft_all", "oft", "blocks=2 targets=attention+ff+proj");
    run_case("lora_all", "lora", "rank=3 targets=attention+ff+proj");
    fixture_close(&fx);
}

static void test_reference_wide(void)
{
    fixture_open(&fx, "wide");
    run_case("svdiff", "svdiff", "");
    run_case("oft_r2", "oft", "blocks=2");
    run_case("lora", "lora", "rank=2");
    run_case("full_kv", "full", "layers=cross_attention");
    fixture_close(&fx);
}

// ---- runs ---------------------------------------------------------------------------------------

struct log {
    double loss[32];
    int count, stop_after, steps;
    struct adapter_param *spoil; // becomes infinite on the device instead of stopping
};

static void log_step(struct task *task, const struct task_progress *progress)
{
    struct log *log = task->data;
    const struct train_report *report = progress->training;
    g_assert_cmpint(progress->stage, ==, TASK_LEARNING);
    g_assert_cmpint(progress->step, ==, report->step);
    log->loss[log->count++] = report->loss;
    log->steps = report->steps;
    g_assert_cmpint(report->step, ==, log->count);
    g_assert_true(isfinite(report->loss_mean) && report->grad_norm > 0 &&
                  report->seconds_left >= 0);
    if (log->count != log->stop_after) {
        return;
    }
    if (log->spoil) {
        g_autofree float *values = g_new(float, log->spoil->count);
        for (int i = 0; i < log->spoil->count; i++) {
            values[i] = INFINITY;
        }
        g_assert_true(tensor_write(log->spoil->tensor, values, NULL));
    } else {
        g_cancellable_cancel(task->cancellable);
    }
}

static void assert_equal_values(const struct adapter *a, const struct adapter *b)
{
    for (guint i = 0; i < a->params->len; i++) {
        const struct adapter_param *p = a->params->pdata[i], *q = b->params->pdata[i];
        g_assert_cmpmem(p->value, (size_t)p->count * 4, q->value, (size_t)q->count * 4);
    }
}

static const char *const run_methods[] = {"svdiff", "oft", "coft", "lora"};

// Twelve steps in one go, and five, a checkpoint, a new trainer and seven more: the same bits.
static void test_resume(void)
{
    g_autoptr(GError) error = NULL;
    fixture_open(&fx, "sd1");
    g_autofree char *file = fixture_file(&fx, "run.checkpoint");
    for (size_t i = 0; i < G_N_ELEMENTS(run_methods); i++) {
        struct settings *learn = settings_new(learn_settings);
        g_assert_true(settings_set(learn, "batch", 2, NULL));
        struct train_params params = {.settings = learn, .seed = 5};
        struct adapter *whole = fixture_adapter(&fx, run_methods[i], "lr=0.01 steps=12");
        struct trainer *t = make_trainer(whole, params);
        struct log log = {0};
        struct task task = {.report = log_step, .data = &log};
        g_assert_true(trainer_run(t, &task, &error));
        g_assert_cmpint(log.count, ==, 12);
        trainer_free(t);

        params.checkpoint_path = file;
        struct adapter *first = fixture_adapter(&fx, run_methods[i], "lr=0.01 steps=12");
        t = make_trainer(first, params);
        struct log halves = {.stop_after = 5};
        g_autoptr(GCancellable) cancel = g_cancellable_new();
        task = (struct task){.report = log_step, .data = &halves, .cancellable = cancel};
        g_assert_false(trainer_run(t, &task, &error));
        g_assert_error(error, G_IO_ERROR, G_IO_ERROR_CANCELLED);
        g_clear_error(&error);
        g_assert_cmpint(trainer_step(t), ==, 5);
        trainer_free(t);

        struct adapter *second = fixture_adapter(&fx, run_methods[i], "lr=0.01 steps=12");
        t = make_trainer(second, params);
        g_assert_true(trainer_resume(t, file, &error));
        g_assert_no_error(error);
        assert_equal_values(first, second);
        halves.stop_after = 0;
        task.cancellable = NULL;
        g_assert_true(trainer_run(t, &task, &error));
        g_assert_cmpmem(log.loss, sizeof log.loss, halves.loss, sizeof halves.loss);
        assert_equal_values(whole, second);
        g_assert_cmpstr(g_hash_table_lookup(second->metadata, "tincture.prompt"), ==, PROMPT);
        trainer_free(t);
        adapter_free(whole);
        adapter_free(first);
        adapter_free(second);
        settings_free(learn);
    }
    fixture_close(&fx);
}

static void test_cancel(void)
{
    g_autoptr(GError) error = NULL;
    fixture_open(&fx, "sd1");
    g_autofree char *file = fixture_file(&fx, "cancelled.checkpoint");
    g_autoptr(GCancellable) cancel = g_cancellable_new();
    struct adapter *a = fixture_adapter(&fx, "svdiff", "");
    struct trainer *t = make_trainer(a, (struct train_params){.checkpoint_path = file});
    struct log log = {.stop_after = 3};
    struct task task = {.report = log_step, .data = &log, .cancellable = cancel};
    g_assert_false(trainer_run(t, &task, &error));
    g_assert_error(error, G_IO_ERROR, G_IO_ERROR_CANCELLED);
    g_clear_error(&error);
    g_assert_true(trainer_resume(t, file, &error));
    g_assert_cmpint(trainer_step(t), ==, 3);
    g_assert_cmpint(log.steps, ==, 200); // as the method has it
    trainer_free(t);
    adapter_free(a);
    fixture_close(&fx);
}

// A device that gives nonsense from the fourth step on: the three good ones are kept.
static void test_failure_keeps_steps(void)
{
    g_autoptr(GError) error = NULL;
    fixture_open(&fx, "sd1");
    g_autofree char *file = fixture_file(&fx, "failed.checkpoint");
    struct adapter *a = fixture_adapter(&fx, "svdiff", "");
    struct trainer *t = make_trainer(a, (struct train_params){.checkpoint_path = file});
    struct log log = {.stop_after = 3, .spoil = a->params->pdata[0]};
    struct task task = {.report = log_step, .data = &log};
    g_assert_false(trainer_run(t, &task, &error));
    g_assert_error(error, TINCTURE_ERROR, TINCTURE_ERROR_NUMERIC);
    g_assert_nonnull(strstr(error->message, "loss"));
    g_clear_error(&error);
    g_assert_true(trainer_resume(t, file, &error));
    g_assert_no_error(error);
    g_assert_cmpint(trainer_step(t), ==, 3);
    trainer_free(t);
    adapter_free(a);
    fixture_close(&fx);
}

static void check_mismatch(const char *file, const char *settings, float phase, const char *said)
{
    g_autoptr(GError) error = NULL;
    struct adapter *a = fixture_adapter(&fx, "svdiff", settings);
    struct trainer *t = make_trainer_of(a, (struct train_params){0}, phase);
    g_assert_false(trainer_resume(t, file, &error));
    g_assert_error(error, TINCTURE_ERROR, TINCTURE_ERROR_MISMATCH);
    g_test_message("%s", error->message);
    g_assert_nonnull(strstr(error->message, said));
    trainer_free(t);
    adapter_free(a);
}

// Writes a checkpoint again as version 0.1 wrote it: its settings in pieces, each number with all
// its digits.
static void write_as_0_1(const char *from, const char *to)
{
    g_autoptr(GError) error = NULL;
    struct st_file *f = st_open(from, &error);
    g_assert_no_error(error);
    struct st_writer *w = st_writer_new();
    static const char *const kept[] = {"model_hash", "examples_hash", "step",
                                       "seed",       "offset",        "loss_mean"};
    for (size_t i = 0; i < G_N_ELEMENTS(kept); i++) {
        st_writer_meta(w, kept[i], g_hash_table_lookup(f->metadata, kept[i]));
    }
    st_writer_meta(w, "method", "svdiff");
    st_writer_meta(w, "settings", "subset=ca text_encoder=off rank=0");
    st_writer_meta(w, "objective", "single_image");
    st_writer_meta(w, "optimizer", "adamw");
    st_writer_meta(w, "rates",
                   "lr=0.0030000000000000001 lr_1d=9.9999999999999995e-07 "
                   "weight_decay=0.01 clip_norm=1 batch=1");
    for (guint i = 0; i < f->tensors->len; i++) {
        const struct st_tensor *t = f->tensors->pdata[i];
        g_autofree float *values = g_new(float, t->count);
        g_assert_true(st_read_f32(t, values, true, NULL));
        st_writer_f32(w, t->name, 1, (int64_t[]){t->count}, values);
    }
    g_assert_true(st_writer_save(w, to, NULL, &error));
    st_writer_free(w);
    st_free(f);
}

static void test_resume_of_0_1(void)
{
    g_autoptr(GError) error = NULL;
    fixture_open(&fx, "sd1");
    g_autofree char *now = fixture_file(&fx, "now.checkpoint"),
                    *then = fixture_file(&fx, "then.checkpoint");
    struct adapter *a = fixture_adapter(&fx, "svdiff", "subset=ca"),
                   *other = fixture_adapter(&fx, "svdiff", "subset=ca lr=0.01");
    struct trainer *t = make_trainer(a, (struct train_params){.seed = 5});
    g_assert_true(trainer_checkpoint(t, now, &error));
    write_as_0_1(now, then);
    g_assert_true(trainer_resume(t, then, &error));
    g_assert_no_error(error);
    trainer_free(t);
    t = make_trainer(other, (struct train_params){.seed = 5});
    g_assert_false(trainer_resume(t, then, &error));
    g_assert_nonnull(strstr(error->message, "begun with lr=0.003, and this run has lr=0.01"));
    trainer_free(t);
    adapter_free(a);
    adapter_free(other);
    fixture_close(&fx);
}

// A measurement that says what it is told to, and remembers the state that was best.
struct judge {
    GCancellable *cancel; // what the second measurement stops; NULL: nothing
    const struct adapter_param *param;
    double scores[8]; // of the measurements, in order
    int asked;
    float *best;
};

static double judge_cb(void *data)
{
    struct judge *j = data;
    const double score = j->scores[j->asked++];
    if (j->asked == 2 && j->cancel) {
        g_cancellable_cancel(j->cancel);
    }
    if (score == 25) {
        j->best = g_memdup2(j->param->value, (gsize)j->param->count * sizeof(float));
    }
    return score;
}

static struct trainer *judged(struct judge *j, struct adapter *a, struct train_params params)
{
    params.measure = judge_cb;
    params.measure_data = j;
    params.seed = 5;
    j->param = a->params->pdata[0];
    return make_trainer(a, params);
}

static void assert_best(const struct judge *j, const struct adapter *a, const char *steps)
{
    g_assert_cmpstr(g_hash_table_lookup(a->metadata, "ss_steps"), ==, steps);
    g_assert_cmpmem(j->best, j->param->count * sizeof(float), j->param->value,
                    j->param->count * sizeof(float));
}

// A run ends when what it draws gets worse, and the adapter is what it was at its best; where it
// was stopped between the two, it is still known what was best.
static void test_keeps_best(void)
{
    g_autoptr(GError) error = NULL;
    fixture_open(&fx, "sd1");
    g_autofree char *file = fixture_file(&fx, "best.checkpoint");
    struct adapter *a = fixture_adapter(&fx, "svdiff", "subset=ca steps=300");
    g_autoptr(GCancellable) cancel = g_cancellable_new();
    struct judge j = {.cancel = cancel, .scores = {20, 25, 24.8, 24, NAN}};
    struct trainer *t = judged(&j, a, (struct train_params){.checkpoint_path = file});
    struct task task = {.cancellable = cancel};
    g_assert_false(trainer_run(t, &task, &error));
    g_clear_error(&error);
    j.cancel = NULL;
    trainer_free(t);
    t = judged(&j, a, (struct train_params){0});
    g_assert_true(trainer_resume(t, file, &error));
    g_assert_true(trainer_run(t, NULL, &error));
    g_assert_no_error(error);
    g_assert_cmpint(trainer_step(t), ==, 300); // one that could not be measured is none
    g_assert_cmpint(j.asked, ==, 5);           // at 50, 100, 150, 200 and 300
    assert_best(&j, a, "100");
    trainer_free(t);

    j.asked = 0;
    j.scores[2] = 24;
    g_clear_pointer(&j.best, g_free);
    t = judged(&j, a, (struct train_params){0});
    g_assert_true(trainer_run(t, NULL, &error));
    g_assert_cmpint(trainer_step(t), ==, 200);
    assert_best(&j, a, "100");
    trainer_free(t);

    struct settings *all = settings_new(learn_settings);
    settings_set(all, "keep_best", 0, NULL);
    j.asked = 0;
    g_clear_pointer(&j.best, g_free);
    t = judged(&j, a, (struct train_params){.settings = all});
    g_assert_true(trainer_run(t, NULL, &error));
    g_assert_cmpint(trainer_step(t), ==, 300);
    g_assert_cmpint(memcmp(j.best, j.param->value, j.param->count * sizeof(float)), !=, 0);
    trainer_free(t);
    settings_free(all);
    g_free(j.best);
    adapter_free(a);
    fixture_close(&fx);
}

// A run that is over already is not taken for one that goes on, nor a file that is none.
static void test_resume_refused(void)
{
    g_autoptr(GError) error = NULL;
    fixture_open(&fx, "sd1");
    g_autofree char *file = fixture_file(&fx, "done.checkpoint"),
                    *adapter = fixture_file(&fx, "done.safetensors");
    struct adapter *a = fixture_adapter(&fx, "svdiff", "subset=ca steps=3"),
                   *b = fixture_adapter(&fx, "svdiff", "subset=ca steps=2");
    struct trainer *t = make_trainer(a, (struct train_params){.seed = 5, .checkpoint_path = file});
    g_assert_true(trainer_run(t, NULL, &error));
    g_assert_true(adapter_save(a, adapter, NULL, &error));
    trainer_free(t);
    t = make_trainer(b, (struct train_params){.seed = 9});
    g_assert_false(trainer_resume(t, file, &error));
    g_assert_nonnull(strstr(error->message, "has 3 steps behind it, more than the 2 of this run"));
    g_clear_error(&error);
    g_assert_false(trainer_resume(t, adapter, &error));
    g_assert_nonnull(strstr(error->message, "is no checkpoint"));
    trainer_free(t);
    adapter_free(a);
    adapter_free(b);
    fixture_close(&fx);
}

// What a training may go on with, which is more steps, and what it must not.
static void test_mismatch(void)
{
    g_autoptr(GError) error = NULL;
    fixture_open(&fx, "sd1");
    g_autofree char *file = fixture_file(&fx, "other.checkpoint");
    struct adapter *a = fixture_adapter(&fx, "svdiff", "");
    struct trainer *t = make_trainer(a, (struct train_params){0});
    g_assert_true(trainer_checkpoint(t, file, &error));
    trainer_free(t);
    adapter_free(a);
    a = fixture_adapter(&fx, "svdiff", "steps=300");
    t = make_trainer(a, (struct train_params){0});
    g_assert_true(trainer_resume(t, file, &error));
    trainer_free(t);
    adapter_free(a);
    check_mismatch(file, "subset=ca", 0, "begun with subset=all, and this run has subset=ca");
    check_mismatch(file, "lr=0.5", 0, "begun with lr=0.003, and this run has lr=0.5");
    check_mismatch(file, "", 1, "pictures");
    fixture_close(&fx);
}

// A step ends within the bound of the method: projecting once more changes nothing.
static void test_projection(void)
{
    g_autoptr(GError) error = NULL;
    fixture_open(&fx, "sd1");
    struct adapter *a = fixture_adapter(&fx, "coft", "lr=0.01 eps=1e-4");
    struct trainer *t = make_trainer(a, (struct train_params){0});
    g_autofree float *gradient = g_new(float, adapter_count(a));
    double loss;
    trainer_draw(t);
    g_assert_true(trainer_gradient(t, &loss, gradient, &error));
    g_assert_true(isfinite(trainer_update(t, gradient, &error)));
    const double norm = adapter_norm(a);
    g_assert_cmpfloat(norm, >, 0);
    a->method->project(a);
    g_assert_cmpfloat(fabs(adapter_norm(a) - norm), <=, 1e-5 * norm);
    trainer_free(t);
    adapter_free(a);
    fixture_close(&fx);
}

// A parameter that overflows the network: the run ends with a sentence, and nothing else has
// changed.
static void test_not_a_number(void)
{
    g_autoptr(GError) error = NULL;
    fixture_open(&fx, "sd1");
    struct adapter *a = fixture_adapter(&fx, "svdiff", "");
    struct adapter_param *p = a->params->pdata[0];
    p->value[0] = INFINITY;
    struct trainer *t = make_trainer(a, (struct train_params){0});
    g_assert_false(trainer_run(t, NULL, &error));
    g_assert_error(error, TINCTURE_ERROR, TINCTURE_ERROR_NUMERIC);
    g_assert_cmpint(trainer_step(t), ==, 0);
    g_assert_cmpfloat(adapter_norm(a), ==, INFINITY); // that one number, and no NaN
    trainer_free(t);
    adapter_free(a);
    fixture_close(&fx);
}

// Learning works: with one latent, one noise and one t the loss goes down for every method.
static void test_learns(void)
{
    g_autoptr(GError) error = NULL;
    fixture_open(&fx, "sd1");
    int64_t n;
    g_autofree float *latents = fixture_vector(&fx, "latents", &n),
                     *noise = fixture_vector(&fx, "noise", NULL);
    for (int i = 0; adapter_table[i]; i++) {
        if (adapter_table[i]->words_alone) { // test_objective.c has words
            continue;
        }
        struct adapter *a = fixture_adapter(&fx, adapter_table[i]->name, "lr=0.01");
        struct trainer *t = make_trainer(a, (struct train_params){0});
        g_autofree float *gradient = g_new(float, adapter_count(a));
        double first = 0, last = 0;
        for (int step = 0; step < 30; step++) {
            fill_batch(t, latents, noise, 400, n);
            g_assert_true(trainer_gradient(t, &last, gradient, &error));
            first = step == 0 ? last : first;
            g_assert_true(isfinite(trainer_update(t, gradient, &error)));
        }
        g_test_message("%s: %.4f -> %.4f", adapter_table[i]->name, first, last);
        g_assert_cmpfloat(last, <, first);
        trainer_free(t);
        adapter_free(a);
    }
    fixture_close(&fx);
}

static void test_tables(void)
{
    for (int i = 0; objective_table[i]; i++) {
        const struct objective *o = objective_table[i];
        g_assert_true(o->name && o->title && o->summary && o->draw && o->loss);
        g_assert_true(family_find(objective_family, o->name) == &o->member);
    }
    for (int i = 0; optimizer_table[i]; i++) {
        const struct optimizer_type *o = optimizer_table[i];
        g_assert_true(o->name && o->title && o->summary && o->update &&
                      o->slots <= OPTIMIZER_SLOTS);
        g_assert_true(family_find(optimizer_family, o->name) == &o->member);
    }
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/train/tables", test_tables);
    g_test_add_func("/train/reference/sd1", test_reference_sd1);
    g_test_add_func("/train/reference/sd2", test_reference_sd2);
    g_test_add_func("/train/reference/wide", test_reference_wide);
    g_test_add_func("/train/learns", test_learns);
    g_test_add_func("/train/resume", test_resume);
    g_test_add_func("/train/cancel", test_cancel);
    g_test_add_func("/train/failure-keeps-steps", test_failure_keeps_steps);
    g_test_add_func("/train/mismatch", test_mismatch);
    g_test_add_func("/train/resume-of-0-1", test_resume_of_0_1);
    g_test_add_func("/train/resume-refused", test_resume_refused);
    g_test_add_func("/train/keeps-best", test_keeps_best);
    g_test_add_func("/train/projection", test_projection);
    g_test_add_func("/train/not-a-number", test_not_a_number);
    return g_test_run();
}
