// What the U-Net can be asked for and given besides: attention probabilities as nodes, a hint
// behind conv_in, residuals for the skips.

#include "compute/gpu/random.h"
#include "compute/graph/graph.h"
#include "compute/model/model.h"

#include <math.h>
#include <string.h>

#define BATCH  2
#define HEIGHT 8
#define WIDTH  16

static struct gpu *gpu;
static struct model *model;

// A graph with the usual inputs, filled at random.
struct build {
    struct graph *g;
    struct nn nn;
    GPtrArray *tensors;
    struct rng rng;
    struct unet_inputs in;
};

static struct tensor *random_tensor(struct build *b, const int shape[GRAPH_RANK], const char *name)
{
    g_autoptr(GError) error = NULL;
    struct tensor *t = tensor_new(gpu, DTYPE_F32, shape, name, &error);
    g_assert_no_error(error);
    g_autofree float *values = g_new(float, shape_count(shape));
    rng_normal(&b->rng, values, shape_count(shape));
    g_assert_true(tensor_write(t, values, &error));
    g_ptr_array_add(b->tensors, t);
    return t;
}

static void build_open(struct build *b)
{
    const struct unet_config *c = &model->unet;
    const int latents[] = {BATCH, HEIGHT, WIDTH, c->in_channels};
    const int time[] = {BATCH, 1, 1, c->channels[0]};
    const int text[] = {BATCH, 1, model->text.max_tokens, c->cross_dim};
    *b = (struct build){.g = graph_new(), .rng = {7, 0}};
    b->nn = (struct nn){.g = b->g, .part = model_part(model, MODEL_UNET)};
    b->tensors = g_ptr_array_new_with_free_func((GDestroyNotify)tensor_free);
    b->in.latents = graph_leaf(b->g, random_tensor(b, latents, "latents"));
    b->in.time = graph_leaf(b->g, random_tensor(b, time, "time"));
    b->in.text = graph_trainable(b->g, random_tensor(b, text, "text"));
}

static void build_close(struct build *b)
{
    graph_free(b->g);
    g_ptr_array_unref(b->tensors);
}

static float *read_output(struct program *p, const struct node *node)
{
    g_autoptr(GError) error = NULL;
    float *values = g_new(float, shape_count(node->shape));
    g_assert_true(program_read(p, node, values, &error));
    g_assert_no_error(error);
    return values;
}

static struct program *run_all(struct build *b, struct node *const *outputs, int n)
{
    g_autoptr(GError) error = NULL;
    struct program *p = program_new(b->g, gpu, outputs, n, &error);
    g_assert_no_error(error);
    g_assert_true(program_run(p, NULL, &error));
    return p;
}

static float *run_one(struct build *b, struct node *out)
{
    struct program *p = run_all(b, &out, 1);
    float *values = read_output(p, out);
    program_free(p);
    return values;
}

static double distance(const float *a, const float *b, int64_t n)
{
    double worst = 0, largest = 0;
    for (int64_t i = 0; i < n; i++) {
        g_assert_true(isfinite(a[i]));
        worst = fmax(worst, fabs((double)a[i] - b[i]));
        largest = fmax(largest, fabs(b[i]));
    }
    return worst / largest;
}

static struct node *named(const struct graph *g, const char *path, const char *layer)
{
    g_autofree char *name = g_strconcat(path, layer, NULL);
    for (int i = 0; i < graph_size(g); i++) {
        struct node *node = graph_nth(g, i);
        if (g_strcmp0(node->name, name) == 0) {
            return node;
        }
    }
    g_error("no node %s", name);
}

// ---- attention probabilities --------------------------------------------------------------------

// softmax(q k^T / sqrt(d)) of one query and head by plain loops in double precision.
static void reference_row(const float *q, const float *k, int keys, int channels, int d, double *p)
{
    double top = -INFINITY, sum = 0;
    for (int j = 0; j < keys; j++) {
        p[j] = 0;
        for (int i = 0; i < d; i++) {
            p[j] += (double)q[i] * k[j * channels + i] / sqrt(d);
        }
        top = fmax(top, p[j]);
    }
    for (int j = 0; j < keys; j++) {
        sum += p[j] = exp(p[j] - top);
    }
    for (int j = 0; j < keys; j++) {
        p[j] /= sum;
    }
}

static double map_error(struct build *b, const struct attention_map *map)
{
    struct node *out[] = {map->node, named(b->g, map->path, ".to_q"),
                          named(b->g, map->path, ".to_k")};
    struct program *program = run_all(b, out, 3);
    g_autofree float *got = read_output(program, out[0]), *q = read_output(program, out[1]),
                     *k = read_output(program, out[2]);
    program_free(program);
    const int heads = map->node->shape[1], queries = map->node->shape[2], keys = out[2]->shape[2];
    const int channels = out[1]->shape[3], d = channels / heads;
    g_assert_cmpint(map->node->shape[0], ==, BATCH);
    g_assert_cmpint(map->node->shape[3], ==, keys);
    g_assert_cmpint(queries, ==, map->height * map->width);
    g_autofree double *expected = g_new(double, keys);
    double worst = 0;
    for (int i = 0; i < BATCH * heads * queries; i++) {
        const int n = i / (heads * queries), head = i / queries % heads, query = i % queries;
        reference_row(q + (int64_t)(n * queries + query) * channels + head * d,
                      k + (int64_t)n * keys * channels + head * d, keys, channels, d, expected);
        for (int j = 0; j < keys; j++) {
            worst = fmax(worst, fabs(expected[j] - got[(int64_t)i * keys + j]));
        }
    }
    return worst;
}

static void check_maps(const char *pattern, guint count)
{
    struct build plain, open;
    build_open(&plain);
    g_autofree float *expected = run_one(&plain, unet_build(&plain.nn, &model->unet, &plain.in));
    build_open(&open);
    struct attention_maps maps = {pattern, g_array_new(FALSE, FALSE, sizeof(struct attention_map))};
    open.in.maps = &maps;
    struct node *prediction = unet_build(&open.nn, &model->unet, &open.in);
    g_autofree float *got = run_one(&open, prediction);
    const double off = distance(got, expected, shape_count(prediction->shape));
    g_test_message("%s: %u maps, prediction off by %.1e", pattern, maps.found->len, off);
    g_assert_cmpfloat(off, <=, 1e-5);
    g_assert_cmpuint(maps.found->len, ==, count);
    for (guint i = 0; i < count; i++) {
        const struct attention_map *map = &g_array_index(maps.found, struct attention_map, i);
        g_assert_true(g_pattern_match_simple(pattern, map->path));
        g_assert_cmpfloat(map_error(&open, map), <=, 1e-5);
    }
    g_array_unref(maps.found);
    build_close(&open);
    build_close(&plain);
}

// Attention layers of one kind that the configuration asks for.
static guint attention_layers(void)
{
    const struct unet_config *c = &model->unet;
    int n = c->mid_attention ? c->transformer_layers[c->levels - 1] : 0;
    for (int i = 0; i < c->levels; i++) {
        const int level = c->levels - 1 - i; // of block i of the way up
        n += c->down_attention[i] ? c->layers[i] * c->transformer_layers[i] : 0;
        n += c->up_attention[i] ? (c->layers[level] + 1) * c->transformer_layers[level] : 0;
    }
    return (guint)n;
}

static void test_probabilities(void)
{
    check_maps("*.attn2", attention_layers());
    check_maps("*.attn1", attention_layers());
    check_maps("*", 2 * attention_layers());
    check_maps("mid_block.*.attn2", 1);
    check_maps("nowhere", 0);
}

// The loss of one map: how much attention the first words get, squared, as a penalty would have it.
static struct node *penalty(struct graph *g, const struct attention_map *map)
{
    struct node *words = op_slice(g, map->node, 1, 3);
    return op_sum_to(g, op_mul(g, words, words), (int[]){1, 1, 1, 1});
}

static double loss_at(struct program *p, struct node *loss, struct tensor *t, const float *x)
{
    g_autoptr(GError) error = NULL;
    float value = 0;
    g_assert_true(tensor_write(t, x, &error) && program_run(p, NULL, &error) &&
                  program_read(p, loss, &value, &error));
    return value;
}

// The penalty's gradient in the text embeddings against the difference quotient along a direction:
// its own, where it is largest, and half of it the other way round.
static void test_gradient(void)
{
    g_autoptr(GError) error = NULL;
    struct build b;
    build_open(&b);
    struct attention_maps maps = {"*.attn2",
                                  g_array_new(FALSE, FALSE, sizeof(struct attention_map))};
    b.in.maps = &maps;
    unet_build(&b.nn, &model->unet, &b.in);
    struct node *out[2] = {NULL};
    for (guint i = 0; i < maps.found->len; i++) {
        struct node *one = penalty(b.g, &g_array_index(maps.found, struct attention_map, i));
        out[0] = out[0] ? op_add(b.g, out[0], one) : one;
    }
    g_assert_true(graph_grad(b.g, out[0], &b.in.text, 1, &out[1], &error));
    g_assert_no_error(error);
    struct program *p = run_all(&b, out, 2);
    struct tensor *text = b.in.text->tensor;
    const int64_t n = shape_count(text->shape);
    g_autofree float *x = g_new(float, n), *moved = g_new(float, n),
                     *gradient = read_output(p, out[1]);
    g_assert_true(tensor_read(text, x, &error));
    double norm = 0;
    for (int64_t i = 0; i < n; i++) {
        norm += (double)gradient[i] * gradient[i];
    }
    norm = sqrt(norm);
    g_assert_cmpfloat(norm, >, 1e-3);
    const double step = 0.05;
    double value[2], slope = 0;
    for (int side = 0; side < 2; side++) {
        for (int64_t i = 0; i < n; i++) {
            const double direction = gradient[i] / norm * (i % 2 ? -0.5 : 1);
            moved[i] = (float)(x[i] + (side ? step : -step) * direction);
            slope += side ? gradient[i] * direction : 0;
        }
        value[side] = loss_at(p, out[0], text, moved);
    }
    const double quotient = (value[1] - value[0]) / (2 * step);
    g_test_message("slope %g, difference quotient %g", slope, quotient);
    g_assert_cmpfloat(fabs(quotient - slope), <=, 1e-2 * fabs(slope));
    program_free(p);
    g_array_unref(maps.found);
    build_close(&b);
}

// ---- hints and residuals ------------------------------------------------------------------------

// What is added to conv_in's result is the same as adding it to the bias, where it is the same
// everywhere.
static void test_hint(void)
{
    g_autoptr(GError) error = NULL;
    const int channels = model->unet.channels[0];
    struct nn_weight *bias = nn_part_find(model_part(model, MODEL_UNET), "conv_in.bias");
    struct build b;
    build_open(&b);
    struct tensor *vector = random_tensor(&b, (int[]){1, 1, 1, channels}, "hint");
    b.in.hint = op_expand(b.g, graph_leaf(b.g, vector), (int[]){BATCH, HEIGHT, WIDTH, channels});
    struct node *prediction = unet_build(&b.nn, &model->unet, &b.in);
    g_autofree float *got = run_one(&b, prediction);
    build_close(&b);

    g_autofree float *before = g_new(float, channels), *hint = g_new(float, channels);
    g_assert_true(tensor_read(bias->tensor, before, &error));
    build_open(&b);
    vector = random_tensor(&b, (int[]){1, 1, 1, channels}, "hint"); // the same numbers
    g_assert_true(tensor_read(vector, hint, &error));
    for (int i = 0; i < channels; i++) {
        hint[i] += before[i];
    }
    g_assert_true(tensor_write(bias->tensor, hint, &error));
    prediction = unet_build(&b.nn, &model->unet, &b.in);
    g_autofree float *expected = run_one(&b, prediction);
    g_assert_cmpfloat(distance(got, expected, shape_count(prediction->shape)), <=, 1e-5);
    g_assert_true(tensor_write(bias->tensor, before, &error));
    g_autofree float *plain = run_one(&b, prediction);
    g_assert_cmpfloat(distance(got, plain, shape_count(prediction->shape)), >, 1e-2);
    build_close(&b);
}

// Shapes of the skips in the order of their making, then of the middle.
static int skip_shapes(int shapes[][GRAPH_RANK])
{
    const struct unet_config *c = &model->unet;
    int n = 0, height = HEIGHT, width = WIDTH, channels = c->channels[0];
    for (int level = 0; level < c->levels; level++) {
        for (int i = 0; i < c->layers[level] + 1; i++) { // the first: what the level begins with
            memcpy(shapes[n++], (int[]){BATCH, height, width, channels}, sizeof *shapes);
            channels = c->channels[level];
        }
        height /= level < c->levels - 1 ? 2 : 1;
        width /= level < c->levels - 1 ? 2 : 1;
    }
    memcpy(shapes[n++], (int[]){BATCH, height, width, channels}, sizeof *shapes);
    return n;
}

// The prediction with all residuals zero but for one of ones; none: -1.
static float *run_residuals(int which, int64_t *count)
{
    int shapes[64][GRAPH_RANK];
    struct node *residuals[64];
    struct build b;
    build_open(&b);
    const int n = skip_shapes(shapes);
    g_assert_cmpint(n, ==, unet_residuals(&model->unet));
    for (int i = 0; i < n; i++) {
        residuals[i] = graph_constant(b.g, shapes[i], i == which);
    }
    b.in.residuals = residuals;
    struct node *prediction = unet_build(&b.nn, &model->unet, &b.in);
    *count = shape_count(prediction->shape);
    float *values = run_one(&b, prediction);
    build_close(&b);
    return values;
}

// Zeros change nothing to the bit, and each of the residuals arrives.
static void test_residuals(void)
{
    struct build b;
    build_open(&b);
    int64_t count;
    g_autofree float *plain = run_one(&b, unet_build(&b.nn, &model->unet, &b.in)),
                     *zeros = run_residuals(-1, &count);
    build_close(&b);
    g_assert_cmpmem(plain, (size_t)count * sizeof *plain, zeros, (size_t)count * sizeof *zeros);
    for (int i = 0; i < unet_residuals(&model->unet); i++) {
        g_autofree float *moved = run_residuals(i, &count);
        g_assert_cmpfloat(distance(moved, plain, count), >, 1e-4);
    }
}

int main(int argc, char **argv)
{
    g_autoptr(GError) error = NULL;
    g_test_init(&argc, &argv, NULL);
    gpu = gpu_open(NULL, &error);
    g_assert_no_error(error);
    g_autofree char *folder =
        g_test_build_filename(G_TEST_DIST, "data", "models", argc > 1 ? argv[1] : "sd1", NULL);
    model = model_load(folder, gpu, NULL, &error);
    g_assert_no_error(error);
    g_test_add_func("/unet/probabilities", test_probabilities);
    g_test_add_func("/unet/gradient", test_gradient);
    g_test_add_func("/unet/hint", test_hint);
    g_test_add_func("/unet/residuals", test_residuals);
    const int status = g_test_run();
    g_assert_cmpuint(gpu_validation_count(gpu), ==, 0);
    model_free(model);
    gpu_free(gpu);
    return status;
}
