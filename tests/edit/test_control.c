// Attention of an edit held to its source's, against the reference's own statement of the method
// (tests/data/make_control_vectors.py).
#include "compute/edit/networks.h"
#include "compute/file/safetensors.h"

#include <math.h>
#include <string.h>

#define CALLS     4
#define TOLERANCE 1e-4 // of the largest number of the reference

static struct gpu *gpu;

struct parity {
    struct model *model;
    struct networks *networks;
    struct st_file *vectors;
    int call, layer; // of the visits
};

static float *read_vector(const struct parity *p, const char *name, int64_t *count)
{
    g_autoptr(GError) error = NULL;
    const struct st_tensor *t = st_find(p->vectors, name);
    g_assert_nonnull(t);
    float *values = g_new(float, t->count);
    g_assert_true(st_read_f32(t, values, true, &error));
    *count = t->count;
    return values;
}

static float *read_call(const struct parity *p, const char *name, int64_t *count)
{
    g_autofree char *full = g_strdup_printf("%s.%d", name, p->call);
    return read_vector(p, full, count);
}

static double distance(const float *a, const float *b, int64_t n)
{
    double worst = 0, largest = 0;
    for (int64_t i = 0; i < n; i++) {
        g_assert_true(isfinite(a[i]));
        worst = fmax(worst, fabs((double)a[i] - (double)b[i]));
        largest = fmax(largest, fabs((double)b[i]));
    }
    return worst / largest;
}

static void check_words(const struct network_map *map, void *data)
{
    struct parity *p = data;
    g_autofree char *name = g_strdup_printf("words.%d.%d", p->call, p->layer++);
    int64_t n;
    g_autofree float *expected = read_vector(p, name, &n);
    g_assert_cmpint(n, ==, 2 * map->height * map->width);
    g_assert_cmpfloat(distance(map->values, expected, n), <=, TOLERANCE);
}

static void check_call(struct parity *p, int h, int w)
{
    g_autoptr(GError) error = NULL;
    int64_t n;
    g_autofree float *latents = read_vector(p, "latents", &n), *text = read_vector(p, "text", &n),
                     *mapper = read_vector(p, "mapper", &n), *words = read_vector(p, "words", &n),
                     *time = read_vector(p, "time", &n), *taken = read_call(p, "taken", &n),
                     *own = read_call(p, "own", &n), *self = read_call(p, "self", &n),
                     *expected = read_call(p, "pred", &n);
    const struct network_control control = {
        .mapper = mapper, .taken = taken, .own = own, .self_taken = self[0], .words = words};
    g_autofree float *prediction = g_new(float, n);
    p->layer = 0;
    networks_predict_controlled(p->networks, 3, h, w, (double)time[0], latents, text, &control,
                                prediction, check_words, p, NULL, &error);
    g_assert_no_error(error);
    const double off = distance(prediction, expected, n);
    g_test_message("call %d: %d layers, prediction off by %.1e", p->call, p->layer, off);
    g_assert_cmpint(p->layer, >, 1);
    g_assert_cmpfloat(off, <=, TOLERANCE);

    // Without what is avoided the other two are the same.
    const int64_t one = n / 3,
                  state = (int64_t)p->model->text.max_tokens * p->model->unet.cross_dim;
    p->layer = 0;
    networks_predict_controlled(p->networks, 2, h, w, (double)time[0], latents + one, text + state,
                                &control, prediction, check_words, p, NULL, &error);
    g_assert_no_error(error);
    g_assert_cmpfloat(distance(prediction, expected + one, 2 * one), <=, TOLERANCE);
}

// One program does for all calls.
static void test_parity(gconstpointer name)
{
    g_autoptr(GError) error = NULL;
    g_autofree char *folder = g_test_build_filename(G_TEST_DIST, "data", "models", name, NULL);
    g_autofree char *path = g_build_filename(folder, "control.safetensors", NULL);
    struct parity p = {.vectors = st_open(path, &error)};
    g_assert_no_error(error);
    p.model = model_load(folder, gpu, NULL, &error);
    g_assert_no_error(error);
    p.networks = networks_new(p.model, p.model->parts);
    const struct st_tensor *latents = st_find(p.vectors, "latents");
    uint64_t bytes = 0;
    for (p.call = 0; p.call < CALLS; p.call++) {
        check_call(&p, (int)latents->shape[1], (int)latents->shape[2]);
        g_assert_true(bytes == 0 || bytes == networks_bytes(p.networks));
        bytes = networks_bytes(p.networks);
    }
    networks_free(p.networks);
    model_free(p.model);
    st_free(p.vectors);
}

int main(int argc, char **argv)
{
    g_autoptr(GError) error = NULL;
    g_test_init(&argc, &argv, NULL);
    gpu = gpu_open(NULL, &error);
    g_assert_no_error(error);
    g_test_add_data_func("/control/parity/sd1", "sd1", test_parity);
    g_test_add_data_func("/control/parity/levels", "levels", test_parity);
    const int status = g_test_run();
    g_assert_cmpuint(gpu_validation_count(gpu), ==, 0);
    gpu_free(gpu);
    return status;
}
