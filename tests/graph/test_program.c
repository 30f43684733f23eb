// Programs on a device: results, gradients against finite differences, replay, cancelling, faults.
#include "compute/gpu/random.h"
#include "compute/graph/graph.h"
#include "compute/op/op.h"
#include "compute/op/ops.h"

#include <math.h>
#include <string.h>

static struct gpu *gpu;

static struct tensor *random_tensor(uint64_t seed, int d0, int d1, int d2, int d3)
{
    g_autoptr(GError) error = NULL;
    struct tensor *t = tensor_new(gpu, DTYPE_F32, (int[]){d0, d1, d2, d3}, "t", &error);
    g_assert_no_error(error);
    g_autofree float *x = g_new(float, shape_count(t->shape));
    struct rng rng = {.seed = seed};
    rng_normal(&rng, x, shape_count(t->shape));
    g_assert_true(tensor_write(t, x, &error));
    return t;
}

static struct program *compile(struct graph *g, struct node *const *outputs, int n)
{
    g_autoptr(GError) error = NULL;
    struct program *p = program_new(g, gpu, outputs, n, &error);
    g_assert_no_error(error);
    return p;
}

static void run(struct program *p)
{
    g_autoptr(GError) error = NULL;
    g_assert_true(program_run(p, NULL, &error));
    g_assert_no_error(error);
}

static float read_one(struct program *p, const struct node *node)
{
    float value;
    g_assert_cmpint(shape_count(node->shape), ==, 1);
    g_assert_true(program_read(p, node, &value, NULL));
    return value;
}

// ---- results ------------------------------------------------------------------------------------

// 3 (a + b) - 1, twice with other data: what changes between runs is the content of tensors.
static void test_replay(void)
{
    enum { N = 1000 };
    struct tensor *a = random_tensor(1, 1, 1, 1, N), *b = random_tensor(2, 1, 1, 1, N);
    struct graph *g = graph_new();
    struct node *y = op_affine(g, op_add(g, graph_leaf(g, a), graph_leaf(g, b)), 3, -1);
    struct program *p = compile(g, &y, 1);
    float x[N], z[N], out[N];
    for (int round = 0; round < 2; round++) {
        run(p);
        g_assert_true(tensor_read(a, x, NULL) && tensor_read(b, z, NULL) &&
                      program_read(p, y, out, NULL));
        for (int i = 0; i < N; i++) {
            g_assert_cmpfloat_with_epsilon(out[i], 3 * (x[i] + z[i]) - 1, 1e-5);
        }
        g_assert_true(tensor_write(a, z, NULL));
    }
    program_free(p);
    graph_free(g);
    tensor_free(a);
    tensor_free(b);
}

// Outputs may be leaves, constants and views, and one of them may be used by another.
static void test_outputs(void)
{
    struct tensor *a = random_tensor(1, 1, 1, 2, 3);
    struct graph *g = graph_new();
    struct node *leaf = graph_leaf(g, a), *half = graph_constant(g, a->shape, 0.5f);
    struct node *sum = op_add(g, leaf, half), *part = op_view(g, sum, 3, (int[]){1, 1, 1, 3});
    struct node *twice = op_affine(g, sum, 2, 0);
    struct node *const outputs[] = {leaf, half, sum, part, twice};
    struct program *p = compile(g, outputs, 5);
    run(p);
    float got[5][6], x[6];
    for (int i = 0; i < 5; i++) {
        g_assert_true(program_read(p, outputs[i], got[i], NULL));
    }
    g_assert_true(tensor_read(a, x, NULL));
    for (int i = 0; i < 6; i++) {
        g_assert_cmpfloat(got[0][i], ==, x[i]);
        g_assert_cmpfloat(got[1][i], ==, 0.5f);
        g_assert_cmpfloat(got[2][i], ==, x[i] + 0.5f);
        if (i < 3) {
            g_assert_cmpfloat(got[3][i], ==, x[i + 3] + 0.5f);
        }
        g_assert_cmpfloat(got[4][i], ==, 2 * (x[i] + 0.5f));
    }
    program_free(p);
    graph_free(g);
    tensor_free(a);
}

// ---- gradient -----------------------------------------------------------------------------------

// Two layers with a residual connection, so that gradients of several users are summed, and a
// frozen weight.
struct net {
    struct tensor *x, *w, *v, *bias, *target;
};

static struct node *net_loss(struct graph *g, const struct net *net, struct node **leaves)
{
    struct node *x = graph_trainable(g, net->x), *w = graph_trainable(g, net->w);
    struct node *bias = graph_trainable(g, net->bias), *frozen = graph_leaf(g, net->v);
    struct node *h = op_unary(g, UNARY_SILU, op_linear(g, x, w, bias));
    struct node *y = op_add(g, x, op_linear(g, h, frozen, NULL));
    leaves[0] = x;
    leaves[1] = w;
    leaves[2] = bias;
    return op_mse(g, op_mul(g, y, y), graph_leaf(g, net->target));
}

static void check_leaf(struct program *p, const struct node *loss, const struct node *grad,
                       struct tensor *leaf)
{
    int n = (int)shape_count(leaf->shape);
    g_autofree float *dx = g_new(float, n), *x = g_new(float, n);
    run(p);
    g_assert_true(program_read(p, grad, dx, NULL) && tensor_read(leaf, x, NULL));
    for (int i = 0; i < n; i += 5) {
        const float step = 1e-2f, kept = x[i];
        double side[2];
        for (int s = 0; s < 2; s++) {
            x[i] = kept + (s ? -step : step);
            g_assert_true(tensor_write(leaf, x, NULL));
            run(p);
            side[s] = read_one(p, loss);
        }
        x[i] = kept;
        g_assert_true(tensor_write(leaf, x, NULL));
        double numeric = (side[0] - side[1]) / (2 * step);
        g_assert_cmpfloat_with_epsilon(dx[i], numeric, 2e-3 + 2e-2 * fabs(numeric));
    }
}

static void test_gradient(void)
{
    g_autoptr(GError) error = NULL;
    struct net net = {random_tensor(1, 1, 1, 3, 8), random_tensor(2, 1, 1, 16, 8),
                      random_tensor(3, 1, 1, 8, 16), random_tensor(4, 1, 1, 1, 16),
                      random_tensor(5, 1, 1, 3, 8)};
    struct tensor *const tensors[] = {net.x, net.w, net.bias};
    for (int i = 0; i < 2; i++) { // keep products small, so that differences are not lost
        struct tensor *t = i ? net.v : net.w;
        float data[128];
        tensor_read(t, data, NULL);
        for (int k = 0; k < 128; k++) {
            data[k] *= 0.2f;
        }
        tensor_write(t, data, NULL);
    }
    struct graph *g = graph_new();
    struct node *leaves[3], *grads[3];
    struct node *loss = net_loss(g, &net, leaves);
    g_assert_true(graph_grad(g, loss, leaves, 3, grads, &error));
    g_assert_no_error(error);
    struct node *const outputs[] = {loss, grads[0], grads[1], grads[2]};
    struct program *p = compile(g, outputs, 4);
    g_assert_cmpfloat(program_flops(p), >, 0);
    for (int i = 0; i < 3; i++) {
        check_leaf(p, loss, grads[i], tensors[i]);
    }
    program_free(p);
    graph_free(g);
    for (int i = 0; i < 3; i++) {
        tensor_free(tensors[i]);
    }
    tensor_free(net.v);
    tensor_free(net.target);
}

// A deep network whose layers also read the first one's result, as a U-Net's do: the same gradients
// to the bit in less memory, whatever the number of pieces.
static void test_gradient_recomputed(void)
{
    enum { DEPTH = 30, ROWS = 64, WIDTH = 32 };
    static const int pieces[] = {1, 6, 7, 1000};
    g_autoptr(GError) error = NULL;
    struct tensor *x = random_tensor(1, 1, 1, ROWS, WIDTH),
                  *w = random_tensor(2, 1, 1, WIDTH, WIDTH);
    float first[ROWS * WIDTH + WIDTH * WIDTH], again[G_N_ELEMENTS(first)];
    uint64_t bytes[G_N_ELEMENTS(pieces)];
    for (size_t i = 0; i < G_N_ELEMENTS(pieces); i++) {
        struct graph *g = graph_new();
        struct node *leaves[] = {graph_trainable(g, x), graph_trainable(g, w)}, *outputs[3];
        struct node *y = op_unary(g, UNARY_SILU, leaves[0]), *early = y;
        for (int k = 0; k < DEPTH; k++) {
            y = op_unary(g, UNARY_SILU, op_linear(g, y, leaves[1], NULL));
            y = k == DEPTH / 2 ? op_mul(g, y, early) : y;
        }
        outputs[0] = op_mse(g, y, early);
        g_assert_true(
            graph_grad_recomputed(g, outputs[0], leaves, 2, pieces[i], outputs + 1, &error));
        g_assert_no_error(error);
        struct program *p = compile(g, outputs, 3);
        g_assert_true(program_run(p, NULL, &error));
        float *to = i ? again : first;
        g_assert_true(program_read(p, outputs[1], to, &error));
        g_assert_true(program_read(p, outputs[2], to + ROWS * WIDTH, &error));
        const size_t n = (ROWS * WIDTH + WIDTH * WIDTH) * sizeof *to;
        g_assert_cmpmem(to, n, first, n);
        bytes[i] = program_bytes(p);
        program_free(p);
        graph_free(g);
    }
    g_assert_cmpuint(bytes[1], <, bytes[0] / 2);
    g_assert_cmpuint(bytes[2], <, bytes[0] / 2);
    tensor_free(x);
    tensor_free(w);
}

// Only what leads to a wanted leaf is differentiated, and a leaf that the loss does not use gets
// zero.
static void test_gradient_paths(void)
{
    g_autoptr(GError) error = NULL;
    struct tensor *a = random_tensor(1, 1, 1, 1, 4), *b = random_tensor(2, 1, 1, 1, 4);
    struct graph *g = graph_new();
    struct node *x = graph_trainable(g, a), *frozen = graph_leaf(g, b),
                *unused = graph_trainable(g, b);
    struct node *deep = frozen;
    for (int i = 0; i < 20; i++) {
        deep = op_unary(g, UNARY_SILU, deep);
    }
    struct node *loss = op_mse(g, op_mul(g, x, deep), frozen);
    int before = graph_size(g);
    struct node *leaves[] = {x, unused}, *grads[2];
    g_assert_true(graph_grad(g, loss, leaves, 2, grads, &error));
    for (int id = before; id < graph_size(g); id++) { // nothing of the frozen chain
        g_assert_true(!graph_nth(g, id)->op || strcmp(graph_nth(g, id)->op->name, "unary_back"));
    }
    g_assert_true(grads[1]->constant && grads[1]->p.f[0] == 0);
    graph_free(g);
    tensor_free(a);
    tensor_free(b);
}

static void test_no_rule(void)
{
    static const struct op ruleless = {.name = "ruleless"};
    g_autoptr(GError) error = NULL;
    struct tensor *a = random_tensor(1, 1, 1, 1, 1);
    struct graph *g = graph_new();
    struct node *x = graph_trainable(g, a);
    struct node *y = graph_add(g, &ruleless, DTYPE_F32, a->shape, &x, 1), *grad;
    g_assert_false(graph_grad(g, y, &x, 1, &grad, &error));
    g_assert_error(error, TINCTURE_ERROR, TINCTURE_ERROR_UNSUPPORTED);
    g_assert_nonnull(strstr(error->message, "ruleless"));
    graph_free(g);
    tensor_free(a);
}

// ---- errors -------------------------------------------------------------------------------------

static void test_cancel(void)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(GCancellable) cancellable = g_cancellable_new();
    struct tensor *a = random_tensor(1, 1, 1, 1, 16);
    struct graph *g = graph_new();
    struct node *y = op_affine(g, graph_leaf(g, a), 2, 0);
    struct program *p = compile(g, &y, 1);
    g_assert_true(program_run(p, cancellable, &error));
    g_cancellable_cancel(cancellable);
    g_assert_false(program_run(p, cancellable, &error));
    g_assert_error(error, G_IO_ERROR, G_IO_ERROR_CANCELLED);
    run(p); // and it still works
    program_free(p);
    graph_free(g);
    tensor_free(a);
}

static float sum_of(struct program *p, const struct node *node)
{
    float x[16], sum = 0;
    g_assert_true(program_read(p, node, x, NULL));
    for (int i = 0; i < 16; i++) {
        sum += x[i];
    }
    return sum;
}

static void fill(struct tensor *t, float value)
{
    float x[16];
    for (int i = 0; i < 16; i++) {
        x[i] = value;
    }
    g_assert_true(tensor_write(t, x, NULL));
}

// x + 2 (words + weight): what follows from words and weight alone is computed when one of them was
// written, and else it is what it was. That it is not computed is seen by words that are changed
// behind the program's back.
static void test_kept(void)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(GCancellable) cancellable = g_cancellable_new();
    struct tensor *x = random_tensor(1, 1, 1, 1, 16), *words = random_tensor(2, 1, 1, 1, 16),
                  *weight = random_tensor(3, 1, 1, 1, 16);
    struct graph *g = graph_new();
    struct node *leaf = graph_leaf(g, words), *of_weights = graph_leaf(g, weight);
    leaf->pace = PACE_SELDOM;
    of_weights->pace = PACE_WEIGHTS;
    struct node *kept = op_affine(g, op_add(g, leaf, of_weights), 2, 0);
    struct node *y = op_add(g, graph_leaf(g, x), kept);
    struct program *p = compile(g, &y, 1);
    fill(x, 1);
    fill(words, 2);
    fill(weight, 3);
    run(p);
    g_assert_cmpfloat(sum_of(p, y), ==, 16 * 11);
    const float behind[16] = {0};
    g_assert_true(gpu_buf_write(gpu, words->buf, 0, behind, sizeof behind, &error));
    fill(x, 2);
    run(p);
    g_assert_cmpfloat(sum_of(p, y), ==, 16 * 12);
    fill(words, 4);
    run(p);
    g_assert_cmpfloat(sum_of(p, y), ==, 16 * 16);
    fill(weight, 0);
    g_cancellable_cancel(cancellable);
    g_assert_false(program_run(p, cancellable, &error));
    run(p); // what was not computed is not taken for known
    g_assert_cmpfloat(sum_of(p, y), ==, 16 * 10);
    program_free(p);
    graph_free(g);
    tensor_free(x);
    tensor_free(words);
    tensor_free(weight);
}

static void test_no_data(void)
{
    g_autoptr(GError) error = NULL;
    struct graph *g = graph_new();
    struct node *y = op_affine(g, graph_leaf_dry(g, (int[]){1, 1, 1, 4}, "weights.w"), 2, 0);
    g_assert_null(program_new(g, gpu, &y, 1, &error));
    g_assert_error(error, TINCTURE_ERROR, TINCTURE_ERROR_ARGUMENT);
    g_assert_nonnull(strstr(error->message, "weights.w"));
    graph_free(g);
}

static void test_too_large(void)
{
    g_autoptr(GError) error = NULL;
    struct tensor *a = random_tensor(1, 1, 1, 1, 1);
    struct graph *g = graph_new();
    struct node *small = graph_leaf(g, a), *sum = NULL;
    for (int i = 0; i < 64; i++) { // 64 GiB for each, all needed at the end
        struct node *x = op_add(g, graph_constant(g, (int[]){1, 16, 1024, 16384}, (float)i), small);
        sum = sum ? op_add(g, sum, x) : x;
    }
    g_assert_null(program_new(g, gpu, &sum, 1, &error));
    g_assert_error(error, TINCTURE_ERROR, TINCTURE_ERROR_MEMORY);
    g_assert_nonnull(strstr(error->message, "GiB"));
    graph_free(g);
    tensor_free(a);
}

// A node that none of its op's kernels can run: the host's has no memory to run on here, and the
// shader needs more shared memory than the device has.
static void test_no_kernel(void)
{
    g_autoptr(GError) error = NULL;
    const struct gpu_info *info = gpu_info(gpu);
    if (info->host_kernels) {
        g_test_skip("the host's kernels run any size");
        return;
    }
    const int side = (int)info->max_shared / 12 + 1;
    struct graph *g = graph_new();
    struct node *a = graph_constant(g, (int[]){1, 1, side, side}, 1), *x = op_solve(g, a, a, false);
    g_assert_null(program_new(g, gpu, &x, 1, &error));
    g_assert_error(error, TINCTURE_ERROR, TINCTURE_ERROR_UNSUPPORTED);
    g_assert_nonnull(strstr(error->message, "solve"));
    g_assert_nonnull(strstr(error->message, "shared memory"));
    graph_free(g);
}

// Whichever allocation of a program fails, those before it are freed and the device goes on
// working.
static void test_faults(void)
{
    for (int n = 1;; n++) {
        g_autoptr(GError) error = NULL;
        g_autofree char *fault = g_strdup_printf("alloc:%d", n + 1); // the first is the tensor's
        struct gpu *kept = gpu;
        g_setenv("TINCTURE_FAULT", fault, TRUE);
        gpu = gpu_open(NULL, &error);
        g_unsetenv("TINCTURE_FAULT");
        g_assert_no_error(error);
        struct tensor *a = random_tensor(1, 1, 1, 1, 16);
        struct graph *g = graph_new();
        struct node *y = op_add(g, graph_leaf(g, a), graph_constant(g, a->shape, 1));
        struct program *p = program_new(g, gpu, &y, 1, &error);
        bool ok = p != NULL;
        program_free(p);
        if (!ok) {
            g_assert_error(error, TINCTURE_ERROR, TINCTURE_ERROR_MEMORY);
            program_free(compile(g, &y, 1));
        }
        graph_free(g);
        tensor_free(a);
        g_assert_cmpuint(gpu_validation_count(gpu), ==, 0);
        gpu_free(gpu);
        gpu = kept;
        if (ok) {
            g_assert_cmpint(n, >, 2);
            return;
        }
    }
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_autoptr(GError) error = NULL;
    gpu = gpu_open(NULL, &error);
    g_assert_no_error(error);
    if (!g_strcmp0(g_getenv("TINCTURE_VARIANT"), "host") && !gpu_info(gpu)->host_kernels) {
        g_print("1..0 # SKIP no host kernels on %s\n", gpu_info(gpu)->name);
        gpu_free(gpu);
        return 0;
    }
    g_test_add_func("/program/replay", test_replay);
    g_test_add_func("/program/outputs", test_outputs);
    g_test_add_func("/program/gradient", test_gradient);
    g_test_add_func("/program/gradient-recomputed", test_gradient_recomputed);
    g_test_add_func("/program/gradient-paths", test_gradient_paths);
    g_test_add_func("/program/no-rule", test_no_rule);
    g_test_add_func("/program/cancel", test_cancel);
    g_test_add_func("/program/kept", test_kept);
    g_test_add_func("/program/no-data", test_no_data);
    g_test_add_func("/program/too-large", test_too_large);
    g_test_add_func("/program/no-kernel", test_no_kernel);
    g_test_add_func("/program/faults", test_faults);
    int result = g_test_run();
    g_assert_cmpuint(gpu_validation_count(gpu), ==, 0);
    gpu_free(gpu);
    return result;
}
