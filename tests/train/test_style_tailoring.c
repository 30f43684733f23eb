// The objective `style_tailoring`: each set in its time steps, and a loss that is the sum of both;
// and what any objective may be learned on top of.
#include "compute/train/objective.h"
#include "fixture.h"

#include <math.h>
#include <string.h>

#define PICTURES 4
#define SPLIT    600

static struct fixture fx;

// What the next trainer is made with.
static struct train_example examples[PICTURES];
static float *rgb[PICTURES];
static bool mixed;
static struct adapter *beneath;
static const char *checkpoint;

static void open_all(void)
{
    fixture_open(&fx, "sd1");
    const int side = 8 * model_latent_factor(fx.model);
    for (int i = 0; i < PICTURES; i++) {
        rgb[i] = g_new(float, side *side * 3);
        for (int k = 0; k < side * side * 3; k++) {
            rgb[i][k] = sinf(0.1f * (float)(k + 50 * i));
        }
        examples[i] = (struct train_example){.width = side,
                                             .height = side,
                                             .rgb = rgb[i],
                                             .caption = i % 2 ? "a dog" : "a photo of a dog",
                                             .role = i % 2 ? ROLE_STYLE : ROLE_CONTENT};
    }
    mixed = false;
    checkpoint = NULL;
}

static void close_all(void)
{
    for (int i = 0; i < PICTURES; i++) {
        g_free(rgb[i]);
    }
    fixture_close(&fx);
}

static struct trainer *make_trainer(struct adapter *a, GError **error)
{
    struct settings *learn = settings_new(learn_settings);
    g_assert_true(settings_parse(learn, "objective", "style_tailoring", NULL));
    g_assert_true(settings_set(learn, "split", SPLIT, NULL));
    g_assert_true(settings_set(learn, "mixed", mixed, NULL));
    g_assert_true(settings_set(learn, "batch", 2, NULL));
    const struct train_set set = {examples, PICTURES, NULL};
    const struct train_params params = {.settings = learn,
                                        .seed = 9,
                                        .checkpoint_path = checkpoint,
                                        .beneath = &beneath,
                                        .n_beneath = beneath != NULL};
    struct trainer *t = trainer_new(fx.model, a, &set, &params, NULL, error);
    settings_free(learn);
    return t;
}

static struct trainer *make_ok(struct adapter *a)
{
    g_autoptr(GError) error = NULL;
    struct trainer *t = make_trainer(a, &error);
    g_assert_no_error(error);
    return t;
}

// ---- what is drawn ------------------------------------------------------------------------------

static void test_steps(void)
{
    open_all();
    struct adapter *a = fixture_adapter(&fx, "lora", "");
    examples[1].t_end = SPLIT / 2; // counts within the set's
    examples[3].t_end = SPLIT / 2;
    for (int k = 0; k < 2; k++) {
        int lowest[2] = {1000, 1000}, highest[2] = {0, 0};
        mixed = k;
        struct trainer *t = make_ok(a);
        for (int i = 0; i < 100; i++) {
            const struct train_batch *b = trainer_draw(t);
            g_assert_cmpint(b->count, ==, 4); // twice the batch
            for (int r = 0; r < b->count; r++) {
                const int style = r >= 2;
                g_assert_cmpint(b->rows[r].role, ==, style ? ROLE_STYLE : ROLE_CONTENT);
                g_assert_cmpint(b->rows[r].sample % 2, ==, style);
                g_assert_cmpfloat(b->rows[r].weight, ==, 2);
                lowest[style] = MIN(lowest[style], b->rows[r].timestep);
                highest[style] = MAX(highest[style], b->rows[r].timestep);
            }
        }
        g_assert_cmpint(lowest[0], >=, mixed ? 0 : SPLIT);
        g_assert_cmpint(lowest[0], <, mixed ? SPLIT / 2 : SPLIT + 50);
        g_assert_cmpint(highest[0], >, 950);
        g_assert_cmpint(lowest[1], <, 50);
        g_assert_cmpint(highest[1], >, SPLIT / 2 - 50);
        g_assert_cmpint(highest[1], <, SPLIT / 2);
        trainer_free(t);
    }
    adapter_free(a);
    close_all();
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
    open_all();
    struct adapter *a = fixture_adapter(&fx, "lora", "");
    struct trainer *t = make_ok(a);
    g_autofree float *gradient = g_new(float, trainer_count(t));
    struct train_batch *b = trainer_draw(t);
    double loss;
    g_assert_true(trainer_gradient(t, &loss, gradient, NULL));
    const double expected = mean_of(t, b, 0, 2, gradient) + mean_of(t, b, 2, 4, gradient);
    g_assert_cmpfloat(fabs(loss - expected), <=, 1e-5 * expected);
    trainer_free(t);
    adapter_free(a);
    close_all();
}

// ---- what is refused ----------------------------------------------------------------------------

static void refused(struct adapter *a, const char *says)
{
    g_autoptr(GError) error = NULL;
    g_assert_null(make_trainer(a, &error));
    g_assert_error(error, TINCTURE_ERROR, TINCTURE_ERROR_ARGUMENT);
    if (!strstr(error->message, says)) {
        g_error("\"%s\" does not say \"%s\"", error->message, says);
    }
}

static void set_roles(enum train_role even, enum train_role odd)
{
    for (int i = 0; i < PICTURES; i++) {
        examples[i].role = i % 2 ? odd : even;
    }
}

static void test_refused(void)
{
    open_all();
    struct adapter *a = fixture_adapter(&fx, "lora", "");
    set_roles(ROLE_STYLE, ROLE_STYLE);
    refused(a, "show what is drawn");
    set_roles(ROLE_CONTENT, ROLE_CONTENT);
    refused(a, "show how it is drawn");
    set_roles(ROLE_CONTENT, ROLE_STYLE);
    examples[0].role = ROLE_INSTANCE;
    refused(a, "picture 1 of 4 is of neither");
    examples[0].role = ROLE_CONTENT;
    examples[2].t_begin = 100;
    examples[2].t_end = SPLIT;
    refused(a, "no time step is left to picture 3 of 4");
    examples[2].t_begin = examples[2].t_end = 0;
    examples[3].t_begin = SPLIT;
    examples[3].t_end = 1000;
    refused(a, "no time step is left to picture 4 of 4");
    examples[3].t_begin = examples[3].t_end = 0;
    examples[1].rgb = examples[0].rgb;
    examples[3].rgb = examples[2].rgb;
    refused(a, "content and style are the same pictures");
    examples[3].rgb = rgb[3]; // one of its own is enough
    trainer_free(make_ok(a));
    adapter_free(a);
    close_all();
}

// ---- on top of another --------------------------------------------------------------------------

static struct adapter *frozen(double scale)
{
    struct adapter *a = fixture_adapter(&fx, "oft", "blocks=2");
    fixture_randomize(a, 3, 0.05);
    a->scale = scale;
    return a;
}

static bool same_values(const struct adapter *a, const struct adapter *b)
{
    bool same = true;
    for (guint i = 0; i < a->params->len; i++) {
        const struct adapter_param *p = a->params->pdata[i], *q = b->params->pdata[i];
        same = same && memcmp(p->value, q->value, (size_t)p->count * sizeof *p->value) == 0;
    }
    return same;
}

static void stop_at_third(struct task *task, const struct task_progress *progress)
{
    if (progress->training && progress->training->step == 3) {
        g_cancellable_cancel(task->cancellable);
    }
}

// Three steps, a checkpoint and three more are six, to the bit; what lies beneath stays as it is.
static void test_continued(void)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(GCancellable) cancel = g_cancellable_new();
    open_all();
    g_autofree char *file = fixture_file(&fx, "tailoring.checkpoint");
    struct adapter *whole = fixture_adapter(&fx, "lora", "steps=6"),
                   *first = fixture_adapter(&fx, "lora", "steps=6"),
                   *rest = fixture_adapter(&fx, "lora", "steps=6"), *before = frozen(0.7);
    beneath = frozen(0.7);
    struct trainer *t = make_ok(whole);
    g_assert_true(trainer_run(t, NULL, &error));
    trainer_free(t);
    checkpoint = file;
    t = make_ok(first);
    g_assert_false(trainer_run(t, &(struct task){stop_at_third, NULL, cancel}, &error));
    g_clear_error(&error);
    trainer_free(t);
    t = make_ok(rest);
    g_assert_true(trainer_resume(t, file, &error));
    g_assert_cmpint(trainer_step(t), ==, 3);
    g_assert_true(trainer_run(t, NULL, &error));
    trainer_free(t);
    g_assert_true(same_values(whole, rest));
    g_assert_false(same_values(whole, first));
    g_assert_true(same_values(beneath, before));
    g_assert_cmpfloat(beneath->scale, ==, 0.7);
    g_autofree char *said = adapters_text(&beneath, 1);
    g_assert_cmpstr(g_hash_table_lookup(whole->metadata, ADAPTER_BENEATH), ==, said);
    adapter_free(whole);
    adapter_free(first);
    adapter_free(rest);
    adapter_free(before);
    g_clear_pointer(&beneath, adapter_free);
    close_all();
}

static void resume_refused(struct adapter *a, const char *file)
{
    g_autoptr(GError) error = NULL;
    struct trainer *t = make_ok(a);
    g_assert_false(trainer_resume(t, file, &error));
    g_assert_nonnull(strstr(error->message, "the adapters beneath are others"));
    trainer_free(t);
}

// A checkpoint knows what lay beneath, and one without any is one without any.
static void test_other_beneath(void)
{
    g_autoptr(GError) error = NULL;
    open_all();
    g_autofree char *file = fixture_file(&fx, "beneath.checkpoint");
    struct adapter *a = fixture_adapter(&fx, "lora", "steps=2"), *with = frozen(0.7);
    beneath = with;
    struct trainer *t = make_ok(a);
    g_assert_true(trainer_checkpoint(t, file, &error));
    trainer_free(t);
    with->scale = 0.6;
    resume_refused(a, file);
    beneath = NULL;
    resume_refused(a, file);
    t = make_ok(a);
    g_assert_true(trainer_checkpoint(t, file, &error));
    g_assert_true(trainer_resume(t, file, &error));
    trainer_free(t);
    beneath = with;
    resume_refused(a, file);
    g_assert_true(adapter_set_range(with, 0, 500, &error));
    refused(a, "is to act in some time steps alone");
    beneath = NULL;
    adapter_free(a);
    adapter_free(with);
    close_all();
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/style-tailoring/steps", test_steps);
    g_test_add_func("/style-tailoring/loss", test_loss);
    g_test_add_func("/style-tailoring/refused", test_refused);
    g_test_add_func("/style-tailoring/continued", test_continued);
    g_test_add_func("/style-tailoring/other-beneath", test_other_beneath);
    return g_test_run();
}
