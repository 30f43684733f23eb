// Which kernel a node runs with: by what the device has, what the node is, and TINCTURE_VARIANT.
#include "compute/op/op.h"
#include "compute/op/ops.h"

#include <string.h>

// The first dispatch of a node on a device with so much shared memory; false where it has none.
static bool dispatch_with(const struct node *node, uint32_t max_shared, struct op_dispatch *first)
{
    const struct gpu_info info = {.type = GPU_TYPE_DISCRETE, .max_shared = max_shared};
    struct op_dispatch list[OP_MAX_DISPATCHES];
    const struct op_kernel *kernel = op_kernel_choose(node, &info, NULL);
    if (!kernel) {
        return false;
    }
    kernel->dispatch(&(struct op_site){.node = node, .gpu = &info}, list);
    *first = list[0];
    return true;
}

// Devices that have no more shared memory than Vulkan promises get smaller tiles of attention, and
// are told that a system of equations is too large for them.
static void test_little_shared_memory(void)
{
    struct graph *g = graph_new();
    struct node *x = graph_leaf_dry(g, (int[]){1, 1, 4096, 320}, "x");
    struct node *a = graph_leaf_dry(g, (int[]){1, 1, 2048, 2048}, "a");
    struct node *y = op_attention(g, x, x, x, 8, 1, false), *s = op_solve(g, a, a, false);
    struct op_dispatch first;
    g_assert_true(dispatch_with(y, 32768, &first));
    g_assert_cmpuint(first.spec[0], ==, 4);
    g_assert_true(dispatch_with(y, 16384, &first));
    g_assert_cmpuint(first.spec[0], ==, 2);
    g_assert_true(dispatch_with(s, 32768, &first));
    g_assert_false(dispatch_with(s, 16384, &first));
    graph_free(g);
}

static const char *chosen(const struct node *node, const struct gpu_info *info, const char *variant)
{
    return op_kernel_choose(node, info, variant)->name;
}

// The first kernel that fits; a variant narrows the choice where there is something to choose.
static void test_choice(void)
{
    const struct gpu_info cpu = {.type = GPU_TYPE_CPU, .host_kernels = true};
    const struct gpu_info unmapped = {.type = GPU_TYPE_CPU}, card = {.type = GPU_TYPE_DISCRETE};
    struct graph *g = graph_new();
    struct node *x = graph_leaf_dry(g, (int[]){1, 1, 1, 64}, "x"), *y = op_affine(g, x, 2, 1);
    g_assert_cmpstr(chosen(y, &cpu, NULL), ==, "host");
    g_assert_cmpstr(chosen(y, &cpu, "host"), ==, "host");
    g_assert_cmpstr(chosen(y, &cpu, "portable"), ==, "portable");
    g_assert_cmpstr(chosen(y, &unmapped, "host"), !=, "host");
    g_assert_cmpstr(chosen(y, &card, NULL), ==, "portable");
    g_assert_cmpstr(chosen(y, &card, "shader"), ==, "portable");
    graph_free(g);
}

// Whether y = 2 x + 1 of a part of x runs by pairs of elements on a CPU-type device.
static const char *chosen_for_part(int offset, int count)
{
    const struct gpu_info cpu = {.type = GPU_TYPE_CPU, .host_kernels = true, .int64 = true};
    struct graph *g = graph_new();
    struct node *x = graph_leaf_dry(g, (int[]){1, 1, 1, 64}, "x");
    struct node *outer = op_view(g, x, 1, (int[]){1, 1, 1, 63});
    struct node *part = op_view(g, outer, offset, (int[]){1, 1, 1, count});
    const char *name = chosen(op_affine(g, part, 2, 1), &cpu, "shader");
    graph_free(g);
    return name;
}

// Pairs have to begin at a multiple of their size, wherever a view of a view looks.
static void test_pairs(void)
{
    g_assert_cmpstr(chosen_for_part(1, 32), ==, "lanes");
    g_assert_cmpstr(chosen_for_part(2, 32), ==, "portable");
    g_assert_cmpstr(chosen_for_part(1, 33), ==, "portable");
}

// A smaller operand that repeats is not taken in pairs, and devices without 64-bit integers have
// none.
static void test_no_pairs(void)
{
    struct gpu_info cpu = {.type = GPU_TYPE_CPU, .int64 = true};
    struct graph *g = graph_new();
    struct node *x = graph_leaf_dry(g, (int[]){1, 1, 2, 64}, "x");
    struct node *row = graph_leaf_dry(g, (int[]){1, 1, 1, 64}, "row");
    g_assert_cmpstr(chosen(op_add(g, x, x), &cpu, NULL), ==, "lanes");
    g_assert_cmpstr(chosen(op_add(g, x, row), &cpu, NULL), ==, "portable");
    cpu.int64 = false;
    g_assert_cmpstr(chosen(op_add(g, x, x), &cpu, NULL), ==, "portable");
    graph_free(g);
}

// What the environment asks for: the name of any kernel, and nothing else.
static void test_variant(void)
{
    const struct gpu_info card = {.type = GPU_TYPE_DISCRETE, .name = "card"};
    const char *variant = "unset";
    GError *error = NULL;
    g_setenv("TINCTURE_VARIANT", "", TRUE);
    g_assert_true(op_variant(&card, &variant, &error));
    g_assert_null(variant);
    g_setenv("TINCTURE_VARIANT", "shader", TRUE);
    g_assert_true(op_variant(&card, &variant, &error));
    g_assert_cmpstr(variant, ==, "shader");
    g_setenv("TINCTURE_VARIANT", "host", TRUE);
    g_assert_false(op_variant(&card, &variant, &error));
    g_assert_nonnull(strstr(error->message, "card"));
    g_clear_error(&error);
    g_setenv("TINCTURE_VARIANT", "shaders", TRUE);
    g_assert_false(op_variant(&card, &variant, &error));
    g_assert_nonnull(strstr(error->message, "shaders"));
    g_clear_error(&error);
}

// Weights of 16 bits are read by products on the host alone, whatever else is asked for.
static void test_halves(void)
{
    const struct gpu_info cpu = {.type = GPU_TYPE_CPU, .host_kernels = true, .int64 = true};
    const struct gpu_info rounds = {.type = GPU_TYPE_CPU, .host_kernels = true, .bf16 = true};
    const struct gpu_info card = {.type = GPU_TYPE_DISCRETE};
    struct tensor weights = {.shape = {1, 1, 64, 32}, .dtype = DTYPE_F16};
    struct graph *g = graph_new();
    struct node *x = graph_leaf_dry(g, (int[]){1, 1, 4, 32}, "x"), *w = graph_leaf(g, &weights);
    struct node *dy = graph_leaf_dry(g, (int[]){1, 1, 4, 64}, "dy");
    struct node *part = op_view(g, w, 32, (int[]){1, 1, 8, 32});
    struct node *const products[] = {op_linear(g, x, w, NULL), op_matmul(g, dy, w, false, false)};
    struct node *const others[] = {op_affine(g, w, 2, 1), op_add(g, w, w), op_linear(g, w, x, NULL),
                                   op_linear(g, x, part, NULL)};
    for (size_t i = 0; i < G_N_ELEMENTS(products); i++) {
        g_assert_cmpstr(chosen(products[i], &cpu, NULL), ==, "host");
        g_assert_cmpstr(chosen(products[i], &cpu, "shader"), ==, "host");
        g_assert_cmpstr(chosen(products[i], &rounds, NULL), ==, "bf16");
        g_assert_null(op_kernel_choose(products[i], &card, NULL));
    }
    for (size_t i = 0; i < G_N_ELEMENTS(others); i++) {
        g_assert_null(op_kernel_choose(others[i], &cpu, NULL));
        g_assert_null(op_kernel_choose(others[i], &rounds, NULL));
    }
    graph_free(g);
}

// Where they may rest so.
static void test_takes_halves(void)
{
    static const struct {
        const char *variant;
        bool takes;
    } cases[] = {{"", true},       {"host", true},      {"bf16", true},   {"shader", false},
                 {"lanes", false}, {"portable", false}, {"nobody", false}};
    const struct gpu_info cpu = {.type = GPU_TYPE_CPU, .host_kernels = true};
    const struct gpu_info card = {.type = GPU_TYPE_DISCRETE};
    for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
        g_setenv("TINCTURE_VARIANT", cases[i].variant, TRUE);
        g_assert_true(op_takes_halves(&cpu) == cases[i].takes);
        g_assert_false(op_takes_halves(&card));
    }
    g_unsetenv("TINCTURE_VARIANT");
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/choice/first-that-fits", test_choice);
    g_test_add_func("/choice/pairs", test_pairs);
    g_test_add_func("/choice/no-pairs", test_no_pairs);
    g_test_add_func("/choice/little-shared-memory", test_little_shared_memory);
    g_test_add_func("/choice/variant", test_variant);
    g_test_add_func("/choice/halves", test_halves);
    g_test_add_func("/choice/takes-halves", test_takes_halves);
    return g_test_run();
}
