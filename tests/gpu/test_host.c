// The thread team, matrix products against plain loops, and the SVD.
#include "compute/gpu/host.h"
#include "compute/gpu/random.h"

#include <dlfcn.h>
#include <glib.h>
#include <math.h>
#include <stdatomic.h>
#include <string.h>

static float *random_block(uint64_t seed, size_t n)
{
    float *x = g_new(float, n);
    struct rng rng = {.seed = seed};
    rng_normal(&rng, x, (int64_t)n);
    return x;
}

// ---- the team -----------------------------------------------------------------------------------

static void count_each(int64_t begin, int64_t end, void *data)
{
    int *hits = data;
    g_assert_cmpint(begin, <, end);
    for (int64_t i = begin; i < end; i++) {
        hits[i]++; // no two pieces overlap, so this needs no lock
    }
}

static void test_parallel_covers(void)
{
    static const int64_t sizes[] = {0, 1, 2, 7, 64, 1000, 12345};
    static const int64_t grains[] = {1, 3, 100, 20000};
    for (size_t s = 0; s < G_N_ELEMENTS(sizes); s++) {
        for (size_t k = 0; k < G_N_ELEMENTS(grains); k++) {
            g_autofree int *hits = g_new0(int, sizes[s] + 1);
            host_parallel(sizes[s], grains[k], count_each, hits);
            for (int64_t i = 0; i < sizes[s]; i++) {
                g_assert_cmpint(hits[i], ==, 1);
            }
            g_assert_cmpint(hits[sizes[s]], ==, 0);
        }
    }
}

static void add_up(int64_t begin, int64_t end, void *data)
{
    for (int64_t i = begin; i < end; i++) {
        atomic_fetch_add((atomic_int_fast64_t *)data, i);
    }
}

// Short jobs in quick succession, with pauses in which the workers fall asleep.
static void test_parallel_repeats(void)
{
    for (int round = 0; round < 5000; round++) {
        atomic_int_fast64_t sum = 0;
        host_parallel(100, 1, add_up, &sum);
        g_assert_cmpint(sum, ==, 4950);
        if (round % 500 == 0) {
            g_usleep(2000);
        }
    }
}

static gpointer second_user(gpointer data)
{
    test_parallel_repeats();
    return data;
}

static void test_parallel_two_users(void)
{
    GThread *other = g_thread_new("other", second_user, NULL);
    test_parallel_repeats();
    g_thread_join(other);
}

static void use_scratch(int64_t begin, int64_t end, void *data)
{
    float *a = host_scratch(0, 1000 + begin), *b = host_scratch(1, 5000);
    g_assert_true(a != b && (uintptr_t)a % 64 == 0);
    memset(a, 1, (size_t)(1000 + begin) * 4);
    memset(b, 2, 5000 * 4);
    g_assert_true(host_scratch(0, 10) == a);
}

static void test_scratch(void)
{
    host_parallel(1000, 10, use_scratch, NULL);
    g_assert_cmpuint(host_memory_missing(), ==, 0);
}

static void use_too_much(int64_t begin, int64_t end, void *data)
{
    for (int64_t i = begin; i < end; i++) {
        g_assert_true(i == *(int64_t *)data ? !host_scratch(0, INT64_C(1) << 50)
                                            : host_scratch(0, 1000) != NULL);
    }
}

// Whichever thread it was, the one that asked for the work is told, once, and the next finds
// memory.
static void test_scratch_missing(void)
{
    for (int64_t which = 0; which < 1000; which += 7) {
        host_parallel(1000, 1, use_too_much, &which);
        g_assert_cmpuint(host_memory_missing(), ==, UINT64_C(4) << 50);
        host_parallel(1000, 10, use_scratch, NULL);
        g_assert_cmpuint(host_memory_missing(), ==, 0);
    }
}

// ---- products -----------------------------------------------------------------------------------

static float at(const float *x, int ld, bool trans, int row, int column)
{
    return trans ? x[(size_t)column * ld + row] : x[(size_t)row * ld + column];
}

static void check_gemm(bool ta, bool tb, int m, int n, int k, float alpha, float beta)
{
    const int pad = 3; // leading dimensions larger than the rows
    int lda = (ta ? m : k) + pad, ldb = (tb ? k : n) + pad, ldc = n + pad;
    g_autofree float *a = random_block(1, (size_t)lda * (ta ? k : m));
    g_autofree float *b = random_block(2, (size_t)ldb * (tb ? n : k));
    g_autofree float *c = random_block(3, (size_t)ldc * m);
    g_autofree float *before = g_memdup2(c, (size_t)ldc * m * sizeof *c);
    host_gemm(ta, tb, m, n, k, alpha, a, lda, b, ldb, beta, c, ldc);
    for (int i = 0; i < m; i++) {
        for (int j = 0; j < ldc; j++) {
            double sum = 0;
            for (int l = 0; l < k && j < n; l++) {
                sum += (double)at(a, lda, ta, i, l) * at(b, ldb, tb, l, j);
            }
            double old = before[(size_t)i * ldc + j];
            double want = j < n ? alpha * sum + beta * old : old; // the padding is not touched
            g_assert_cmpfloat_with_epsilon(c[(size_t)i * ldc + j], want, 1e-4 * sqrt(k) + 1e-6);
        }
    }
}

static void test_gemm(void)
{
    static const int sizes[][3] = {{1, 1, 1},      {1, 300, 7},   {300, 1, 7},   {17, 33, 65},
                                   {64, 64, 64},   {129, 31, 5},  {31, 129, 77}, {257, 63, 9},
                                   {1100, 40, 33}, {40, 1100, 33}};
    for (size_t s = 0; s < G_N_ELEMENTS(sizes); s++) {
        for (int trans = 0; trans < 4; trans++) {
            const int *z = sizes[s];
            check_gemm(trans & 1, trans & 2, z[0], z[1], z[2], 1, 0);
            check_gemm(trans & 1, trans & 2, z[0], z[1], z[2], -0.5f, 2);
        }
    }
}

// ---- singular values ----------------------------------------------------------------------------

// Rows (or columns) i and j of x (rows x columns) have the inner product of an identity matrix.
static void check_orthonormal(const float *x, int rows, int columns, bool by_rows)
{
    int n = by_rows ? rows : columns, length = by_rows ? columns : rows;
    for (int i = 0; i < n; i++) {
        for (int j = i; j < n; j++) {
            double dot = 0;
            for (int l = 0; l < length; l++) {
                dot += (double)at(x, columns, !by_rows, i, l) * at(x, columns, !by_rows, j, l);
            }
            g_assert_cmpfloat_with_epsilon(dot, i == j, 2e-5);
        }
    }
}

static void check_svd(int m, int n, bool rank_one)
{
    int r = MIN(m, n);
    g_autofree float *a = random_block(9, (size_t)m * n);
    for (int i = 0; rank_one && i < m * n; i++) {
        a[i] = (float)(i / n + 1) * (float)(i % n - 3);
    }
    g_autofree float *copy = g_memdup2(a, (size_t)m * n * sizeof *a);
    g_autofree float *u = g_new(float, m *r), *s = g_new(float, r), *vt = g_new(float, r *n);
    g_assert_true(host_svd(m, n, a, u, s, vt));
    g_assert_cmpmem(a, (size_t)m * n * 4, copy, (size_t)m * n * 4);
    for (int i = 1; i < r; i++) {
        g_assert_true(s[i - 1] >= s[i] && s[i] >= 0);
    }
    check_orthonormal(u, m, r, false);
    check_orthonormal(vt, r, n, true);
    for (int i = 0; i < m; i++) {
        for (int j = 0; j < n; j++) {
            double sum = 0;
            for (int l = 0; l < r; l++) {
                sum += (double)u[i * r + l] * s[l] * vt[l * n + j];
            }
            g_assert_cmpfloat_with_epsilon(sum, a[i * n + j], 2e-6 * s[0] + 1e-6);
        }
    }
}

static void svd_pieces(int64_t begin, int64_t end, void *data)
{
    for (int64_t i = begin; i < end; i++) {
        check_svd(20 + (int)i, 13, false);
    }
}

static void test_svd(void)
{
    static const int sizes[][2] = {{1, 1}, {5, 1}, {1, 5}, {7, 7}, {40, 13}, {13, 40}, {96, 150}};
    for (size_t i = 0; i < G_N_ELEMENTS(sizes); i++) {
        check_svd(sizes[i][0], sizes[i][1], false);
    }
    check_svd(30, 20, true);
    host_parallel(8, 1, svd_pieces, NULL); // one a thread is allowed
}

// ---- speed (test-gpu-host -m perf) --------------------------------------------------------------

static double rate(bool team, int m, int n, int k)
{
    g_autofree float *a = random_block(1, (size_t)m * k), *b = random_block(2, (size_t)n * k);
    g_autofree float *c = g_new0(float, (size_t)m *n);
    double best = 0;
    for (int round = 0; round < 30; round++) {
        gint64 begin = g_get_monotonic_time();
        for (int i = 0; i < 4; i++) {
            if (team) {
                host_gemm(false, true, m, n, k, 1, a, k, b, k, 0, c, n);
            } else {
                host_gemm_serial(false, true, m, n, k, 1, a, k, b, k, 0, c, n);
            }
        }
        best = MAX(best, 8.0 * m * n * k / (g_get_monotonic_time() - begin) * 1e-3);
    }
    return best;
}

static void nothing(int64_t begin, int64_t end, void *data)
{
}

static void test_speed(void)
{
    static const int sizes[][3] = {{512, 512, 512},   {256, 128, 1152}, {1024, 320, 320},
                                   {4096, 320, 2880}, {64, 1280, 1280}, {77, 320, 768},
                                   {320, 2880, 256},  {32, 32, 4096}};
    g_test_message("threads %d, gemm rate 1024: %.0f GFLOP/s", host_threads(),
                   host_gemm_rate(1024));
    for (size_t i = 0; i < G_N_ELEMENTS(sizes); i++) {
        const int *z = sizes[i];
        double one = rate(false, z[0], z[1], z[2]), all = rate(true, z[0], z[1], z[2]);
        g_test_message("%d x %d x %d: one thread %.0f, team %.0f GFLOP/s (%.2fx)", z[0], z[1], z[2],
                       one, all, all / one);
    }
    gint64 begin = g_get_monotonic_time();
    for (int i = 0; i < 10000; i++) {
        host_parallel(2, 1, nothing, NULL);
    }
    g_test_message("empty job: %.2f us", (g_get_monotonic_time() - begin) * 1e-4);
}

// ---- the library of products --------------------------------------------------------------------

static int threads_of_process(void)
{
    g_autoptr(GDir) tasks = g_dir_open("/proc/self/task", 0, NULL);
    int n = 0;
    g_assert_nonnull(tasks);
    while (g_dir_read_name(tasks)) {
        n++;
    }
    return n;
}

// The team is the only one: OpenBLAS starts no threads, neither when it is loaded nor for products
// and decompositions that it would cut on its own.
static void test_one_team(void)
{
    enum { N = 300 };
    g_autofree float *a = g_new(float, N *N), *u = g_new(float, N *N);
    g_autofree float *vt = g_new(float, N *N), *s = g_new(float, N);
    struct rng rng = {.seed = 3};
    rng_normal(&rng, a, N * N);
    host_gemm_serial(false, true, N, N, N, 1, a, N, a, N, 0, u, N);
    g_assert_true(host_svd(N, N, a, u, s, vt));
    g_assert_cmpint(threads_of_process(), ==, host_threads());
}

// On a processor that OpenBLAS does not know it would take kernels without wide vectors.
static void test_wide_kernels(void)
{
#if defined(__x86_64__)
    const char *(*core)(void);
    host_gemm_serial(false, false, 1, 1, 1, 1, (float[]){2}, 1, (float[]){3}, 1, 0, (float[]){0},
                     1);
    void *library = dlopen("libopenblas.so.0", RTLD_NOW | RTLD_NOLOAD);
    g_assert_nonnull(library);
    *(void **)&core = dlsym(library, "openblas_get_corename");
    g_assert_nonnull(core);
    g_test_message("OpenBLAS runs its kernels for %s", core());
    if (__builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma")) {
        g_assert_cmpstr(core(), ==, g_getenv("OPENBLAS_CORETYPE"));
    }
    dlclose(library);
#endif
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/host/parallel-covers", test_parallel_covers);
    g_test_add_func("/host/parallel-repeats", test_parallel_repeats);
    g_test_add_func("/host/parallel-two-users", test_parallel_two_users);
    g_test_add_func("/host/scratch", test_scratch);
    g_test_add_func("/host/scratch-missing", test_scratch_missing);
    g_test_add_func("/host/gemm", test_gemm);
    g_test_add_func("/host/svd", test_svd);
    g_test_add_func("/host/one-team", test_one_team);
    g_test_add_func("/host/wide-kernels", test_wide_kernels);
    if (g_test_perf()) {
        g_test_add_func("/host/speed", test_speed);
    }
    return g_test_run();
}
