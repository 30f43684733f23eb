// What stands out of a picture, on drawn ones, and which colours a word means.
#include "render/color_word.h"
#include "render/oklab.h"
#include "render/stands_out.h"

#include <glib.h>
#include <stdbool.h>

#define SIDE 60

// A square of one colour, in the middle or at the lower border, on a ground that gets lighter.
static float *draw(int top)
{
    float *lab = g_new(float, 3 * SIDE * SIDE);
    for (int i = 0; i < SIDE * SIDE; i++) {
        const int x = i % SIDE, y = i / SIDE;
        const bool in = x >= 20 && x < 40 && y >= top && y < top + 20;
        lab[3 * i] = in ? 0.5f : 0.4f + 0.4f * (float)x / SIDE;
        lab[3 * i + 1] = in ? 0.15f : -0.02f;
        lab[3 * i + 2] = 0.05f;
    }
    return lab;
}

static double mean(const float *plane, int x, int y, int side)
{
    double sum = 0;
    for (int i = 0; i < side * side; i++) {
        sum += plane[(y + i / side) * SIDE + x + i % side];
    }
    return sum / (side * side);
}

// Inside of it and outside, on the ground's light side and its dark one.
static void assert_stands_out(int top, double least)
{
    g_autofree float *lab = draw(top);
    g_autofree float *plane = stands_out(lab, SIDE, SIDE);
    for (int i = 0; i < SIDE * SIDE; i++) {
        g_assert_true(plane[i] >= 0 && plane[i] <= 1);
    }
    g_assert_cmpfloat(mean(plane, 24, top + 4, 12), >, least);
    g_assert_cmpfloat(mean(plane, 2, 2, 14), <, 0.3);
    g_assert_cmpfloat(mean(plane, 44, 2, 14), <, 0.3);
}

static void test_thing(void)
{
    assert_stands_out(20, 0.9);
    assert_stands_out(40, 0.4); // one that touches a border, by its colour alone
}

// One way from the border without a step of colour is enough to belong to it.
static void test_barrier(void)
{
    g_autofree float *lab = g_new0(float, 3 * SIDE * SIDE);
    for (int i = 0; i < SIDE * SIDE; i++) {
        const int x = i % SIDE, y = i / SIDE;
        const bool ring =
            x >= 15 && x < 45 && y >= 15 && y < 45 && !(x >= 20 && x < 40 && y >= 20 && y < 40);
        lab[3 * i] = ring && !(y > 28 && y < 32 && x < 20) ? 0.8f : 0.3f; // a gap on the left
    }
    g_autofree float *open = stands_out(lab, SIDE, SIDE);
    lab[3 * (30 * SIDE + 17)] = lab[3 * (29 * SIDE + 17)] = lab[3 * (31 * SIDE + 17)] = 0.8f;
    g_autofree float *closed = stands_out(lab, SIDE, SIDE);
    g_assert_cmpfloat(mean(open, 24, 24, 12), <, 0.1);
    g_assert_cmpfloat(mean(closed, 24, 24, 12), >, 0.4);
}

static float fit(const char *name, float r, float g, float b)
{
    float lab[3];
    oklab_from_srgb((const float[]){r, g, b}, lab);
    g_assert_nonnull(color_word_find(name));
    return color_word_fit(color_word_find(name), lab);
}

// Ottosson's table: XYZ of D65 white, and the primaries of sRGB as published with it.
static void test_oklab(void)
{
    static const float cases[][6] = {{1, 1, 1, 1, 0, 0},
                                     {1, 0, 0, 0.62796f, 0.22486f, 0.12585f},
                                     {0, 1, 0, 0.86644f, -0.23389f, 0.17950f},
                                     {0, 0, 1, 0.45201f, -0.03246f, -0.31153f},
                                     {0, 0, 0, 0, 0, 0}};
    for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
        float lab[3];
        oklab_from_srgb(cases[i], lab);
        for (int k = 0; k < 3; k++) {
            g_assert_cmpfloat_with_epsilon(lab[k], cases[i][3 + k], 2e-4);
        }
    }
}

static void test_words(void)
{
    g_assert_cmpfloat(fit("red", 0.8f, 0.1f, 0.1f), >, 0.8);
    g_assert_cmpfloat(fit("red", 0.1f, 0.8f, 0.1f), <, 0.05);
    g_assert_cmpfloat(fit("red", 0.5f, 0.5f, 0.5f), <, 0.1);
    g_assert_cmpfloat(fit("orange", 0.9f, 0.5f, 0.1f), >, 0.8);
    g_assert_cmpfloat(fit("yellow", 0.95f, 0.9f, 0.1f), >, 0.8);
    g_assert_cmpfloat(fit("green", 0.2f, 0.6f, 0.2f), >, 0.8);
    g_assert_cmpfloat(fit("blue", 0.2f, 0.3f, 0.9f), >, 0.8);
    g_assert_cmpfloat(fit("purple", 0.6f, 0.2f, 0.8f), >, 0.8);
    g_assert_cmpfloat(fit("pink", 1, 0.7f, 0.8f), >, 0.6);
    g_assert_cmpfloat(fit("brown", 0.45f, 0.3f, 0.15f), >, 0.6);
    g_assert_cmpfloat(fit("gray", 0.5f, 0.5f, 0.5f), >, 0.8);
    g_assert_cmpfloat(fit("white", 0.98f, 0.98f, 0.98f), >, 0.8);
    g_assert_cmpfloat(fit("white", 0.2f, 0.2f, 0.2f), <, 0.05);
    g_assert_cmpfloat(fit("black", 0.05f, 0.05f, 0.05f), >, 0.8);
    g_assert_null(color_word_find("old"));
    g_assert_null(color_word_find(""));
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/stands-out/thing", test_thing);
    g_test_add_func("/stands-out/barrier", test_barrier);
    g_test_add_func("/stands-out/oklab", test_oklab);
    g_test_add_func("/stands-out/words", test_words);
    return g_test_run();
}
