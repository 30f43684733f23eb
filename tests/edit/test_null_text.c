// Null-text inversion on a small model: the gradient of the text against finite differences, the
// photo that comes back better than DDIM's, and what is kept of it.
#include "compute/edit/private.h"
#include "fixture.h"

#include <math.h>
#include <string.h>

enum { SIDE = 16, LATENT = 8, FLOATS = 4 * LATENT * LATENT, STEPS = 5, INNER = 10 };

static struct fixture fx;
static struct editor *editor;
static float rgb[SIDE * SIDE * 3];

static struct settings *new_settings(const char *inverter, double guidance)
{
    g_autoptr(GError) error = NULL;
    struct settings *s = settings_new(edit_settings);
    settings_parse(s, "inverter", inverter, &error);
    settings_parse(s, "control", "none", &error);
    settings_set(s, "steps", STEPS, &error);
    settings_set(s, "guidance", guidance, &error);
    g_assert_no_error(error);
    return s;
}

static struct edit_result *run_task(const char *inverter, double guidance, const char *negative,
                                    struct task *task, GError **error)
{
    struct settings *s = new_settings(inverter, guidance);
    const struct edit_request q = {.settings = s,
                                   .rgb = rgb,
                                   .width = SIDE,
                                   .height = SIDE,
                                   .source_prompt = "a dog on a beach",
                                   .prompt = "a dog on a beach",
                                   .negative = negative};
    struct edit_result *r = editor_run(editor, &q, task, error);
    settings_free(s);
    return r;
}

// The latents of the photo's own sentence.
static void run(const char *inverter, double guidance, const char *negative, float *latents)
{
    g_autoptr(GError) error = NULL;
    struct edit_result *r = run_task(inverter, guidance, negative, NULL, &error);
    g_assert_no_error(error);
    memcpy(latents, r->latents, FLOATS * sizeof *latents);
    edit_result_free(r);
}

// ---- the gradient -------------------------------------------------------------------------------

static float loss_at(const float *x, const float *text, const float *target, float *gradient)
{
    g_autoptr(GError) error = NULL;
    float loss;
    networks_text_gradient(editor->networks, LATENT, LATENT, 300, x, text, target, &loss, gradient,
                           NULL, &error);
    g_assert_no_error(error);
    return loss;
}

static void test_gradient(void)
{
    g_autoptr(GError) error = NULL;
    const int64_t count = embeddings_count(editor);
    g_autofree float *gradient = g_new(float, count), *other = g_new(float, count);
    g_autofree float *text =
        g_memdup2(embeddings_get(editor, "a dog", 0, NULL, &error), (gsize)count * sizeof(float));
    float x[FLOATS], target[FLOATS], prediction[FLOATS];
    for (int i = 0; i < FLOATS; i++) {
        x[i] = (float)sin(i * 0.7);
        target[i] = (float)cos(i * 1.3);
    }
    const float loss = loss_at(x, text, target, gradient);
    networks_predict(editor->networks, 1, LATENT, LATENT, 300, x, text, prediction, NULL, &error);
    g_assert_no_error(error);
    double expected = 0, along = 0;
    for (int i = 0; i < FLOATS; i++) {
        expected += pow((double)prediction[i] - (double)target[i], 2) / FLOATS;
    }
    g_assert_cmpfloat_with_epsilon((double)loss, expected, 1e-4);
    for (int64_t i = 0; i < count; i++) {
        along += (double)gradient[i] * (double)gradient[i];
    }
    // Along the gradient, where the loss changes most.
    const double step = 0.05 / sqrt(along);
    double change = 0;
    for (int sign = -1; sign <= 1; sign += 2) {
        g_autofree float *moved = g_memdup2(text, (gsize)count * sizeof *text);
        for (int64_t i = 0; i < count; i++) {
            moved[i] += (float)(sign * step * (double)gradient[i]);
        }
        change += sign * (double)loss_at(x, moved, target, other) / (2 * step);
    }
    g_test_message("along the gradient %g, by differences %g", along, change);
    g_assert_cmpfloat(along, >, 0);
    g_assert_cmpfloat(fabs(change / along - 1), <=, 0.02);
}

// ---- the photo ----------------------------------------------------------------------------------

static double apart(const float *latents)
{
    float photo[FLOATS];
    hwc_to_chw(editor->photo.latents, LATENT, LATENT, 4, photo);
    double sum = 0;
    for (int i = 0; i < FLOATS; i++) {
        sum += pow((double)latents[i] - (double)photo[i], 2);
    }
    return sqrt(sum / FLOATS);
}

// Guided, DDIM misses the photo by more than what null-text does; unguided nothing is learned.
static void test_comes_back(void)
{
    float ddim[FLOATS], null[FLOATS];
    for (int guidance = 1; guidance <= 9; guidance += 4) {
        run("ddim", guidance, "a lake", ddim);
        const double before = apart(ddim);
        run("null_text", guidance, "a lake", null);
        const double after = apart(null);
        g_test_message("guidance %d: DDIM misses by %.4f, null-text by %.4f", guidance, before,
                       after);
        if (guidance == 1) {
            g_assert_cmpmem(ddim, sizeof ddim, null, sizeof null);
        } else {
            g_assert_cmpfloat(after, <, 0.85 * before);
        }
    }
}

// What was learned for one guidance, or with something else avoided, is not taken for another.
static void test_kept(void)
{
    g_autoptr(GError) error = NULL;
    static const struct {
        double guidance;
        const char *negative;
    } runs[] = {{3, NULL}, {6, NULL}, {6, "a lake"}, {3, "a lake"}};
    for (size_t i = 0; i < G_N_ELEMENTS(runs); i++) {
        float kept[FLOATS], fresh[FLOATS];
        run("null_text", runs[i].guidance, runs[i].negative, kept);
        struct editor *before = editor;
        editor = editor_new(fx.model, &error);
        g_assert_no_error(error);
        run("null_text", runs[i].guidance, runs[i].negative, fresh);
        g_assert_cmpmem(kept, sizeof kept, fresh, sizeof fresh);
        editor_free(editor);
        editor = before;
    }
}

// ---- waiting ------------------------------------------------------------------------------------

struct watch {
    int inverting, last;
    int stop_at; // 0: never
};

static void watch(struct task *task, const struct task_progress *p)
{
    struct watch *w = task->data;
    w->inverting += p->stage == TASK_INVERTING;
    g_assert_cmpint(p->step, >=, w->last);
    g_assert_cmpint(p->step, <=, p->steps);
    w->last = p->step;
    if (w->inverting == w->stop_at) {
        g_cancellable_cancel(task->cancellable);
    }
}

static void test_waiting(void)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(GCancellable) cancellable = g_cancellable_new();
    struct watch w = {.stop_at = STEPS + 4}; // in the middle of what is learned first
    struct task task = {.report = watch, .data = &w, .cancellable = cancellable};
    rgb[0] = 0.5f; // a photo of which nothing is kept
    g_assert_null(run_task("null_text", 3, NULL, &task, &error));
    g_assert_error(error, G_IO_ERROR, G_IO_ERROR_CANCELLED);
    g_assert_cmpint(w.inverting, ==, w.stop_at);
    g_clear_error(&error);

    g_cancellable_reset(cancellable);
    w = (struct watch){0};
    edit_result_free(run_task("null_text", 3, NULL, &task, &error));
    g_assert_no_error(error);
    g_assert_cmpint(w.inverting, >=, 4 * STEPS); // the levels, and at least one step for each step
    g_assert_cmpint(w.last, ==, STEPS + STEPS * (INNER + 2) + 2 * STEPS);
    w = (struct watch){0};
    edit_result_free(run_task("null_text", 3, NULL, &task, &error));
    g_assert_cmpint(w.inverting, ==, 0); // kept
}

int main(int argc, char **argv)
{
    g_autoptr(GError) error = NULL;
    g_test_init(&argc, &argv, NULL);
    fixture_open(&fx, "sd1");
    editor = editor_new(fx.model, &error);
    g_assert_no_error(error);
    for (int i = 0; i < SIDE * SIDE * 3; i++) {
        rgb[i] = (float)(i * 37 % 257 - 128) / 128;
    }
    g_test_add_func("/null-text/gradient", test_gradient);
    g_test_add_func("/null-text/comes-back", test_comes_back);
    g_test_add_func("/null-text/kept", test_kept);
    g_test_add_func("/null-text/waiting", test_waiting);
    const int status = g_test_run();
    editor_free(editor);
    fixture_close(&fx);
    return status;
}
