// Transforms: a known spectrum, a direct sum, and there and back.
#include "compute/gpu/fft.h"
#include "compute/gpu/random.h"

#include <math.h>
#include <string.h>

static struct gpu *gpu;
static struct fft *fft;

static void test_wave(void)
{
    enum { W = 64, H = 32, KX = 5, KY = 3 };
    g_autoptr(GError) error = NULL;
    g_autofree float *x = g_new(float, W *H), *f = g_new(float, H *(W / 2 + 1) * 2);
    for (int i = 0; i < W * H; i++) {
        x[i] = cosf((float)(2 * G_PI * (KX * (i % W) / (double)W + KY * (i / W) / (double)H)));
    }
    g_assert_true(fft_forward(fft, W, H, x, f, &error));
    g_assert_no_error(error);
    for (int y = 0; y < H; y++) {
        for (int k = 0; k <= W / 2; k++) {
            double want = k == KX && y == KY ? W * H / 2 : 0;
            g_assert_cmpfloat_with_epsilon(f[(y * (W / 2 + 1) + k) * 2], want, 2e-3);
            g_assert_cmpfloat_with_epsilon(f[(y * (W / 2 + 1) + k) * 2 + 1], 0, 2e-3);
        }
    }
}

static void check_direct(int W, int H)
{
    g_autoptr(GError) error = NULL;
    g_autofree float *x = g_new(float, W *H), *f = g_new(float, H *(W / 2 + 1) * 2);
    struct rng rng = {.seed = 4};
    rng_normal(&rng, x, W * H);
    g_assert_true(fft_forward(fft, W, H, x, f, &error));
    g_assert_no_error(error);
    for (int v = 0; v < H; v++) {
        for (int u = 0; u <= W / 2; u++) {
            double re = 0, im = 0;
            for (int i = 0; i < W * H; i++) {
                double angle = -2 * G_PI * (u * (i % W) / (double)W + v * (i / W) / (double)H);
                re += x[i] * cos(angle);
                im += x[i] * sin(angle);
            }
            g_assert_cmpfloat_with_epsilon(f[(v * (W / 2 + 1) + u) * 2], re, 1e-4);
            g_assert_cmpfloat_with_epsilon(f[(v * (W / 2 + 1) + u) * 2 + 1], im, 1e-4);
        }
    }
}

// Against the definition: powers of four, of two alone, and of neither; fewer lines than are
// worked on at once, and more.
static void test_direct(void)
{
    static const int sizes[][2] = {{12, 10}, {2, 2}, {4, 2}, {2, 8}, {16, 64}, {32, 8}, {64, 16}};
    for (size_t i = 0; i < G_N_ELEMENTS(sizes); i++) {
        check_direct(sizes[i][0], sizes[i][1]);
    }
}

static void check_round_trip(int width, int height)
{
    g_autoptr(GError) error = NULL;
    size_t n = (size_t)width * height, m = (size_t)height * (width / 2 + 1) * 2;
    g_autofree float *x = g_new(float, n), *back = g_new(float, n), *f = g_new(float, m);
    struct rng rng = {.seed = 5};
    rng_normal(&rng, x, (int64_t)n);
    g_assert_true(fft_forward(fft, width, height, x, f, &error));
    g_autofree float *kept = g_memdup2(f, m * sizeof *f);
    g_assert_true(fft_inverse(fft, width, height, f, back, &error));
    g_assert_no_error(error);
    g_assert_cmpmem(f, m * 4, kept, m * 4);
    for (size_t i = 0; i < n; i++) {
        g_assert_cmpfloat_with_epsilon(back[i], x[i], 1e-5);
    }
}

// More sizes than plans are kept, and one of them twice.
static void test_round_trip(void)
{
    static const int sizes[][2] = {{64, 64},   {128, 32}, {2, 2},  {30, 50},
                                   {256, 128}, {34, 17},  {64, 64}};
    for (size_t i = 0; i < G_N_ELEMENTS(sizes); i++) {
        check_round_trip(sizes[i][0], sizes[i][1]);
    }
}

static void test_refused(void)
{
    g_autoptr(GError) error = NULL;
    float x[16] = {0};
    g_assert_false(fft_forward(fft, 3, 3, x, x, &error));
    g_assert_error(error, TINCTURE_ERROR, TINCTURE_ERROR_UNSUPPORTED);
}

static void test_speed(void)
{
    static const int sizes[] = {512, 1024, 2048};
    for (size_t i = 0; i < G_N_ELEMENTS(sizes); i++) {
        int n = sizes[i];
        g_autofree float *x = g_new0(float, (size_t)n *n), *f = g_new(float, (size_t)n *(n + 2));
        gint64 begin = g_get_monotonic_time();
        g_assert_true(fft_forward(fft, n, n, x, f, NULL));
        gint64 first = g_get_monotonic_time() - begin;
        begin = g_get_monotonic_time();
        for (int k = 0; k < 5; k++) {
            g_assert_true(fft_forward(fft, n, n, x, f, NULL));
        }
        g_test_message("%d x %d: first %.0f ms, then %.1f ms", n, n, first * 1e-3,
                       (g_get_monotonic_time() - begin) * 1e-3 / 5);
    }
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_autoptr(GError) error = NULL;
    gpu = gpu_open(NULL, &error);
    g_assert_no_error(error);
    fft = fft_open(gpu, &error);
    g_assert_no_error(error);
    g_test_add_func("/fft/wave", test_wave);
    g_test_add_func("/fft/direct", test_direct);
    g_test_add_func("/fft/round-trip", test_round_trip);
    g_test_add_func("/fft/refused", test_refused);
    if (g_test_perf()) {
        g_test_add_func("/fft/speed", test_speed);
    }
    int result = g_test_run();
    fft_free(fft);
    g_assert_cmpuint(gpu_validation_count(gpu), ==, 0);
    gpu_free(gpu);
    return result;
}
