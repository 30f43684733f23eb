// Packed products: every inner loop that the processor has against sums in double precision, at
// sizes around the tiles' and the parts'; and the packed copy follows its tensor.
#include "compute/op/packed.h"

#include "compute/gpu/random.h"

#include <math.h>
#include <string.h>

#define GUARD 64 // floats before and behind the result

static struct gpu *gpu;

// Row i under tap t begins at row i + t of x; behind the last row there are zeros.
struct source {
    const float *x;
    int rows, depth, taps;
};

static void locate(const void *data, int64_t begin, int64_t end, const float **at, int64_t pitch,
                   const float *zeros)
{
    const struct source *s = data;
    for (int64_t i = begin; i < end; i++) {
        for (int t = 0; t < s->taps; t++) {
            at[t * pitch + i - begin] = i + t < s->rows ? s->x + (i + t) * s->depth : zeros;
        }
    }
}

static struct packed_product product_of(const struct source *s, struct tensor *keeper,
                                        const float *w, int n, bool back)
{
    struct packed_weights weights = {
        .data = w,
        .step_n = back ? 1 : (int64_t)s->taps * s->depth,
        .step_tap = back ? n : s->depth,
        .step_depth = back ? (int64_t)s->taps * n : 1,
        .n = n,
        .taps = s->taps,
        .depth = s->depth,
        .keeper = keeper,
    };
    return (struct packed_product){.m = s->rows, .locate = locate, .data = s, .w = weights};
}

static double expected(const struct packed_product *q, int64_t i, int j, double *scale)
{
    const struct source *s = q->data;
    double sum = q->bias ? q->bias[j] : 0;
    *scale = 1;
    for (int t = 0; t < s->taps && i + t < s->rows; t++) {
        for (int k = 0; k < s->depth; k++) {
            double term = (double)s->x[(i + t) * s->depth + k] *
                          q->w.data[j * q->w.step_n + t * q->w.step_tap + k * q->w.step_depth];
            sum += term;
            *scale += term * term;
        }
    }
    *scale = sqrt(*scale);
    return sum;
}

static void check(struct packed_product *q)
{
    const int64_t count = q->m * q->w.n;
    g_autofree float *buffer = g_new(float, count + 2 * GUARD);
    for (int64_t i = 0; i < count + 2 * GUARD; i++) {
        buffer[i] = 12345;
    }
    q->y = buffer + GUARD;
    packed_product_run(q);
    for (int i = 0; i < GUARD; i++) {
        g_assert_cmpfloat(buffer[i], ==, 12345);
        g_assert_cmpfloat(buffer[GUARD + count + i], ==, 12345);
    }
    const int64_t step = MAX(count / 499, 1);
    for (int64_t i = 0; i < count; i += i + step < count ? step : MAX(count - 1 - i, 1)) {
        double scale, want = expected(q, i / q->w.n, (int)(i % q->w.n), &scale);
        g_assert_cmpfloat(fabs(q->y[i] - want), <=, 2e-6 * scale);
    }
}

static float *random_floats(int64_t n, uint64_t seed)
{
    float *data = g_new(float, n);
    struct rng rng = {.seed = seed};
    rng_normal(&rng, data, n);
    return data;
}

static void check_sizes(const struct packed_kernel *kernel, int m, int n, int depth, int taps)
{
    g_autofree float *x = random_floats((int64_t)m * depth, 1);
    g_autofree float *w = random_floats((int64_t)n * depth * taps, 2);
    g_autofree float *bias = random_floats(n, 3);
    const struct source s = {x, m, depth, taps};
    for (int variant = 0; variant < 4; variant++) {
        struct packed_product q = product_of(&s, NULL, w, n, variant & 1);
        q.bias = variant & 2 ? bias : NULL;
        q.kernel = kernel;
        check(&q);
    }
}

static void test_kernel(gconstpointer data)
{
    const struct packed_kernel *kernel = data;
    const int rows = kernel->rows, columns = kernel->columns;
    check_sizes(kernel, 1, 1, 1, 1);
    check_sizes(kernel, rows - 1, columns - 1, 7, 3);
    check_sizes(kernel, rows, columns, 16, 1);
    check_sizes(kernel, rows + 1, columns + 1, 17, 2);
    check_sizes(kernel, 5, 3, 255, 9);
    check_sizes(kernel, 50, 70, 256, 2);
    check_sizes(kernel, 33, 40, 257, 9);
    check_sizes(kernel, 257, 97, 600, 1);
    check_sizes(kernel, 9000, 20, 5, 4); // more rows than are located at a time
}

static struct tensor *tensor_of(int n, int depth, const float *data)
{
    GError *error = NULL;
    struct tensor *t = tensor_new(gpu, DTYPE_F32, (int[]){1, 1, n, depth}, "w", &error);
    g_assert_no_error(error);
    g_assert_true(tensor_write(t, data, &error));
    return t;
}

// The packed copy is used again (a change behind the tensor's back is not seen), and follows a
// write.
static void test_kept(void)
{
    enum { M = 20, N = 40, DEPTH = 30 };
    g_autofree float *x = random_floats(M * DEPTH, 4);
    g_autofree float *w = random_floats(N * DEPTH, 5);
    g_autofree float *other = random_floats(N * DEPTH, 6);
    const struct source s = {x, M, DEPTH, 1};
    struct tensor *t = tensor_of(N, DEPTH, w);
    struct packed_product q = product_of(&s, t, w, N, false);
    check(&q);
    const float *copy = t->packed[0].data;
    g_assert_nonnull(copy);

    g_autofree float *garbage = g_new0(float, N *DEPTH);
    g_autofree float *y = g_new(float, M *N);
    g_autofree float *again = g_new(float, M *N);
    q.y = y;
    packed_product_run(&q);
    q.y = again;
    q.w.data = garbage;
    packed_product_run(&q);
    g_assert_cmpmem(y, sizeof(*y) * M * N, again, sizeof(*y) * M * N);

    GError *error = NULL;
    g_assert_true(tensor_write(t, other, &error));
    q.w.data = other;
    check(&q);
    g_assert_true(t->packed[0].data == copy);

    struct packed_product back = product_of(&s, t, w, N, true);
    check(&back);
    g_assert_nonnull(t->packed[1].data);
    tensor_free(t);
}

// The same bits however the work is cut into pieces.
static void test_cut(void)
{
    enum { M = 300, N = 100, DEPTH = 400 };
    g_autofree float *x = random_floats(M * DEPTH, 7);
    g_autofree float *w = random_floats(N * DEPTH * 2, 8);
    g_autofree float *one = g_new(float, M *N);
    g_autofree float *two = g_new(float, M *N);
    const struct source s = {x, M, DEPTH, 2};
    struct tensor *t = tensor_of(N, DEPTH * 2, w);
    struct packed_product q = product_of(&s, t, w, N, false); // kept: several ranges of rows
    q.y = one;
    packed_product_run(&q);
    q.w.keeper = NULL; // not kept: one
    q.y = two;
    packed_product_run(&q);
    g_assert_cmpmem(one, sizeof(*one) * M * N, two, sizeof(*two) * M * N);
    tensor_free(t);
}

int main(int argc, char **argv)
{
    GError *error = NULL;
    g_test_init(&argc, &argv, NULL);
    gpu = gpu_open(NULL, &error);
    g_assert_no_error(error);
    for (int i = 0; packed_kernels[i]; i++) {
        g_autofree char *name = g_strdup_printf("/packed/%s", packed_kernels[i]->name);
        if (packed_kernels[i]->usable()) {
            g_test_add_data_func(name, packed_kernels[i], test_kernel);
        }
    }
    g_test_add_func("/packed/kept", test_kept);
    g_test_add_func("/packed/cut", test_cut);
    int result = g_test_run();
    gpu_free(gpu);
    return result;
}
