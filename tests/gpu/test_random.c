// Philox against its authors' known answers, and the normal stream against published numbers.
#include "compute/gpu/random.h"

#include <glib.h>
#include <math.h>

// kat_vectors of Random123: counter {c0 c1 c2 c3}, key {k0 k1}, ten rounds.
static void test_known_answers(void)
{
    static const struct {
        uint64_t offset, subsequence, seed; // c1:c0, c3:c2, k1:k0
        uint32_t out[4];
    } cases[] = {
        {0, 0, 0, {0x6627e8d5, 0xe169c58d, 0xbc57ac4c, 0x9b00dbd8}},
        {UINT64_MAX, UINT64_MAX, UINT64_MAX, {0x408f276d, 0x41c83b0e, 0xa20bc7c6, 0x6d5451fd}},
        {0x85a308d3243f6a88,
         0x0370734413198a2e,
         0x299f31d0a4093822,
         {0xd16cfe09, 0x94fdcceb, 0x5001e420, 0x24126ea1}},
    };
    for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
        uint32_t out[4];
        philox4x32(cases[i].seed, cases[i].subsequence, cases[i].offset, out);
        g_assert_cmpmem(out, sizeof out, cases[i].out, sizeof out);
    }
}

// The CUDA stream of seed 0, as programs that reproduce it document it.
static void test_published_stream(void)
{
    static const float first[12] = {-0.92466259f, -0.42534415f, -2.6438457f,  0.14518388f,
                                    -0.12086647f, -0.57972564f, -0.62285122f, -0.32838709f,
                                    -1.07454231f, -0.36314407f, -1.67105067f, 2.26550497f};
    float out[12];
    struct rng rng = {.seed = 0};
    rng_normal(&rng, out, 12);
    for (int i = 0; i < 12; i++) {
        g_assert_cmpfloat_with_epsilon(out[i], first[i], 1e-6f);
    }
    g_assert_cmpuint(rng.offset, ==, 1);
}

static void test_normal_moments(void)
{
    enum { N = 200000 };
    g_autofree float *x = g_new(float, N);
    struct rng rng = {.seed = 7, .offset = 3};
    rng_normal(&rng, x, N);
    double sum = 0, squares = 0, fourth = 0;
    for (int i = 0; i < N; i++) {
        sum += x[i];
        squares += (double)x[i] * x[i];
        fourth += pow(x[i], 4);
    }
    g_assert_cmpfloat_with_epsilon(sum / N, 0, 0.01);
    g_assert_cmpfloat_with_epsilon(squares / N, 1, 0.02);
    g_assert_cmpfloat_with_epsilon(fourth / N, 3, 0.1);
}

// (seed, offset) is the whole state: any draw can be made again.
static void test_replay(void)
{
    float a[8], b[8];
    struct rng rng = {.seed = 42};
    rng_normal(&rng, a, 8);
    rng_normal(&rng, a, 8);
    struct rng again = {.seed = 42, .offset = 1};
    rng_normal(&again, b, 8);
    g_assert_cmpmem(a, sizeof a, b, sizeof b);
    g_assert_cmpuint(rng_uint32(&rng), ==, rng_uint32(&again));
}

static void test_below(void)
{
    struct rng rng = {.seed = 1};
    int seen[7] = {0};
    for (int i = 0; i < 70000; i++) {
        int x = rng_below(&rng, 7);
        g_assert_true(x >= 0 && x < 7);
        seen[x]++;
    }
    for (int i = 0; i < 7; i++) {
        g_assert_true(abs(seen[i] - 10000) < 500);
    }
    for (int i = 0; i < 1000; i++) {
        double u = rng_uniform(&rng);
        g_assert_true(u >= 0 && u < 1);
    }
    g_assert_cmpint(rng_below(&rng, 1), ==, 0);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/random/known-answers", test_known_answers);
    g_test_add_func("/random/published-stream", test_published_stream);
    g_test_add_func("/random/normal-moments", test_normal_moments);
    g_test_add_func("/random/replay", test_replay);
    g_test_add_func("/random/below", test_below);
    return g_test_run();
}
