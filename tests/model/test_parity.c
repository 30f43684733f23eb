// Every model folder of tests/data/models, and those that also exist as one file, against the
// vectors that the reference implementation made for it. Limits are those of the design: 1e-4 of
// the largest reference value, 1e-3 after twenty DDIM steps.

#include "compute/file/safetensors.h"
#include "compute/model/decoder.h"
#include "compute/model/model.h"
#include "compute/sched/sched.h"

#include <math.h>
#include <string.h>

static struct gpu *gpu;

// One folder under test.
struct parity {
    struct model *model;
    struct st_file *vectors;
};

// A vector as (1, .., shape) with its values.
static float *read_vector(const struct parity *p, const char *name, int shape[GRAPH_RANK])
{
    g_autoptr(GError) error = NULL;
    const struct st_tensor *t = st_find(p->vectors, name);
    g_assert_nonnull(t);
    for (int i = 0; i < GRAPH_RANK; i++) {
        int from = i - (GRAPH_RANK - t->rank);
        shape[i] = from >= 0 ? (int)t->shape[from] : 1;
    }
    float *values = g_new(float, t->count);
    g_assert_true(st_read_f32(t, values, true, &error));
    g_assert_no_error(error);
    return values;
}

// A leaf holding a vector (as int32 for ids). The tensor goes to `tensors`.
static struct node *vector_leaf(const struct parity *p, struct graph *g, GPtrArray *tensors,
                                const char *name)
{
    g_autoptr(GError) error = NULL;
    int shape[GRAPH_RANK];
    g_autofree float *values = read_vector(p, name, shape);
    struct tensor *t = tensor_new(gpu, DTYPE_F32, shape, name, &error);
    g_assert_no_error(error);
    g_assert_true(tensor_write(t, values, &error));
    g_ptr_array_add(tensors, t);
    return graph_leaf(g, t);
}

static struct node *ids_leaf(const struct parity *p, struct graph *g, GPtrArray *tensors)
{
    g_autoptr(GError) error = NULL;
    const struct st_tensor *v = st_find(p->vectors, "ids");
    int shape[GRAPH_RANK] = {(int)v->shape[0], 1, 1, (int)v->shape[1]};
    struct tensor *t = tensor_new(gpu, DTYPE_I32, shape, "ids", &error);
    g_assert_no_error(error);
    g_assert_true(tensor_write(t, v->data, &error));
    g_ptr_array_add(tensors, t);
    return graph_leaf(g, t);
}

// (N,1,1,C) features of the timesteps in a vector.
static struct node *time_leaf(const struct parity *p, struct graph *g, GPtrArray *tensors,
                              const char *name)
{
    g_autoptr(GError) error = NULL;
    const struct unet_config *c = &p->model->unet;
    int shape[GRAPH_RANK];
    g_autofree float *times = read_vector(p, name, shape);
    int n = shape[3];
    g_autofree float *features = g_new(float, n * c->channels[0]);
    for (int i = 0; i < n; i++) {
        unet_timestep_features(c, times[i], features + i * c->channels[0]);
    }
    struct tensor *t = tensor_new(gpu, DTYPE_F32, (int[]){n, 1, 1, c->channels[0]}, name, &error);
    g_assert_no_error(error);
    g_assert_true(tensor_write(t, features, &error));
    g_ptr_array_add(tensors, t);
    return graph_leaf(g, t);
}

// (N,1,1,D) features of the strengths of guidance in a vector; NULL: there is none.
static struct node *guidance_leaf(const struct parity *p, struct graph *g, GPtrArray *tensors,
                                  const char *name)
{
    g_autoptr(GError) error = NULL;
    const struct unet_config *c = &p->model->unet;
    int shape[GRAPH_RANK];
    g_assert_true((st_find(p->vectors, name) != NULL) == (c->guidance_dim > 0));
    if (!c->guidance_dim) {
        return NULL;
    }
    g_autofree float *strengths = read_vector(p, name, shape);
    const int n = shape[3];
    g_autofree float *features = g_new(float, n * c->guidance_dim);
    for (int i = 0; i < n; i++) {
        unet_guidance_features(c, strengths[i], features + i * c->guidance_dim);
    }
    struct tensor *t = tensor_new(gpu, DTYPE_F32, (int[]){n, 1, 1, c->guidance_dim}, name, &error);
    g_assert_no_error(error);
    g_assert_true(tensor_write(t, features, &error));
    g_ptr_array_add(tensors, t);
    return graph_leaf(g, t);
}

static float *run(struct graph *g, struct node *out)
{
    g_autoptr(GError) error = NULL;
    struct program *program = program_new(g, gpu, &out, 1, &error);
    g_assert_no_error(error);
    g_assert_true(program_run(program, NULL, &error));
    g_assert_no_error(error);
    float *values = g_new(float, shape_count(out->shape));
    g_assert_true(program_read(program, out, values, &error));
    program_free(program);
    return values;
}

static void check(const struct parity *p, const char *name, const float *values, double limit)
{
    int shape[GRAPH_RANK];
    g_autofree float *expected = read_vector(p, name, shape);
    double error = 0, largest = 0;
    for (int64_t i = 0; i < shape_count(shape); i++) {
        g_assert_true(isfinite(values[i]));
        error = MAX(error, fabs((double)values[i] - expected[i]));
        largest = MAX(largest, fabs((double)expected[i]));
    }
    g_test_message("%s %s: %.1e", p->model->name, name, error / largest);
    g_assert_cmpfloat(error, <=, limit * largest);
}

// Runs out and compares it with a vector of the same shape.
static void check_node(const struct parity *p, struct graph *g, struct node *out, const char *name)
{
    int shape[GRAPH_RANK];
    g_free(read_vector(p, name, shape));
    g_assert_cmpmem(out->shape, sizeof out->shape, shape, sizeof shape);
    g_autofree float *values = run(g, out);
    check(p, name, values, 1e-4);
}

static GPtrArray *tensors_new(void)
{
    return g_ptr_array_new_with_free_func((GDestroyNotify)tensor_free);
}

static void check_text(const struct parity *p)
{
    g_autoptr(GPtrArray) tensors = tensors_new();
    struct graph *g = graph_new();
    struct nn nn = {.g = g, .part = model_part(p->model, MODEL_TEXT)};
    struct node *text = text_encoder_build(&nn, &p->model->text, ids_leaf(p, g, tensors));
    check_node(p, g, text, "states");
    graph_free(g);
}

static void check_unet(const struct parity *p, const char *time, const char *guidance,
                       const char *prediction)
{
    g_autoptr(GPtrArray) tensors = tensors_new();
    struct graph *g = graph_new();
    struct nn nn = {.g = g, .part = model_part(p->model, MODEL_UNET)};
    const struct unet_inputs in = {.latents = vector_leaf(p, g, tensors, "latents"),
                                   .time = time_leaf(p, g, tensors, time),
                                   .text = vector_leaf(p, g, tensors, "states"),
                                   .guidance = guidance_leaf(p, g, tensors, guidance)};
    check_node(p, g, unet_build(&nn, &p->model->unet, &in), prediction);
    graph_free(g);
}

static void check_vae(const struct parity *p)
{
    g_autoptr(GPtrArray) tensors = tensors_new();
    struct graph *g = graph_new();
    struct nn nn = {.g = g, .part = model_part(p->model, MODEL_VAE)};
    const struct vae_config *c = &p->model->vae;
    struct node *moments = vae_encoder_build(&nn, c, vector_leaf(p, g, tensors, "picture"));
    check_node(p, g, op_slice(g, moments, 0, c->latent_channels), "mean");
    check_node(p, g, vae_decoder_build(&nn, c, vector_leaf(p, g, tensors, "z")), "decoded");
    graph_free(g);
}

// The decoder with alpha, where the folder has one: it is held to a tenth of the others' limit, as
// alpha is a number by itself. Its file holds the encoder too, which is no remark.
static void check_alpha(struct parity *p, const char *folder)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(GPtrArray) tensors = tensors_new();
    g_autofree char *vectors = g_build_filename(folder, "alpha.safetensors", NULL);
    const struct decoder *decoder = model_alpha_decoder(p->model);
    struct graph *g = graph_new();
    struct nn nn = {.g = g, .part = model_part(p->model, MODEL_ALPHA)};
    struct st_file *usual = p->vectors;
    g_assert_cmpint(decoder->channels, ==, 4);
    g_assert_null(p->model->note);
    p->vectors = st_open(vectors, &error);
    g_assert_no_error(error);
    struct node *out = decoder->build(&nn, p->model, vector_leaf(p, g, tensors, "z"));
    g_autofree float *values = run(g, out);
    check(p, "decoded", values, 1e-5);
    graph_free(g);
    st_free(p->vectors);
    p->vectors = usual;
}

// Twenty DDIM steps from the vectors' noise with the first prompt's states.
static void check_ddim(const struct parity *p)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(GPtrArray) tensors = tensors_new();
    const struct unet_config *c = &p->model->unet;
    struct graph *g = graph_new();
    struct nn nn = {.g = g, .part = model_part(p->model, MODEL_UNET)};
    struct node *latents = vector_leaf(p, g, tensors, "ddim.noise");
    struct tensor *time =
        tensor_new(gpu, DTYPE_F32, (int[]){1, 1, 1, c->channels[0]}, "time", &error);
    g_assert_no_error(error);
    g_ptr_array_add(tensors, time);
    struct node *text = vector_leaf(p, g, tensors, "states");
    text = op_view(g, text, 0, (int[]){1, 1, text->shape[2], text->shape[3]});
    struct node *out = unet_build(
        &nn, c,
        &(struct unet_inputs){.latents = latents, .time = graph_leaf(g, time), .text = text});
    struct program *program = program_new(g, gpu, &out, 1, &error);
    g_assert_no_error(error);

    int64_t n = shape_count(latents->shape);
    g_autofree float *x = g_new(float, n), *prediction = g_new(float, n);
    g_autofree float *features = g_new(float, c->channels[0]);
    g_assert_true(tensor_read(latents->tensor, x, &error));
    struct noise_schedule schedule;
    noise_schedule_init(&schedule, &p->model->sched);
    struct sampler *sampler =
        sampler_new(&schedule, &(struct sampler_params){.name = "ddim", .steps = 20}, n, &error);
    g_assert_no_error(error);
    for (int i = 0; i < 20; i++) {
        unet_timestep_features(c, sampler->timesteps[i], features);
        g_assert_true(tensor_write(time, features, &error));
        g_assert_true(tensor_write(latents->tensor, x, &error));
        g_assert_true(program_run(program, NULL, &error));
        g_assert_true(program_read(program, out, prediction, &error));
        sampler_step(sampler, i, prediction, x);
    }
    check(p, "ddim.latents", x, 1e-3);
    sampler_free(sampler);
    noise_schedule_finish(&schedule);
    program_free(program);
    graph_free(g);
}

// A model and the folder of its vectors.
struct place {
    char *model, *folder;
};

static void place_free(void *data)
{
    struct place *place = data;
    g_free(place->model);
    g_free(place->folder);
    g_free(place);
}

static void test_model(gconstpointer data)
{
    g_autoptr(GError) error = NULL;
    const struct place *place = data;
    g_autofree char *vectors = g_build_filename(place->folder, "vectors.safetensors", NULL);
    struct parity p = {.vectors = st_open(vectors, &error)};
    g_assert_no_error(error);
    p.model = model_load(place->model, gpu, NULL, &error);
    g_assert_no_error(error);
    check_text(&p);
    check_unet(&p, "time.0", "guidance.0", "pred.0");
    check_unet(&p, "time.1", "guidance.1", "pred.1");
    check_vae(&p);
    if (model_part(p.model, MODEL_ALPHA)) {
        check_alpha(&p, place->folder);
    }
    if (st_find(p.vectors, "ddim.noise")) {
        check_ddim(&p);
    }
    model_free(p.model);
    st_free(p.vectors);
}

static void add(const char *model, const char *folder)
{
    g_autofree char *name = g_path_get_basename(model), *path = g_strconcat("/parity/", name, NULL);
    struct place place = {g_strdup(model), g_strdup(folder)};
    g_test_add_data_func_full(path, g_memdup2(&place, sizeof place), test_model, place_free);
}

// All models, or only the folder that the command line names.
static void add_models(const char *only)
{
    g_autofree char *models = g_test_build_filename(G_TEST_DIST, "data", "models", NULL);
    GDir *dir = g_dir_open(models, 0, NULL);
    g_assert_nonnull(dir);
    const char *name;
    while ((name = g_dir_read_name(dir))) {
        g_autofree char *folder = g_build_filename(models, name, NULL),
                        *file_name = g_strconcat(name, ".safetensors", NULL),
                        *file = g_test_build_filename(G_TEST_BUILT, file_name, NULL);
        if (!only || g_str_equal(name, only)) {
            add(folder, folder);
        }
        if (!only && g_file_test(file, G_FILE_TEST_EXISTS)) {
            add(file, folder);
        }
    }
    g_dir_close(dir);
}

int main(int argc, char **argv)
{
    g_autoptr(GError) error = NULL;
    g_test_init(&argc, &argv, NULL);
    gpu = gpu_open(NULL, &error);
    g_assert_no_error(error);
    add_models(argc > 1 ? argv[1] : NULL);
    int status = g_test_run();
    g_assert_cmpuint(gpu_validation_count(gpu), ==, 0);
    gpu_free(gpu);
    return status;
}
