// Packed products: every inner loop that the processor has, and one of bf16 in plain C, which any
// has, against sums in double precision, at sizes around the tiles' and the parts'; what is rounded
// to bf16, and how; and the packed copy follows its tensor.
#include "compute/op/packed.h"

#include "compute/gpu/host.h"
#include "compute/gpu/random.h"
#include "compute/graph/panels.h"
#include "compute/half.h"
#include "compute/op/math.h"

#include <math.h>
#include <string.h>

#define GUARD 64 // floats before and behind the result

static struct gpu *gpu;

// Row i under tap t begins at row i + t of x; behind the last row there are zeros.
struct source {
    const float *x;
    int rows, depth, taps;
};

static void locate(const void *data, int64_t begin, int64_t end, const struct packed_table *to)
{
    const struct source *s = data;
    for (int64_t i = begin; i < end; i++) {
        for (int t = 0; t < s->taps; t++) {
            to->at[t * to->pitch + i - begin] =
                i + t < s->rows ? to->x + (i + t - to->first) * to->words : to->zeros;
        }
    }
}

static void reach(const void *data, int64_t begin, int64_t end, int64_t *from, int64_t *to)
{
    const struct source *s = data;
    *from = begin;
    *to = MIN(end + s->taps - 1, s->rows);
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
        .turned = back,
        .keeper = keeper,
    };
    return (struct packed_product){
        .x = s->x, .m = s->rows, .locate = locate, .reach = reach, .data = s, .w = weights};
}

// The inner loop in bf16 as it reads in the books: two products a word, sums in fp32.
enum { PLAIN_ROWS = 3, PLAIN_COLUMNS = 5 };

static void run_plain_bf16(const struct packed_tile *tile)
{
    for (int i = 0; i < PLAIN_ROWS; i++) {
        for (int j = 0; j < PLAIN_COLUMNS; j++) {
            float sum = 0;
            const float *panel = tile->panel + j;
            for (int tap = 0; tap < tile->taps; tap++) {
                const float *row = tile->rows[tap * tile->pitch + i] + tile->begin;
                for (int k = 0; k < tile->words; k++, panel += PLAIN_COLUMNS) {
                    const uint32_t x = float_bits(row[k]), w = float_bits(*panel);
                    sum +=
                        bfloat_to_float((uint16_t)(x >> 16)) * bfloat_to_float((uint16_t)(w >> 16));
                    sum += bfloat_to_float((uint16_t)x) * bfloat_to_float((uint16_t)w);
                }
            }
            float *c = tile->c + i * tile->ldc + j;
            *c = sum + (tile->bias ? tile->bias[j] : *c);
        }
    }
}

static bool always(void)
{
    return true;
}

static const struct packed_kernel plain_bf16 = {
    "plain_bf16", PLAIN_ROWS, PLAIN_COLUMNS, true, always, run_plain_bf16, NULL,
};

// What the kernel makes of a factor.
static double factor(const struct packed_product *q, float f)
{
    const bool bf16 = q->kernel ? q->kernel->bf16 : q->bf16;
    return bf16 ? bfloat_to_float((uint16_t)bf16_bits(f)) : f;
}

static double expected(const struct packed_product *q, int64_t i, int j, double *scale)
{
    const struct source *s = q->data;
    double sum = q->bias ? q->bias[j] : 0;
    *scale = 1;
    for (int t = 0; t < s->taps && i + t < s->rows; t++) {
        for (int k = 0; k < s->depth; k++) {
            const int64_t at = j * q->w.step_n + t * q->w.step_tap + k * q->w.step_depth;
            double term =
                factor(q, s->x[(i + t) * s->depth + k]) * factor(q, ((const float *)q->w.data)[at]);
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
static void test_kept(gconstpointer data)
{
    enum { M = 20, N = 40, DEPTH = 30 };
    const bool bf16 = GPOINTER_TO_INT(data);
    g_autofree float *x = random_floats(M * DEPTH, 4);
    g_autofree float *w = random_floats(N * DEPTH, 5);
    g_autofree float *other = random_floats(N * DEPTH, 6);
    const struct source s = {x, M, DEPTH, 1};
    struct tensor *t = tensor_of(N, DEPTH, w);
    struct packed_product q = product_of(&s, t, w, N, false);
    q.bf16 = bf16;
    check(&q);
    const float *copy = t->packed[0].data;
    g_assert_nonnull(copy);
    g_assert_true(!bf16 || t->packed[0].floats == DEPTH / 2 * 2 * 32); // half of fp32

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
    back.bf16 = bf16;
    check(&back);
    g_assert_nonnull(t->packed[1].data);
    tensor_free(t);
}

// The same bits however the work is cut into pieces.
static void test_cut(gconstpointer data)
{
    enum { M = 300, N = 100, DEPTH = 400 };
    g_autofree float *x = random_floats(M * DEPTH, 7);
    g_autofree float *w = random_floats(N * DEPTH * 2, 8);
    g_autofree float *one = g_new(float, M *N);
    g_autofree float *two = g_new(float, M *N);
    const struct source s = {x, M, DEPTH, 2};
    struct tensor *t = tensor_of(N, DEPTH * 2, w);
    struct packed_product q = product_of(&s, t, w, N, false); // kept: several ranges of rows
    q.bf16 = GPOINTER_TO_INT(data);
    q.y = one;
    packed_product_run(&q);
    q.w.keeper = NULL; // not kept: one
    q.y = two;
    packed_product_run(&q);
    g_assert_cmpmem(one, sizeof(*one) * M * N, two, sizeof(*two) * M * N);
    tensor_free(t);
}

// To the nearest, of two as near to the even one; infinity and NaN stay what they are.
static void test_rounding(void)
{
    static const uint32_t pairs[][2] = {
        {0x3f800000, 0x3f80}, {0x3f807fff, 0x3f80}, {0x3f808000, 0x3f80}, {0x3f808001, 0x3f81},
        {0x3f818000, 0x3f82}, {0xbf818000, 0xbf82}, {0x80000000, 0x8000}, {0x00008001, 0x0001},
        {0x7f7fffff, 0x7f80}, {0x7f800000, 0x7f80}, {0xff800000, 0xff80},
    };
    for (size_t i = 0; i < G_N_ELEMENTS(pairs); i++) {
        g_assert_cmphex(bf16_bits(float_from_bits(pairs[i][0])), ==, pairs[i][1]);
    }
    static const uint32_t nans[] = {0x7f800001, 0x7fffffff, 0xffffffff, 0x7fc00000};
    for (size_t i = 0; i < G_N_ELEMENTS(nans); i++) {
        const uint16_t b = (uint16_t)bf16_bits(float_from_bits(nans[i]));
        g_assert_true(isnan(bfloat_to_float(b)));
        g_assert_cmphex(b >> 15, ==, nans[i] >> 31);
    }
}

// A row of an odd number is not mixed with what stands behind it.
static void test_odd(gconstpointer data)
{
    enum { M = 9, N = 33, DEPTH = 3 };
    g_autofree float *x = random_floats(M * DEPTH, 9);
    g_autofree float *w = random_floats(N * DEPTH, 10);
    g_autofree float *y = g_new(float, M *N);
    const struct source s = {x, M, DEPTH, 1};
    for (int k = 0; k < DEPTH; k++) {
        x[4 * DEPTH + k] = INFINITY;
        w[7 * DEPTH + k] = NAN;
    }
    struct packed_product q = product_of(&s, NULL, w, N, false);
    q.kernel = data;
    q.y = y;
    packed_product_run(&q);
    for (int i = 0; i < M * N; i++) {
        g_assert_true(isfinite(y[i]) == (i / N != 4 && i % N != 7));
    }
}

// ---- weights at rest ----------------------------------------------------------------------------

// A layer's weights in 16 bits, in panels and widened.
struct rest {
    uint16_t *panels;
    float *wide;
};

// Finite numbers of any size that fp16 has, or, so that sums stay finite, bf16 near 1.
static struct rest rest_make(int outputs, int taps, int inputs, enum dtype half)
{
    const int shape[GRAPH_RANK] = {outputs, taps, 1, inputs};
    const struct panels p = {outputs, taps, inputs};
    const int64_t count = shape_count(shape);
    g_autofree uint16_t *file = g_new(uint16_t, count);
    g_autoptr(GRand) rand = g_rand_new_with_seed(13);
    struct rest r = {g_new(uint16_t, count), g_new(float, count)};
    for (int64_t i = 0; i < count; i++) {
        const int sign = g_rand_boolean(rand) ? 0x8000 : 0;
        file[i] = (uint16_t)(sign | (half == DTYPE_F16 ? g_rand_int_range(rand, 0, 0x7c00)
                                                       : g_rand_int_range(rand, 0x3c00, 0x4400)));
    }
    for (int i = 0; i < panels_count(&p); i++) {
        panels_fill(&p, i, (const uint8_t *)file, r.panels + panels_offset(&p, i));
    }
    panels_widen(&p, half, r.panels, r.wide);
    return r;
}

static void check_rest(const struct packed_kernel *kernel, int m, int n, int depth, int taps,
                       enum dtype half)
{
    g_autofree float *x = random_floats((int64_t)m * depth, 14);
    g_autofree float *wide = g_new(float, m *n), *rests = g_new(float, m *n);
    const struct source s = {x, m, depth, taps};
    for (int back = 0; back < 2; back++) {
        struct rest r = back ? rest_make(depth, taps, n, half) : rest_make(n, taps, depth, half);
        struct packed_product q = product_of(&s, NULL, r.wide, n, back);
        q.kernel = kernel;
        q.y = wide;
        packed_product_run(&q);
        q.w.data = r.panels;
        q.w.dtype = half;
        q.y = rests;
        packed_product_run(&q);
        g_assert_cmpmem(wide, sizeof(*wide) * m * n, rests, sizeof(*rests) * m * n);
        g_free(r.panels);
        g_free(r.wide);
    }
}

// What is computed is what it would be of the same numbers in fp32, to the bit.
static void test_rest(gconstpointer data)
{
    static const int sizes[][4] = {// rows, columns, depth, taps
                                   {1, 1, 1, 1},    {5, 31, 7, 3},   {9, 32, 64, 1}, {9, 33, 65, 2},
                                   {20, 64, 32, 9}, {40, 70, 97, 4}, {7, 128, 33, 1}};
    for (size_t i = 0; i < G_N_ELEMENTS(sizes); i++) {
        const int *z = sizes[i];
        check_rest(data, z[0], z[1], z[2], z[3], DTYPE_F16);
        check_rest(data, z[0], z[1], z[2], z[3], DTYPE_BF16);
    }
}

// Of a few columns half a tile would stay empty.
static void test_narrow(void)
{
    enum { M = 20, N = 4, DEPTH = 30 };
    g_autofree float *x = random_floats(M * DEPTH, 11);
    g_autofree float *w = random_floats(N * DEPTH, 12);
    g_autofree float *y = g_new(float, M *N);
    g_autofree float *again = g_new(float, M *N);
    const struct source s = {x, M, DEPTH, 1};
    struct packed_product q = product_of(&s, NULL, w, N, false);
    q.y = y;
    packed_product_run(&q);
    q.bf16 = true;
    q.y = again;
    packed_product_run(&q);
    g_assert_cmpmem(y, sizeof(*y) * M * N, again, sizeof(*y) * M * N);
}

static void add(const char *name, const struct packed_kernel *kernel, GTestDataFunc test)
{
    g_autofree char *path = g_strdup_printf("/packed/%s/%s", kernel->name, name);
    g_test_add_data_func(path, kernel, test);
}

static void add_kernel(const struct packed_kernel *kernel)
{
    if (kernel->usable()) {
        add("sizes", kernel, test_kernel);
        add("odd", kernel, test_odd);
        add("rest", kernel, test_rest);
    }
}

int main(int argc, char **argv)
{
    GError *error = NULL;
    g_test_init(&argc, &argv, NULL);
    gpu = gpu_open(NULL, &error);
    g_assert_no_error(error);
    for (int i = 0; packed_kernels[i]; i++) {
        add_kernel(packed_kernels[i]);
    }
    add_kernel(&plain_bf16);
    g_test_add_func("/packed/rounding", test_rounding);
    g_test_add_func("/packed/narrow", test_narrow);
    for (int bf16 = 0; bf16 <= host_multiplies_bf16(); bf16++) {
        g_autofree char *kept = g_strdup_printf("/packed/%s/kept", bf16 ? "bf16" : "fp32");
        g_autofree char *cut = g_strdup_printf("/packed/%s/cut", bf16 ? "bf16" : "fp32");
        g_test_add_data_func(kept, GINT_TO_POINTER(bf16), test_kept);
        g_test_add_data_func(cut, GINT_TO_POINTER(bf16), test_cut);
    }
    int result = g_test_run();
    gpu_free(gpu);
    return result;
}
