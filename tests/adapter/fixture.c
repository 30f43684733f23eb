#include "fixture.h"

#include "tests/temp.h"

#include <glib/gstdio.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

// Of this process, for what tests write. GLib reads the place of the cache once, so that it stays
// where it is from one fixture to the next.
static char *folder;

static void remove_at_exit(void)
{
    remove_tree(folder);
    g_free(folder);
}

void fixture_open(struct fixture *f, const char *model)
{
    g_autoptr(GError) error = NULL;
    if (!folder) {
        folder = g_dir_make_tmp("tincture-test-XXXXXX", &error);
        g_assert_no_error(error);
        g_setenv("XDG_CACHE_HOME", folder, TRUE);
        g_assert_cmpstr(g_get_user_cache_dir(), ==, folder);
        atexit(remove_at_exit);
    }
    f->gpu = gpu_open(NULL, &error);
    g_assert_no_error(error);
    g_autofree char *dir = g_test_build_filename(G_TEST_DIST, "data", "models", model, NULL);
    f->model = model_load(dir, f->gpu, NULL, &error);
    g_assert_no_error(error);
    g_autofree char *file_name = g_strconcat(model, ".safetensors", NULL);
    g_autofree char *file = g_test_build_filename(G_TEST_DIST, "data", "train", file_name, NULL);
    f->vectors = g_file_test(file, G_FILE_TEST_EXISTS) ? st_open(file, &error) : NULL;
    g_assert_no_error(error);
}

void fixture_close(struct fixture *f)
{
    g_assert_cmpuint(gpu_validation_count(f->gpu), ==, 0);
    st_free(f->vectors);
    model_free(f->model);
    gpu_free(f->gpu);
}

char *fixture_file(struct fixture *f, const char *name)
{
    return g_build_filename(folder, name, NULL);
}

struct adapter *fixture_adapter(struct fixture *f, const char *method, const char *settings)
{
    g_autoptr(GError) error = NULL;
    struct settings *s = settings_new(adapter_method_find(method)->settings);
    g_auto(GStrv) words = g_strsplit(settings, " ", 0);
    for (int i = 0; words[i] && *words[i]; i++) {
        g_auto(GStrv) pair = g_strsplit(words[i], "=", 2);
        settings_parse(s, pair[0], pair[1], &error);
        g_assert_no_error(error);
    }
    struct adapter *a = adapter_new(method, f->model, s, &error);
    g_assert_no_error(error);
    settings_free(s);
    return a;
}

float *fixture_vector(struct fixture *f, const char *name, int64_t *count)
{
    g_autoptr(GError) error = NULL;
    const struct st_tensor *t = f->vectors ? st_find(f->vectors, name) : NULL;
    if (!t) {
        g_error("no vector %s", name);
    }
    float *values = g_new(float, t->count);
    g_assert_true(st_read_f32(t, values, true, &error));
    g_assert_no_error(error);
    if (count) {
        *count = t->count;
    }
    return values;
}

void fixture_start(struct fixture *f, struct adapter *a, const char *name)
{
    int found = 0, stored = 0;
    g_autofree char *prefix = g_strconcat(name, ".start/", NULL);
    for (guint i = 0; i < a->params->len; i++) {
        struct adapter_param *p = a->params->pdata[i];
        g_autofree char *key = g_strconcat(prefix, p->part, "/", p->path, NULL);
        const struct st_tensor *t = st_find(f->vectors, key);
        if (t) {
            g_assert_cmpint(t->count, ==, p->count);
            st_read_f32(t, p->value, true, NULL);
            found++;
        }
    }
    for (guint i = 0; i < f->vectors->tensors->len; i++) {
        stored += g_str_has_prefix(((const struct st_tensor *)f->vectors->tensors->pdata[i])->name,
                                   prefix);
    }
    g_assert_cmpint(found, ==, stored);
}

void fixture_randomize(struct adapter *a, unsigned seed, double size)
{
    g_autoptr(GRand) rand = g_rand_new_with_seed(seed);
    for (guint i = 0; i < a->params->len; i++) {
        struct adapter_param *p = a->params->pdata[i];
        for (int k = 0; k < p->count; k++) {
            p->value[k] = (float)g_rand_double_range(rand, -size, size);
        }
    }
}

static struct tensor *make_leaf(struct fixture *f, const int shape[GRAPH_RANK], const float *data)
{
    g_autoptr(GError) error = NULL;
    struct tensor *t = tensor_new(f->gpu, DTYPE_F32, shape, "input", &error);
    g_assert_no_error(error);
    g_assert_true(tensor_write(t, data, &error));
    return t;
}

float *fixture_predict(struct fixture *f, struct nn_part *unet, struct adapter_hook *hook,
                       int64_t *count)
{
    g_autoptr(GError) error = NULL;
    const struct unet_config *c = &f->model->unet;
    g_autofree float *noise = fixture_vector(f, "noise", NULL),
                     *states = fixture_vector(f, "states", NULL),
                     *times = fixture_vector(f, "time", NULL),
                     *features = g_new(float, c->channels[0]);
    unet_timestep_features(c, times[0], features);
    struct tensor *in[] = {
        make_leaf(f, (int[]){1, 8, 8, c->in_channels}, noise),
        make_leaf(f, (int[]){1, 1, 1, c->channels[0]}, features),
        make_leaf(f, (int[]){1, 1, f->model->text.max_tokens, c->cross_dim}, states),
    };
    struct graph *g = graph_new();
    struct nn nn = {.g = g, .part = unet, .hook = hook ? adapter_hook_nn(hook) : NULL};
    struct node *out = unet_build(&nn, c,
                                  &(struct unet_inputs){.latents = graph_leaf(g, in[0]),
                                                        .time = graph_leaf(g, in[1]),
                                                        .text = graph_leaf(g, in[2])});
    struct program *p = program_new(g, f->gpu, &out, 1, &error);
    g_assert_no_error(error);
    *count = shape_count(out->shape);
    float *result = g_new(float, *count);
    g_assert_true(program_run(p, NULL, &error) && program_read(p, out, result, &error));
    program_free(p);
    graph_free(g);
    for (size_t i = 0; i < G_N_ELEMENTS(in); i++) {
        tensor_free(in[i]);
    }
    return result;
}

double fixture_distance(const float *a, const float *b, int64_t n)
{
    double largest = 0, worst = 0;
    for (int64_t i = 0; i < n; i++) {
        largest = fmax(largest, fabs(b[i]));
        worst = fmax(worst, fabs((double)a[i] - b[i]));
        if (!isfinite(a[i])) {
            return INFINITY;
        }
    }
    return largest > 0 ? worst / largest : worst;
}
