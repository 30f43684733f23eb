// What the contract of objectives promises, with objectives of the test's own: samples with
// weights, time steps and masks; parameters that are no layer's; what the U-Net is asked for and
// given besides.

#include "compute/model/embedding.h"
#include "own_objectives.h"

#include <math.h>
#include <string.h>

#define MAX_PICTURES 3

static struct fixture fx;

// ---- trainers -----------------------------------------------------------------------------------

// The settings of learning with the test's objectives in place of the program's.
static struct settings *learn_new(const char *objective, int batch)
{
    static struct setting table[32];
    for (int i = 0; i < 32 && (i == 0 || table[i - 1].key); i++) {
        table[i] = learn_settings[i];
        if (g_strcmp0(table[i].key, "objective") == 0) {
            table[i].family = own_objectives;
        }
    }
    struct settings *s = settings_new(table);
    g_assert_true(settings_parse(s, "objective", objective, NULL));
    g_assert_true(settings_set(s, "batch", batch, NULL));
    return s;
}

struct pictures {
    struct train_example examples[MAX_PICTURES];
    float *rgb[MAX_PICTURES];
};

static void pictures_make(struct pictures *p)
{
    static const char *const captions[] = {"a photo of a dog", "a cat", "a dog on the beach"};
    const int side = 8 * model_latent_factor(fx.model);
    for (int k = 0; k < MAX_PICTURES; k++) {
        p->rgb[k] = g_new(float, side *side * 3);
        for (int i = 0; i < side * side * 3; i++) {
            p->rgb[k][i] = sinf(0.1f * (float)i + (float)k);
        }
        p->examples[k] = (struct train_example){side, side, p->rgb[k], captions[k]};
    }
}

static void pictures_clear(struct pictures *p)
{
    for (int k = 0; k < MAX_PICTURES; k++) {
        g_free(p->rgb[k]);
    }
}

static struct trainer *trainer_open(struct adapter *a, const struct pictures *p, int count,
                                    const struct settings *learn, const char *checkpoint)
{
    g_autoptr(GError) error = NULL;
    const struct train_params params = {
        .settings = learn, .seed = 3, .checkpoint_path = checkpoint};
    const struct train_set set = {p->examples, count};
    struct trainer *t = trainer_new(fx.model, a, &set, &params, NULL, &error);
    g_assert_no_error(error);
    return t;
}

// Loss of the batch as it is; gradient: trainer_count() floats.
static double loss_of(struct trainer *t, float *gradient)
{
    g_autoptr(GError) error = NULL;
    double loss;
    g_assert_true(trainer_gradient(t, &loss, gradient, &error));
    g_assert_no_error(error);
    return loss;
}

// A trainer with what it needs, of pictures that are all the same from one to the next.
struct run {
    struct pictures pictures;
    struct settings *learn;
    struct adapter *adapter;
    struct trainer *trainer;
    float *gradient;
};

static void run_open(struct run *r, const char *objective, int batch, int count)
{
    pictures_make(&r->pictures);
    r->learn = learn_new(objective, batch);
    r->adapter = fixture_adapter(&fx, "lora", "rank=2");
    fixture_randomize(r->adapter, 5, 0.1);
    r->trainer = trainer_open(r->adapter, &r->pictures, count, r->learn, NULL);
    r->gradient = g_new(float, trainer_count(r->trainer));
}

static void run_close(struct run *r)
{
    trainer_free(r->trainer);
    adapter_free(r->adapter);
    settings_free(r->learn);
    pictures_clear(&r->pictures);
    g_free(r->gradient);
}

// ---- samples ------------------------------------------------------------------------------------

// The loss is linear in the rows' weights, and each row's part is its mean of squares by the rows.
static void test_weights(void)
{
    struct run r;
    fixture_open(&fx, "sd1");
    run_open(&r, "each", 3, 3);
    struct train_batch *b = trainer_draw(r.trainer);
    double part[3];
    for (int i = 0; i < 3; i++) {
        for (int k = 0; k < 3; k++) {
            b->rows[k].weight = i == k;
        }
        part[i] = loss_of(r.trainer, r.gradient);
        g_assert_cmpfloat(part[i], >, 0);
    }
    b->rows[0].weight = 2;
    b->rows[1].weight = 0.5f;
    b->rows[2].weight = 5;
    const double expected = 2 * part[0] + 0.5 * part[1] + 5 * part[2];
    g_assert_cmpfloat(fabs(loss_of(r.trainer, r.gradient) - expected), <=, 1e-5 * expected);
    run_close(&r);
    fixture_close(&fx);
}

static void copy_row(const struct train_row *from, struct train_row *to)
{
    const size_t area = 8 * 8, n = area * (size_t)fx.model->vae.latent_channels;
    memcpy(to->latents, from->latents, n * sizeof(float));
    memcpy(to->noise, from->noise, n * sizeof(float));
    memcpy(to->mask, from->mask, area * sizeof(float));
    to->timestep = from->timestep;
    to->caption = from->caption;
}

// A row is the same wherever it stands in the batch: its picture, noise, time step, caption and
// mask are its own.
static void check_places(const char *objective)
{
    struct run r;
    run_open(&r, objective, 3, 3);
    struct train_batch *b = trainer_draw(r.trainer);
    for (int place = 1; place < 3; place++) {
        b->rows[0].weight = b->rows[1].weight = b->rows[2].weight = 0;
        b->rows[place].weight = 1;
        const double there = loss_of(r.trainer, r.gradient);
        b->rows[place].weight = 0;
        b->rows[0].weight = 1;
        const double other = loss_of(r.trainer, r.gradient);
        copy_row(&b->rows[place], &b->rows[0]);
        const double first = loss_of(r.trainer, r.gradient);
        g_assert_cmpfloat(fabs(first - there), <=, 1e-5 * there);
        g_assert_cmpfloat(fabs(other - there), >, 1e-3 * there);
        b->rows[0].caption = b->rows[place].caption == 0; // another
        g_assert_cmpfloat(fabs(loss_of(r.trainer, r.gradient) - there), >, 1e-5 * there);
    }
    run_close(&r);
}

static void test_places(void)
{
    fixture_open(&fx, "sd1");
    check_places("each");
    check_places("word"); // with the text encoder in the step
    fixture_close(&fx);
}

// What a row counts at a place: parts that add up to one add up to the loss.
static void test_masks(void)
{
    struct run r;
    fixture_open(&fx, "sd1");
    pictures_make(&r.pictures);
    const int side = r.pictures.examples[0].width, factor = model_latent_factor(fx.model);
    g_autofree float *mask = g_new0(float, side *side);
    for (int i = 0; i < side * side; i++) {
        mask[i] = i % side < factor; // one column of latents
    }
    r.pictures.examples[0].mask = mask;
    r.learn = learn_new("each", 1);
    r.adapter = fixture_adapter(&fx, "lora", "");
    r.trainer = trainer_open(r.adapter, &r.pictures, 1, r.learn, NULL);
    r.gradient = g_new(float, trainer_count(r.trainer));
    const int area = side * side / factor / factor, width = side / factor;
    float *row = trainer_draw(r.trainer)->rows[0].mask;
    for (int i = 0; i < area; i++) {
        g_assert_cmpfloat(row[i], ==, i % width == 0 ? width : 0);
    }
    const double column = loss_of(r.trainer, r.gradient);
    for (int i = 0; i < area; i++) {
        row[i] = i % width ? 1 : 0;
    }
    const double rest = loss_of(r.trainer, r.gradient);
    for (int i = 0; i < area; i++) {
        row[i] = 1;
    }
    const double all = loss_of(r.trainer, r.gradient);
    g_assert_cmpfloat(fabs(column / width + rest - all), <=, 1e-5 * all);
    g_assert_cmpfloat(rest, <, all);
    run_close(&r);
    fixture_close(&fx);
}

// Caption, weight and time steps of an example are its rows'.
static void test_rows(void)
{
    struct run r;
    fixture_open(&fx, "sd1");
    pictures_make(&r.pictures);
    r.pictures.examples[1].role = ROLE_STYLE;
    r.pictures.examples[1].weight = 0.25f;
    r.pictures.examples[1].t_begin = 900;
    r.pictures.examples[1].t_end = 903;
    r.learn = learn_new("each", 2);
    r.adapter = fixture_adapter(&fx, "lora", "");
    r.trainer = trainer_open(r.adapter, &r.pictures, 2, r.learn, NULL);
    r.gradient = NULL;
    int seen[3] = {0}, low = 1000, high = 0;
    for (int i = 0; i < 200; i++) {
        const struct train_batch *b = trainer_draw(r.trainer);
        g_assert_cmpint(b->count, ==, 2);
        g_assert_cmpint(b->rows[0].sample, ==, 0);
        g_assert_cmpint(b->rows[1].sample, ==, 1);
        g_assert_cmpint(b->rows[0].caption, !=, b->rows[1].caption);
        g_assert_cmpint(b->rows[0].role, ==, ROLE_INSTANCE);
        g_assert_cmpint(b->rows[1].role, ==, ROLE_STYLE);
        g_assert_cmpfloat(b->rows[0].weight, ==, 1);
        g_assert_cmpfloat(b->rows[1].weight, ==, 0.25);
        g_assert_true(b->rows[1].timestep >= 900 && b->rows[1].timestep < 903);
        seen[b->rows[1].timestep - 900]++;
        low = MIN(low, b->rows[0].timestep);
        high = MAX(high, b->rows[0].timestep);
    }
    g_assert_true(seen[0] > 0 && seen[1] > 0 && seen[2] > 0 && low < 100 && high > 900);
    run_close(&r);
    fixture_close(&fx);
}

static void check_refused(const struct pictures *p, int count, const char *objective,
                          const char *word_of_error)
{
    g_autoptr(GError) error = NULL;
    struct settings *learn = settings_new(learn_settings);
    g_assert_true(settings_parse(learn, "objective", objective, NULL));
    struct adapter *a = fixture_adapter(&fx, "lora", "");
    const struct train_params params = {.settings = learn};
    const struct train_set set = {p->examples, count};
    g_assert_null(trainer_new(fx.model, a, &set, &params, NULL, &error));
    g_assert_error(error, TINCTURE_ERROR, TINCTURE_ERROR_ARGUMENT);
    g_assert_nonnull(strstr(error->message, word_of_error));
    adapter_free(a);
    settings_free(learn);
}

// Sets that nothing can be learned from: one sentence each.
static void test_refused(void)
{
    struct pictures p;
    fixture_open(&fx, "sd1");
    pictures_make(&p);
    const struct train_example good = p.examples[0];
    g_autofree float *black = g_new0(float, good.width *good.height);
    check_refused(&p, 0, "single_image", "no picture");
    p.examples[0].role = ROLE_PRIOR;
    check_refused(&p, 1, "single_image", "to be learned");
    p.examples[0] = good;
    p.examples[0].mask = black;
    check_refused(&p, 1, "single_image", "mask");
    p.examples[0] = good;
    p.examples[0].t_begin = 500;
    p.examples[0].t_end = 1001;
    check_refused(&p, 1, "single_image", "time steps");
    p.examples[0] = good;
    p.examples[1].width /= 2;
    check_refused(&p, 2, "single_image", "differ in size");
    pictures_clear(&p);
    fixture_close(&fx);
}

// ---- leaves of the objective's own --------------------------------------------------------------

// The difference quotient of the loss along the leaf's own gradient against its length. gradient:
// the leaf's, behind the adapter's.
static void check_leaf(struct trainer *t, const struct train_leaf *leaf, const float *gradient)
{
    g_autoptr(GError) error = NULL;
    g_autofree float *moved = g_new(float, leaf->count), *unused = g_new(float, trainer_count(t));
    double norm = 0, loss[2];
    for (int64_t i = 0; i < leaf->count; i++) {
        norm += (double)gradient[i] * gradient[i];
    }
    norm = sqrt(norm);
    g_assert_cmpfloat(norm, >, 1e-4);
    const double step = 0.01;
    for (int side = 0; side < 2; side++) {
        for (int64_t i = 0; i < leaf->count; i++) {
            moved[i] = (float)(leaf->value[i] + (side ? step : -step) * gradient[i] / norm);
        }
        g_assert_true(tensor_write(leaf->tensor, moved, &error));
        loss[side] = loss_of(t, unused);
    }
    g_assert_true(tensor_write(leaf->tensor, leaf->value, &error));
    const double quotient = (loss[1] - loss[0]) / (2 * step);
    g_test_message("%s: slope %g, difference quotient %g", leaf->name, norm, quotient);
    g_assert_cmpfloat(fabs(quotient - norm), <=, 0.02 * norm);
}

// Both leaves begin so that they change nothing, and their gradients are right.
static void check_objective_leaf(const char *objective)
{
    struct run plain, own;
    run_open(&plain, "each", 2, 3);
    trainer_draw(plain.trainer);
    const double expected = loss_of(plain.trainer, plain.gradient);
    run_open(&own, objective, 2, 3);
    trainer_draw(own.trainer);
    const double loss = loss_of(own.trainer, own.gradient);
    g_assert_cmpfloat(fabs(loss - expected), <=, 1e-5 * expected);
    const int64_t count = adapter_count(own.adapter);
    const struct train_leaf *leaf = own_leaf();
    g_assert_cmpint(trainer_count(own.trainer), ==, count + leaf->count);
    check_leaf(own.trainer, leaf, own.gradient + count);
    run_close(&own);
    run_close(&plain);
}

static void test_leaves(void)
{
    fixture_open(&fx, "sd1");
    check_objective_leaf("word");
    check_objective_leaf("hint");
    fixture_close(&fx);
}

// The new word's ten steps against the reference framework: its row and the adapter together. The
// row is an objective's leaf, or that of a learned token.
static void check_word_reference(bool token)
{
    struct reference reference;
    fixture_open(&fx, "sd1");
    reference_open(&reference, &fx, "batch", "sd1");
    struct settings *learn = learn_new(token ? "each" : "word", 3);
    if (token) {
        g_assert_true(model_embed_like(fx.model, "<rex>", "dog", 1, NULL));
        reference.examples[0].caption = "a photo of a <rex> on the beach";
        reference.examples[2].caption = "a <rex>";
        reference.tokens[0] = "<rex>";
        g_assert_true(settings_set(learn, "token_lr", 0.02, NULL));
    }
    struct adapter *a = fixture_adapter(&fx, "lora", REFERENCE_ADAPTER "rank=4");
    fixture_start(&fx, a, "lora");
    struct trainer *t = reference_trainer(&reference, a, learn, 0.1, NULL);
    reference_check(&reference, t, a, "word", "each3", 0.1);
    trainer_free(t);
    adapter_free(a);
    settings_free(learn);
    reference_close(&reference);
    fixture_close(&fx);
}

static void test_word_reference(void)
{
    check_word_reference(false);
}

static void test_token_reference(void)
{
    check_word_reference(true);
}

struct log {
    double loss[16];
    int count, stop_after;
};

static void log_step(struct task *task, const struct task_progress *progress)
{
    struct log *log = task->data;
    const struct train_report *report = progress->training;
    log->loss[log->count++] = report->loss;
    g_assert_cmpfloat(fabs(report->role_loss[ROLE_INSTANCE] - report->loss), <=,
                      1e-5 * report->loss);
    g_assert_true(isnan(report->role_loss[ROLE_PRIOR]));
    if (log->count == log->stop_after) {
        g_cancellable_cancel(task->cancellable);
    }
}

static struct adapter *eight_steps(void)
{
    return fixture_adapter(&fx, "lora", "steps=8 lr=0.01 rank=2");
}

static float *leaf_copy(const struct train_leaf *leaf)
{
    return g_memdup2(leaf->value, (gsize)leaf->count * sizeof *leaf->value);
}

// Eight steps in one go, and three, a checkpoint, a new trainer and five more: the same bits, also
// of the objective's leaf.
static void check_resume(const char *objective, const char *file)
{
    g_autoptr(GError) error = NULL;
    struct pictures p;
    pictures_make(&p);
    struct settings *learn = learn_new(objective, 2);
    struct adapter *whole = eight_steps(), *first = eight_steps(), *second = eight_steps();
    struct log log = {0}, halves = {.stop_after = 3};
    struct trainer *t = trainer_open(whole, &p, 3, learn, NULL);
    const struct train_leaf *leaf = own_leaf();
    const gsize bytes = (gsize)leaf->count * sizeof(float);
    g_autofree float *begin = leaf_copy(leaf);
    g_assert_true(trainer_run(t, &(struct task){log_step, &log, NULL}, &error));
    g_autofree float *expected = leaf_copy(leaf);
    g_assert_true(memcmp(begin, expected, bytes) != 0);
    g_autofree float *on_device = g_new(float, leaf->count);
    g_assert_true(tensor_read(leaf->tensor, on_device, &error));
    g_assert_cmpmem(on_device, bytes, expected, bytes);
    trainer_free(t);

    t = trainer_open(first, &p, 3, learn, file);
    g_autoptr(GCancellable) cancel = g_cancellable_new();
    g_assert_false(trainer_run(t, &(struct task){log_step, &halves, cancel}, &error));
    g_assert_error(error, G_IO_ERROR, G_IO_ERROR_CANCELLED);
    g_clear_error(&error);
    trainer_free(t);
    t = trainer_open(second, &p, 3, learn, file);
    g_assert_true(trainer_resume(t, file, &error));
    g_assert_no_error(error);
    g_assert_true(trainer_run(t, &(struct task){log_step, &halves, NULL}, &error));
    leaf = own_leaf();
    g_assert_cmpmem(leaf->value, bytes, expected, bytes);
    g_assert_cmpmem(log.loss, sizeof log.loss, halves.loss, sizeof halves.loss);
    trainer_free(t);
    for (guint i = 0; i < whole->params->len; i++) {
        const struct adapter_param *a = whole->params->pdata[i], *b = second->params->pdata[i];
        g_assert_cmpmem(a->value, (size_t)a->count * 4, b->value, (size_t)b->count * 4);
    }
    adapter_free(whole);
    adapter_free(first);
    adapter_free(second);
    settings_free(learn);
    pictures_clear(&p);
}

// Adam's first step is as long as the rate, and that is the leaf's own.
static void test_rate(void)
{
    g_autoptr(GError) error = NULL;
    struct run r;
    fixture_open(&fx, "sd1");
    run_open(&r, "word", 1, 1);
    const struct train_leaf *leaf = own_leaf();
    g_autofree float *begin = leaf_copy(leaf);
    trainer_draw(r.trainer);
    loss_of(r.trainer, r.gradient);
    g_assert_true(isfinite(trainer_update(r.trainer, r.gradient, &error)));
    double longest = 0;
    for (int64_t i = 0; i < leaf->count; i++) {
        longest = fmax(longest, fabs(leaf->value[i] - begin[i]));
    }
    g_assert_cmpfloat(fabs(longest - leaf->lr), <=, 0.02 * leaf->lr);
    run_close(&r);
    fixture_close(&fx);
}

static void test_resume(void)
{
    fixture_open(&fx, "sd1");
    g_autofree char *file = fixture_file(&fx, "leaves.checkpoint");
    check_resume("word", file);
    check_resume("hint", file);
    fixture_close(&fx);
}

// ---- asking for attention -----------------------------------------------------------------------

static double pair_at(struct run *r, double penalty)
{
    run_open(r, "pair", 1, 2);
    settings_set(r->learn, "penalty", penalty, NULL);
    trainer_free(r->trainer);
    r->trainer = trainer_open(r->adapter, &r->pictures, 2, r->learn, NULL);
    trainer_draw(r->trainer);
    return loss_of(r->trainer, r->gradient);
}

// The penalty is part of the loss by its weight, and its gradient reaches the adapter: the
// difference quotient along the penalty's part of the gradient.
static void test_penalty(void)
{
    struct run none, one, two;
    fixture_open(&fx, "sd1");
    const double loss0 = pair_at(&none, 0), loss1 = pair_at(&one, 1), loss2 = pair_at(&two, 2);
    g_assert_cmpfloat(loss1 - loss0, >, 1e-2 * loss0);
    g_assert_cmpfloat(fabs(loss2 - loss0 - 2 * (loss1 - loss0)), <=, 1e-4 * loss2);
    double norm = 0, value[2];
    const int64_t n = trainer_count(one.trainer);
    for (int64_t i = 0; i < n; i++) {
        one.gradient[i] -= none.gradient[i];
        norm += (double)one.gradient[i] * one.gradient[i];
    }
    norm = sqrt(norm);
    g_assert_cmpfloat(norm, >, 1e-3);
    const double step = 0.02;
    for (int side = 0; side < 2; side++) {
        struct run *const runs[] = {&none, &one};
        value[side] = 0;
        for (int k = 0; k < 2; k++) {
            int64_t at = 0;
            struct adapter *a = runs[k]->adapter;
            fixture_randomize(a, 5, 0.1);
            for (guint i = 0; i < a->params->len; i++) {
                const struct adapter_param *p = a->params->pdata[i];
                for (int j = 0; j < p->count; j++, at++) {
                    p->value[j] += (float)((side ? step : -step) * one.gradient[at] / norm);
                }
            }
            g_assert_true(adapter_upload(a, NULL));
            value[side] += (k ? 1 : -1) * loss_of(runs[k]->trainer, two.gradient);
        }
    }
    const double quotient = (value[1] - value[0]) / (2 * step);
    g_test_message("penalty: slope %g, difference quotient %g", norm, quotient);
    g_assert_cmpfloat(fabs(quotient - norm), <=, 0.02 * norm);
    run_close(&none);
    run_close(&one);
    run_close(&two);
    fixture_close(&fx);
}

// A training goes on with the objective's settings that it began with, or not at all.
static void test_other_settings(void)
{
    g_autoptr(GError) error = NULL;
    struct run r;
    fixture_open(&fx, "sd1");
    g_autofree char *file = fixture_file(&fx, "settings.checkpoint");
    run_open(&r, "pair", 1, 2);
    g_assert_true(trainer_checkpoint(r.trainer, file, &error));
    g_assert_true(trainer_resume(r.trainer, file, &error));
    trainer_free(r.trainer);
    settings_set(r.learn, "penalty", 0.5, NULL);
    r.trainer = trainer_open(r.adapter, &r.pictures, 2, r.learn, NULL);
    g_assert_false(trainer_resume(r.trainer, file, &error));
    g_assert_error(error, TINCTURE_ERROR, TINCTURE_ERROR_MISMATCH);
    g_test_message("%s", error->message);
    g_assert_nonnull(strstr(error->message, "penalty=0.01"));
    g_assert_nonnull(strstr(error->message, "penalty=0.5"));
    g_clear_error(&error);
    trainer_free(r.trainer);
    g_assert_true(settings_parse(r.learn, "objective", "each", NULL));
    r.trainer = trainer_open(r.adapter, &r.pictures, 2, r.learn, NULL);
    g_assert_false(trainer_resume(r.trainer, file, &error));
    g_assert_nonnull(strstr(error->message, "objective=pair"));
    g_clear_error(&error);
    trainer_free(r.trainer);
    r.pictures.examples[0].role = ROLE_CONTENT; // the same pictures for something else
    g_assert_true(settings_parse(r.learn, "objective", "pair", NULL));
    settings_set(r.learn, "penalty", 0.01, NULL);
    r.trainer = trainer_open(r.adapter, &r.pictures, 2, r.learn, NULL);
    g_assert_false(trainer_resume(r.trainer, file, &error));
    g_assert_nonnull(strstr(error->message, "pictures"));
    run_close(&r);
    fixture_close(&fx);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/objective/weights", test_weights);
    g_test_add_func("/objective/places", test_places);
    g_test_add_func("/objective/masks", test_masks);
    g_test_add_func("/objective/rows", test_rows);
    g_test_add_func("/objective/refused", test_refused);
    g_test_add_func("/objective/leaves", test_leaves);
    g_test_add_func("/objective/word-reference", test_word_reference);
    g_test_add_func("/objective/token-reference", test_token_reference);
    g_test_add_func("/objective/rate", test_rate);
    g_test_add_func("/objective/resume", test_resume);
    g_test_add_func("/objective/penalty", test_penalty);
    g_test_add_func("/objective/other-settings", test_other_settings);
    return g_test_run();
}
