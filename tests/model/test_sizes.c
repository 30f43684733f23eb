// Pictures whose latents no level of the U-Net halves evenly, against the reference
// (tests/data/sizes/make_size_vectors.py), and as runs.

#include "compute/edit/private.h"
#include "compute/file/safetensors.h"

#include <math.h>
#include <string.h>

#define TOLERANCE 1e-5 // of the largest value
#define HEIGHT    9
#define WIDTH     11

static struct gpu *gpu;
static struct st_file *vectors;

static float *read_vector(const char *model, const char *what, int64_t *count)
{
    g_autofree char *name = g_strdup_printf("%s.%s", model, what);
    const struct st_tensor *t = st_find(vectors, name);
    float *values = g_new(float, t->count);
    g_assert_true(st_read_f32(t, values, true, NULL));
    *count = t->count;
    return values;
}

static struct editor *open_editor(const char *name)
{
    g_autoptr(GError) error = NULL;
    g_autofree char *path = g_test_build_filename(G_TEST_DIST, "data", "models", name, NULL);
    struct model *m = model_load(path, gpu, NULL, &error);
    g_assert_no_error(error);
    struct editor *e = editor_new(m, &error);
    g_assert_no_error(error);
    return e;
}

static void test_prediction(gconstpointer name)
{
    g_autoptr(GError) error = NULL;
    int64_t n;
    g_autofree float *latents = read_vector(name, "latents", &n),
                     *expected = read_vector(name, "prediction", &n);
    g_autofree float *prediction = g_new(float, n);
    struct editor *e = open_editor(name);
    struct model *m = e->model;
    const int f = model_latent_factor(m);
    g_assert_true(editor_predict(e, latents, WIDTH * f, HEIGHT * f, 500,
                                 "a photo of a dog on the beach", prediction, &error));
    g_assert_no_error(error);
    double worst = 0, largest = 0;
    for (int64_t i = 0; i < n; i++) {
        worst = fmax(worst, fabs((double)prediction[i] - expected[i]));
        largest = fmax(largest, fabs(expected[i]));
    }
    g_test_message("off by %g of %g", worst, largest);
    g_assert_cmpfloat(worst, <=, TOLERANCE * largest);
    editor_free(e);
    model_free(m);
}

// An edit and a picture from noise of such a size; sizes that no latents fit stay refused.
static void test_run(void)
{
    g_autoptr(GError) error = NULL;
    struct editor *e = open_editor("levels");
    struct model *m = e->model;
    const int f = model_latent_factor(m);
    struct settings *s = settings_new(edit_settings);
    g_autofree float *rgb = g_new0(float, (gsize)WIDTH *f *HEIGHT *f * 3);
    settings_set(s, "steps", 2, NULL);
    settings_set(s, "locality", 0.5, NULL);
    struct edit_request q = {.settings = s,
                             .rgb = rgb,
                             .width = WIDTH * f,
                             .height = HEIGHT * f,
                             .source_prompt = "a dog",
                             .prompt = "a cat"};
    for (int i = 0; i < 2; i++) {
        struct edit_result *r = editor_run(e, &q, NULL, &error);
        g_assert_no_error(error);
        g_assert_cmpint(r->width, ==, WIDTH * f);
        edit_result_free(r);
        q.rgb = NULL;
        q.source_prompt = NULL;
    }
    q.width++;
    g_assert_null(editor_run(e, &q, NULL, &error));
    g_assert_nonnull(strstr(error->message, "not a multiple of"));
    settings_free(s);
    editor_free(e);
    model_free(m);
}

int main(int argc, char **argv)
{
    g_autoptr(GError) error = NULL;
    g_test_init(&argc, &argv, NULL);
    gpu = gpu_open(NULL, &error);
    g_assert_no_error(error);
    g_autofree char *path =
        g_test_build_filename(G_TEST_DIST, "data", "sizes", "vectors.safetensors", NULL);
    vectors = st_open(path, &error);
    g_assert_no_error(error);
    g_test_add_data_func("/sizes/levels", "levels", test_prediction);
    g_test_add_data_func("/sizes/sd1", "sd1", test_prediction);
    g_test_add_data_func("/sizes/wide", "wide", test_prediction);
    g_test_add_func("/sizes/run", test_run);
    int status = g_test_run();
    g_assert_cmpuint(gpu_validation_count(gpu), ==, 0);
    st_free(vectors);
    gpu_free(gpu);
    return status;
}
