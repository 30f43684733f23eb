// ControlNets of both layouts against the reference implementation's predictions
// (tests/data/make_controlnet_vectors.py), and files that are none or are for other models. Limits
// are those of the models: 1e-4 of the largest number, 1e-3 after twenty DDIM steps.
#include "compute/edit/networks.h"
#include "compute/sched/sched.h"
#include "fixture.h"

#include <glib/gstdio.h>
#include <math.h>
#include <string.h>

#define TOLERANCE       1e-4
#define DRAWN_TOLERANCE 1e-3
#define STEPS           20

static struct fixture fx, vectors; // vectors: for fixture_vector() alone

static char *data_file(const char *model, const char *ending)
{
    g_autofree char *name = g_strconcat(model, ending, NULL);
    return g_test_build_filename(G_TEST_DIST, "data", "controlnet", name, NULL);
}

static struct hint_net *load(const char *path)
{
    g_autoptr(GError) error = NULL;
    struct hint_net *net = hint_net_load(path, fx.model, NULL, &error);
    g_assert_no_error(error);
    g_assert_true(net->kind == &controlnet_kind && !net->has_adapter);
    return net;
}

static void check(const char *what, const float *found, const float *expected, int64_t n,
                  double limit)
{
    const double off = fixture_distance(found, expected, n);
    g_test_message("%s: off by %.1e", what, off);
    g_assert_cmpfloat(off, <=, limit);
}

// ---- parity -------------------------------------------------------------------------------------

static void check_prediction(struct networks *networks, int h, int w)
{
    g_autoptr(GError) error = NULL;
    int64_t n;
    g_autofree float *latents = fixture_vector(&vectors, "latents", &n),
                     *text = fixture_vector(&vectors, "text", NULL),
                     *time = fixture_vector(&vectors, "time", NULL),
                     *expected = fixture_vector(&vectors, "pred", NULL), *found = g_new(float, n);
    g_assert_true(
        networks_predict(networks, 2, h, w, (double)time[0], latents, text, found, NULL, &error));
    check("prediction", found, expected, n, TOLERANCE);
}

static void check_drawn(struct networks *networks, int h, int w)
{
    g_autoptr(GError) error = NULL;
    int64_t n;
    g_autofree float *x = fixture_vector(&vectors, "noise", &n),
                     *text = fixture_vector(&vectors, "text", NULL),
                     *expected = fixture_vector(&vectors, "drawn", NULL), *found = g_new(float, n);
    struct noise_schedule schedule;
    noise_schedule_init(&schedule, &fx.model->sched);
    const struct sampler_params params = {.name = "ddim", .steps = STEPS};
    struct sampler *sampler = sampler_new(&schedule, &params, n, &error);
    for (int i = 0; i < STEPS; i++) {
        g_assert_true(networks_predict(networks, 1, h, w, sampler->timesteps[i], x, text, found,
                                       NULL, &error));
        sampler_step(sampler, i, found, x);
    }
    check("drawn", x, expected, n, DRAWN_TOLERANCE);
    sampler_free(sampler);
    noise_schedule_finish(&schedule);
}

// The residuals one by one: of a program that gives them.
static void check_residuals(const struct hint_net *net, int h, int w)
{
    g_autoptr(GError) error = NULL;
    const struct unet_config *c = &fx.model->unet;
    const int tokens = fx.model->text.max_tokens, count = unet_residuals(c);
    g_autofree float *latents = fixture_vector(&vectors, "latents", NULL),
                     *text = fixture_vector(&vectors, "text", NULL),
                     *time = fixture_vector(&vectors, "time", NULL),
                     *features = fixture_vector(&vectors, "features", NULL),
                     *times = g_new(float, 2 * c->channels[0]);
    struct graph *g = graph_new();
    struct tensor *in[] = {
        tensor_new(fx.gpu, DTYPE_F32, (int[]){2, h, w, c->in_channels}, "x", &error),
        tensor_new(fx.gpu, DTYPE_F32, (int[]){2, 1, 1, c->channels[0]}, "t", &error),
        tensor_new(fx.gpu, DTYPE_F32, (int[]){2, 1, tokens, c->cross_dim}, "s", &error),
        tensor_new(fx.gpu, DTYPE_F32, (int[]){1, h, w, c->channels[0]}, "f", &error),
        tensor_new(fx.gpu, DTYPE_F32, (int[]){1, 1, 1, 1}, "one", &error)};
    const float one = 1;
    unet_timestep_features(c, (double)time[0], times);
    memcpy(times + c->channels[0], times, (size_t)c->channels[0] * sizeof *times);
    g_assert_true(tensor_write(in[0], latents, &error) && tensor_write(in[1], times, &error) &&
                  tensor_write(in[2], text, &error) && tensor_write(in[3], features, &error) &&
                  tensor_write(in[4], &one, &error));
    struct nn nn = {.g = g, .part = net->part};
    struct unet_inputs inputs = {.latents = graph_leaf(g, in[0]),
                                 .time = graph_leaf(g, in[1]),
                                 .text = graph_leaf(g, in[2])};
    g_autofree struct node **residuals = g_new0(struct node *, count);
    net->kind->apply(&nn, c, graph_leaf(g, in[3]), graph_leaf(g, in[4]), &inputs, residuals);
    struct program *p = program_new(g, fx.gpu, residuals, count, &error);
    g_assert_true(program_run(p, NULL, &error));
    for (int i = 0; i < count; i++) {
        int64_t n;
        g_autofree char *name = g_strdup_printf("residual.%d", i);
        g_autofree float *expected = fixture_vector(&vectors, name, &n), *found = g_new(float, n);
        g_assert_cmpint(shape_count(residuals[i]->shape), ==, n);
        g_assert_true(program_read(p, residuals[i], found, &error));
        check(name, found, expected, n, TOLERANCE);
    }
    program_free(p);
    graph_free(g);
    for (size_t i = 0; i < G_N_ELEMENTS(in); i++) {
        tensor_free(in[i]);
    }
}

static void check_file(const char *path)
{
    g_autoptr(GError) error = NULL;
    const struct st_tensor *latents = st_find(vectors.vectors, "latents");
    const int h = (int)latents->shape[1], w = (int)latents->shape[2];
    g_autofree float *hint = fixture_vector(&vectors, "hint", NULL),
                     *strength = fixture_vector(&vectors, "strength", NULL);
    struct hint_net *net = load(path);
    struct networks *networks = networks_new(fx.model, fx.model->parts);
    g_test_message("%s", path);
    g_assert_true(networks_set_hint(networks, net, (double)strength[0], h, w, hint, NULL, &error));
    check_prediction(networks, h, w);
    check_drawn(networks, h, w);
    check_residuals(net, h, w);
    networks_free(networks);
    hint_net_free(net);
}

static void test_parity(gconstpointer model)
{
    g_autoptr(GError) error = NULL;
    g_autofree char *file = data_file(model, "-vectors.safetensors"),
                    *folder = data_file(model, ""), *original = data_file(model, ".safetensors");
    g_autofree char *weights =
        g_build_filename(folder, "diffusion_pytorch_model.safetensors", NULL);
    fixture_open(&fx, model);
    vectors.vectors = st_open(file, &error);
    g_assert_no_error(error);
    check_file(folder);
    check_file(weights); // a file of diffusers without its configuration
    check_file(original);
    st_free(vectors.vectors);
    fixture_close(&fx);
}

// ---- files that are none ------------------------------------------------------------------------

static void check_refused(const char *path, const char *word)
{
    g_autoptr(GError) error = NULL;
    g_assert_null(hint_net_load(path, fx.model, NULL, &error));
    g_assert_nonnull(error);
    if (!strstr(error->message, word)) {
        g_error("\"%s\" does not say \"%s\"", error->message, word);
    }
}

// A copy of a ControlNet's folder whose configuration has the text in the place of another.
static char *changed_folder(const char *before, const char *after)
{
    g_autofree char *folder = data_file("sd1", ""), *copy = fixture_file(&fx, "changed");
    g_autofree char *config = g_build_filename(folder, "config.json", NULL),
                    *weights =
                        g_build_filename(folder, "diffusion_pytorch_model.safetensors", NULL),
                    *new_config = g_build_filename(copy, "config.json", NULL),
                    *new_weights =
                        g_build_filename(copy, "diffusion_pytorch_model.safetensors", NULL);
    g_autofree char *text = NULL, *data = NULL;
    gsize size;
    g_assert_true(g_file_get_contents(config, &text, NULL, NULL));
    g_assert_true(g_file_get_contents(weights, &data, &size, NULL));
    g_mkdir_with_parents(copy, 0755);
    GString *changed = g_string_new(text);
    g_assert_cmpuint(g_string_replace(changed, before, after, 1), ==, 1);
    g_assert_true(g_file_set_contents(new_config, changed->str, -1, NULL));
    g_assert_true(g_file_set_contents(new_weights, data, (gssize)size, NULL));
    g_string_free(changed, TRUE);
    return g_steal_pointer(&copy);
}

static void test_refused(void)
{
    static const char *const changes[][3] = {
        {"\"ControlNetModel\"", "\"UNet2DConditionModel\"", "_class_name"},
        {"\"attention_head_dim\": 2", "\"attention_head_dim\": 4", "attention_head_dim"},
        {"\"rgb\"", "\"bgr\"", "controlnet_conditioning_channel_order"},
        {"\"norm_num_groups\": 4", "\"norm_num_groups\": 2", "norm_num_groups"},
        {"\"norm_num_groups\": 4", "\"norm_num_groups\": 0", "norm_num_groups"},
        {"\"global_pool_conditions\": false", "\"global_pool_conditions\": true",
         "global_pool_conditions"},
        {"\"flip_sin_to_cos\": true", "\"flip_sin_to_cos\": 7", "flip_sin_to_cos"},
    };
    fixture_open(&fx, "sd1");
    for (size_t i = 0; i < G_N_ELEMENTS(changes); i++) {
        g_autofree char *folder = changed_folder(changes[i][0], changes[i][1]);
        check_refused(folder, changes[i][2]);
    }
    g_autofree char *other = data_file("sd2", ""), *original = data_file("sd2", ".safetensors"),
                    *none = data_file("sd1", "-vectors.safetensors"),
                    *empty = fixture_file(&fx, "empty");
    g_mkdir_with_parents(empty, 0755);
    check_refused(empty, "config.json");
    check_refused(other, "sd2");
    check_refused(original, "does not fit");
    check_refused(none, "neither a hint encoder nor a ControlNet");
    fixture_close(&fx);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_data_func("/controlnet/sd1", "sd1", test_parity);
    g_test_add_data_func("/controlnet/sd2", "sd2", test_parity);
    g_test_add_func("/controlnet/refused", test_refused);
    return g_test_run();
}
