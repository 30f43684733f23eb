// What stands out of a picture, on drawn ones.
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

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/stands-out/thing", test_thing);
    g_test_add_func("/stands-out/barrier", test_barrier);
    return g_test_run();
}
