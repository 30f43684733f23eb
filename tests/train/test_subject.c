// The objective `subject`: its loss is that of the instances plus w that of the prior samples.

#include "compute/train/objective.h"
#include "fixture.h"

#include <math.h>
#include <string.h>

static struct fixture fx;
static double min_snr; // of the next trainer

static struct trainer *make_trainer(struct adapter *a, int roles, double weight, GError **error)
{
    const int side = 8 * model_latent_factor(fx.model);
    struct train_example examples[4];
    g_autofree float *rgb = g_new(float, side *side * 3);
    for (int i = 0; i < side * side * 3; i++) {
        rgb[i] = sinf(0.1f * (float)i);
    }
    for (int i = 0; i < 4; i++) {
        examples[i] = (struct train_example){.width = side,
                                             .height = side,
                                             .rgb = rgb,
                                             .caption = i % 2 ? "a dog" : "a photo of a dog",
                                             .role = i % roles ? ROLE_PRIOR : ROLE_INSTANCE};
    }
    struct settings *learn = settings_new(learn_settings);
    g_assert_true(settings_parse(learn, "objective", "subject", NULL));
    g_assert_true(settings_set(learn, "prior_weight", weight, NULL));
    g_assert_true(settings_set(learn, "batch", 2, NULL));
    g_assert_true(settings_set(learn, "min_snr", min_snr, NULL));
    const struct train_set set = {examples, 4};
    const struct train_params params = {.settings = learn, .seed = 9};
    struct trainer *t = trainer_new(fx.model, a, &set, &params, NULL, error);
    settings_free(learn);
    return t;
}

// The loss of the batch with the rows [begin, end) alone, each at weight 1.
static double mean_of(struct trainer *t, struct train_batch *b, int begin, int end, float *gradient)
{
    double loss;
    for (int i = 0; i < b->count; i++) {
        b->rows[i].weight = i >= begin && i < end;
    }
    g_assert_true(trainer_gradient(t, &loss, gradient, NULL));
    return loss * b->count / (end - begin);
}

static void test_loss(void)
{
    g_autoptr(GError) error = NULL;
    fixture_open(&fx, "sd1");
    struct adapter *a = fixture_adapter(&fx, "lora", "");
    const double weights[] = {1, 0.25};
    for (size_t k = 0; k < G_N_ELEMENTS(weights); k++) {
        struct trainer *t = make_trainer(a, 2, weights[k], &error);
        g_assert_no_error(error);
        g_autofree float *gradient = g_new(float, trainer_count(t));
        struct train_batch *b = trainer_draw(t);
        g_assert_cmpint(b->count, ==, 4); // twice the batch
        for (int i = 0; i < 4; i++) {
            g_assert_cmpint(b->rows[i].role, ==, i < 2 ? ROLE_INSTANCE : ROLE_PRIOR);
            g_assert_cmpint(b->rows[i].caption, ==, i < 2 ? 0 : 1);
            g_assert_cmpint(b->rows[i].timestep, !=, b->rows[(i + 1) % 4].timestep);
        }
        double loss;
        g_assert_true(trainer_gradient(t, &loss, gradient, &error));
        const double expected =
            mean_of(t, b, 0, 2, gradient) + weights[k] * mean_of(t, b, 2, 4, gradient);
        g_assert_cmpfloat(fabs(loss - expected), <=, 1e-5 * expected);
        trainer_free(t);
    }
    adapter_free(a);
    fixture_close(&fx);
}

// Without a weight the class takes no part, and nobody has to bring pictures of it.
static void test_alone(void)
{
    g_autoptr(GError) error = NULL;
    fixture_open(&fx, "sd1");
    struct adapter *a = fixture_adapter(&fx, "lora", "");
    struct trainer *t = make_trainer(a, 1, 0, &error);
    g_assert_no_error(error);
    const struct train_batch *b = trainer_draw(t);
    g_assert_cmpint(b->count, ==, 2);
    for (int i = 0; i < b->count; i++) {
        g_assert_cmpint(b->rows[i].role, ==, ROLE_INSTANCE);
        g_assert_cmpfloat(b->rows[i].weight, ==, 1);
    }
    trainer_free(t);
    adapter_free(a);
    fixture_close(&fx);
}

// Min-SNR: each row's weight is that of its time step.
static void test_min_snr(void)
{
    g_autoptr(GError) error = NULL;
    fixture_open(&fx, "sd1");
    struct adapter *a = fixture_adapter(&fx, "lora", "");
    struct noise_schedule schedule;
    noise_schedule_init(&schedule, &fx.model->sched);
    min_snr = 5;
    struct trainer *t = make_trainer(a, 1, 0, &error);
    min_snr = 0;
    g_assert_no_error(error);
    bool low = false, high = false;
    for (int k = 0; k < 32; k++) {
        const struct train_row *row = &trainer_draw(t)->rows[0];
        const double alpha = noise_schedule_alpha(&schedule, row->timestep);
        const double snr = alpha / (1 - alpha);
        g_assert_cmpfloat(fabs(row->weight - fmin(snr, 5) / snr), <=, 1e-6);
        low = low || row->weight < 1;
        high = high || row->weight == 1;
    }
    g_assert_true(low && high);
    noise_schedule_finish(&schedule);
    trainer_free(t);
    adapter_free(a);
    fixture_close(&fx);
}

static void see_roles(struct task *task, const struct task_progress *progress)
{
    const struct train_report *r = progress->training;
    const double sum = r->role_loss[ROLE_INSTANCE] + 0.5 * r->role_loss[ROLE_PRIOR];
    g_assert_cmpfloat(fabs(r->loss - sum), <=, 1e-5 * sum);
    (*(int *)task->data)++;
}

// A run reports both losses; without pictures of the class there is none.
static void test_run(void)
{
    g_autoptr(GError) error = NULL;
    fixture_open(&fx, "sd1");
    struct adapter *a = fixture_adapter(&fx, "lora", "steps=3");
    struct trainer *t = make_trainer(a, 2, 0.5, &error);
    int reports = 0;
    g_assert_true(trainer_run(t, &(struct task){see_roles, &reports, NULL}, &error));
    g_assert_cmpint(reports, ==, 3);
    g_assert_cmpstr(g_hash_table_lookup(a->metadata, "tincture.objective"), ==, "subject");
    trainer_free(t);
    g_assert_null(make_trainer(a, 1, 1, &error));
    g_assert_error(error, TINCTURE_ERROR, TINCTURE_ERROR_ARGUMENT);
    g_assert_nonnull(strstr(error->message, "class"));
    adapter_free(a);
    fixture_close(&fx);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/subject/loss", test_loss);
    g_test_add_func("/subject/alone", test_alone);
    g_test_add_func("/subject/min-snr", test_min_snr);
    g_test_add_func("/subject/run", test_run);
    return g_test_run();
}
