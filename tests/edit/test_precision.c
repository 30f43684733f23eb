// What bf16 costs: the same pictures drawn and the same photo learned in fp32 and in bf16, with the
// starter. Skipped where the processor cannot multiply in bf16; that its products are what they
// should be is tested everywhere (tests/op/test_packed.c).
//
// Of pictures after twenty guided steps 54 to 60 dB were measured; of six trainings of a hundred
// steps with each of two methods mean losses of 0.9955 to 1.0008 times fp32's (SVDiff) and of
// 0.9887 to 1.0113 (OFT, 0.9981 on average), whose ways part as those of two seeds do.
#include "compute/edit/edit.h"
#include "compute/gpu/host.h"
#include "compute/train/train.h"

#include <math.h>

#define LEAST_DB    45.0 // between the pictures
#define MOST_ALIKE  90.0 // above, nothing was computed in bf16
#define MOST_STEP   0.25 // difference of a step's loss, as a part of the mean loss: paths part
#define MOST_MEAN   0.02 // the same of the mean
#define LEARN_STEPS 100

static struct gpu *gpu;
static struct model *model;

static void set_precision(const char *precision)
{
    g_autoptr(GError) error = NULL;
    g_assert_true(gpu_set_precision(gpu, precision, &error));
    g_assert_no_error(error);
}

// ---- pictures -----------------------------------------------------------------------------------

static struct edit_result *draw(const char *precision, const char *prompt, gint64 seed)
{
    g_autoptr(GError) error = NULL;
    set_precision(precision);
    struct editor *editor = editor_new(model, &error); // whose programs keep the precision
    g_assert_no_error(error);
    struct settings *s = settings_new(generate_settings);
    g_assert_true(settings_set(s, "steps", 20, &error));
    g_assert_true(settings_set(s, "guidance", 7.5, &error));
    const int side = model_default_size(model);
    const struct edit_request q = {
        .settings = s, .prompt = prompt, .seed = seed, .width = side, .height = side};
    struct edit_result *r = editor_run(editor, &q, NULL, &error);
    g_assert_no_error(error);
    settings_free(s);
    editor_free(editor);
    return r;
}

// Of colours from -1 to 1.
static double decibels(const float *a, const float *b, int n)
{
    double sum = 0;
    for (int i = 0; i < n; i++) {
        sum += ((double)a[i] - b[i]) * ((double)a[i] - b[i]);
    }
    return 10 * log10(4 / (sum / n));
}

static void test_pictures(void)
{
    static const char *const prompts[] = {"a red flower in a meadow", "a photograph of a cat"};
    for (int i = 0; i < (int)G_N_ELEMENTS(prompts); i++) {
        struct edit_result *exact = draw("fp32", prompts[i], i);
        struct edit_result *again = draw("fp32", prompts[i], i);
        struct edit_result *rounded = draw("bf16", prompts[i], i);
        const int n = exact->width * exact->height * 3;
        g_assert_cmpmem(exact->rgb, sizeof(float) * n, again->rgb, sizeof(float) * n);
        const double db = decibels(exact->rgb, rounded->rgb, n);
        g_test_message("%s: %.1f dB", prompts[i], db);
        g_assert_cmpfloat(db, >, LEAST_DB);
        g_assert_cmpfloat(db, <, MOST_ALIKE);
        edit_result_free(exact);
        edit_result_free(again);
        edit_result_free(rounded);
    }
}

// ---- learning -----------------------------------------------------------------------------------

static void note_loss_cb(struct task *task, const struct task_progress *progress)
{
    double *losses = task->data;
    if (progress->training && progress->training->step <= LEARN_STEPS) {
        losses[progress->training->step - 1] = progress->training->loss;
    }
}

// A disc that shades from one colour to another: something that takes learning.
static float *photo(int side)
{
    float *rgb = g_new(float, (gsize)side *side * 3);
    for (int i = 0; i < side * side; i++) {
        const float x = (float)(i % side) / (float)side, y = (float)(i / side) / (float)side;
        const bool inside = hypotf(x - 0.5f, y - 0.4f) < 0.3f;
        rgb[3 * i] = inside ? x : -y;
        rgb[3 * i + 1] = inside ? -x : y - 0.5f;
        rgb[3 * i + 2] = inside ? y - 1 : 0.3f;
    }
    return rgb;
}

static void learn(const char *precision, const char *method, double *losses)
{
    g_autoptr(GError) error = NULL;
    set_precision(precision);
    struct settings *s = settings_new(learn_settings);
    g_assert_true(settings_parse(s, "method", method, &error));
    g_assert_true(settings_set(s, "steps", LEARN_STEPS, &error));
    const int side = model_default_size(model);
    g_autofree float *rgb = photo(side);
    const struct train_example example = {side, side, rgb, "a photograph of a ball"};
    const struct train_set set = {&example, 1};
    const struct train_params params = {.settings = s, .seed = 1};
    struct task task = {.report = note_loss_cb, .data = losses};
    struct adapter *a = adapter_new(method, model, settings_member(s, "method"), &error);
    g_assert_no_error(error);
    struct trainer *t = trainer_new(model, a, &set, &params, NULL, &error);
    g_assert_no_error(error);
    g_assert_true(trainer_run(t, &task, &error));
    g_assert_no_error(error);
    trainer_free(t);
    adapter_free(a);
    settings_free(s);
}

static double mean(const double *x, int n)
{
    double sum = 0;
    for (int i = 0; i < n; i++) {
        sum += x[i];
    }
    return sum / n;
}

static void test_learning(gconstpointer method)
{
    double exact[LEARN_STEPS] = {0}, rounded[LEARN_STEPS] = {0}, worst = 0;
    learn("fp32", method, exact);
    learn("bf16", method, rounded);
    const double usual = mean(exact, LEARN_STEPS), all = mean(rounded, LEARN_STEPS) / usual;
    for (int i = 0; i < LEARN_STEPS; i++) {
        g_assert_cmpfloat(exact[i], >, 0);
        worst = MAX(worst, fabs(rounded[i] - exact[i]) / usual);
    }
    g_test_message("%s: steps within %.3f, mean %.4f of fp32's", (const char *)method, worst, all);
    g_assert_cmpfloat(worst, >, 0);
    g_assert_cmpfloat(worst, <, MOST_STEP);
    g_assert_cmpfloat(fabs(all - 1), <, MOST_MEAN);
}

int main(int argc, char **argv)
{
    g_autoptr(GError) error = NULL;
    g_test_init(&argc, &argv, NULL);
    gpu = gpu_open(NULL, &error);
    g_assert_no_error(error);
    if (!gpu_set_precision(gpu, "bf16", &error)) {
        g_print("1..0 # SKIP %s\n", error->message);
        gpu_free(gpu);
        return 0;
    }
    g_autofree char *path = g_build_filename(g_getenv("TINCTURE_RESOURCES"), "starter", NULL);
    model = model_load(path, gpu, NULL, &error);
    g_assert_no_error(error);
    g_test_add_func("/precision/pictures", test_pictures);
    g_test_add_data_func("/precision/learning/svdiff", "svdiff", test_learning);
    g_test_add_data_func("/precision/learning/oft", "oft", test_learning);
    const int result = g_test_run();
    model_free(model);
    gpu_free(gpu);
    return result;
}
