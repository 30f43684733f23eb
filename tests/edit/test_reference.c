// Inverters on a small model against the papers' equations, as tests/data/edit/make_edit_vectors.py
// states them over the reference's networks.
#include "compute/edit/private.h"
#include "fixture.h"

#include <math.h>
#include <string.h>

enum { SIDE = 16, FLOATS = 4 * 8 * 8, STEPS = 4, SEED = 6 };
// Of the largest number: levels as predictions have it, and five times that where guidance, 3 c - 2
// u, has made five times the error.
static const double TOLERANCE = 1e-5, GUIDED = 5e-5;

static struct fixture fx;
static struct editor *editor;
static struct edit_result *result; // of the run

static void run(const char *inverter, const char *vectors)
{
    g_autoptr(GError) error = NULL;
    float rgb[SIDE * SIDE * 3];
    for (int i = 0; i < SIDE * SIDE * 3; i++) {
        rgb[i] = (float)(i * 37 % 257 - 128) / 128;
    }
    fixture_open(&fx, "sd1");
    g_autofree char *file = g_test_build_filename(G_TEST_DIST, "data", "edit", vectors, NULL);
    st_free(fx.vectors);
    fx.vectors = st_open(file, &error);
    g_assert_no_error(error);
    struct settings *s = settings_new(edit_settings);
    g_assert_true(settings_parse(s, "inverter", inverter, NULL));
    g_assert_true(settings_parse(s, "control", "none", NULL));
    g_assert_true(settings_set(s, "inversion", 1, NULL));
    g_assert_true(settings_set(s, "locality", 0, NULL));
    g_assert_true(settings_set(s, "steps", STEPS, NULL));
    g_assert_true(settings_set(s, "guidance", 3, NULL));
    g_assert_true(settings_set(s, "guidance_rescale", 0, NULL));
    editor = editor_new(fx.model, &error);
    g_assert_no_error(error);
    const struct edit_request q = {.settings = s,
                                   .rgb = rgb,
                                   .width = SIDE,
                                   .height = SIDE,
                                   .source_prompt = "a cat",
                                   .prompt = "a dog",
                                   .seed = SEED};
    result = editor_run(editor, &q, NULL, &error);
    g_assert_no_error(error);
    settings_free(s);
}

static void finish(void)
{
    edit_result_free(result);
    editor_free(editor);
    fixture_close(&fx);
}

// values: FLOATS, channels last; which: the part of the vector.
static void check_level(const char *name, int which, const float *values, double tolerance)
{
    float chw[FLOATS];
    int64_t count;
    g_autofree float *all = fixture_vector(&fx, name, &count);
    g_assert_cmpint(count, ==, STEPS * FLOATS);
    hwc_to_chw(values, 8, 8, 4, chw);
    const double apart = fixture_distance(chw, all + which * FLOATS, FLOATS);
    g_test_message("%s, level %d: %.1e", name, which + 1, apart);
    g_assert_cmpfloat(apart, <=, tolerance);
}

static void check_edit(const char *inverter)
{
    g_autofree char *levels = g_strconcat(inverter, ".levels", NULL);
    g_autofree char *name = g_strconcat(inverter, ".edit", NULL);
    for (int k = 0; k < STEPS; k++) {
        check_level(levels, k, editor->reference.path + (k + 1) * FLOATS, TOLERANCE);
    }
    g_autofree float *expected = fixture_vector(&fx, name, NULL);
    const double apart = fixture_distance(result->latents, expected, FLOATS);
    g_test_message("the edit: %.1e", apart);
    g_assert_cmpfloat(apart, <=, GUIDED);
}

static void test_direct(void)
{
    run("direct", "edit_sd1.safetensors");
    check_edit("direct");
    finish();
}

// What the photo's branch is put back by is sigma_t z_t.
static void test_ddpm(void)
{
    run("ddpm", "edit_sd1.safetensors");
    check_edit("ddpm");
    const struct noise_schedule *schedule = &editor->schedule;
    for (int k = 0; k < STEPS; k++) {
        const int stride = schedule->train_steps / STEPS, t = k * stride + schedule->steps_offset;
        const double a = noise_schedule_alpha(schedule, t);
        const double b = noise_schedule_alpha(schedule, t - stride);
        const double sigma = sqrt((1 - b) / (1 - a) * (1 - a / b));
        float z[FLOATS];
        for (int i = 0; i < FLOATS; i++) {
            z[i] = (float)((editor->reference.path[k * FLOATS + i] -
                            editor->reference.drawn[k * FLOATS + i]) /
                           sigma);
        }
        check_level("ddpm.z", k, z, GUIDED);
    }
    finish();
}

static void test_virtual(void)
{
    run("virtual", "virtual_sd1.safetensors");
    check_edit("virtual");
    finish();
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/edit-reference/direct", test_direct);
    g_test_add_func("/edit-reference/ddpm", test_ddpm);
    g_test_add_func("/edit-reference/virtual", test_virtual);
    return g_test_run();
}
