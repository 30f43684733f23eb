// The frame as arithmetic: where the hand takes it, and what pulling makes of it.
#include "ui/canvas/frame.h"

#include <glib.h>
#include <math.h>

#define WIDTH  400
#define HEIGHT 300

static const struct image_region frame = {100, 80, 120, 60}, none = {0, 0, 0, 0};

static void test_grips(void)
{
    g_assert_cmpuint(frame_grip_at(&none, 10, 10, 5), ==, FRAME_NEW);
    g_assert_cmpuint(frame_grip_at(&frame, 160, 110, 5), ==, FRAME_MOVE);
    g_assert_cmpuint(frame_grip_at(&frame, 98, 110, 5), ==, FRAME_LEFT);
    g_assert_cmpuint(frame_grip_at(&frame, 222, 110, 5), ==, FRAME_RIGHT);
    g_assert_cmpuint(frame_grip_at(&frame, 160, 83, 5), ==, FRAME_TOP);
    g_assert_cmpuint(frame_grip_at(&frame, 160, 138, 5), ==, FRAME_BOTTOM);
    g_assert_cmpuint(frame_grip_at(&frame, 219, 141, 5), ==, FRAME_RIGHT | FRAME_BOTTOM);
    g_assert_cmpuint(frame_grip_at(&frame, 94, 110, 5), ==, FRAME_NEW);
    g_assert_cmpuint(frame_grip_at(&frame, 160, 300, 5), ==, FRAME_NEW);
}

static void assert_region(struct image_region r, int x, int y, int width, int height)
{
    g_assert_cmpint(r.x, ==, x);
    g_assert_cmpint(r.y, ==, y);
    g_assert_cmpint(r.width, ==, width);
    g_assert_cmpint(r.height, ==, height);
}

static struct image_region pull(unsigned grip, double dx, double dy, double aspect)
{
    return frame_pull(&frame, grip, 50, 50, 50 + dx, 50 + dy, aspect, WIDTH, HEIGHT);
}

static void test_moving_stays_in_the_photo(void)
{
    assert_region(pull(FRAME_MOVE, 10, -20, 0), 110, 60, 120, 60);
    assert_region(pull(FRAME_MOVE, -1000, -1000, 0), 0, 0, 120, 60);
    assert_region(pull(FRAME_MOVE, 1000, 1000, 0), WIDTH - 120, HEIGHT - 60, 120, 60);
}

static void test_a_side_moves_alone(void)
{
    assert_region(pull(FRAME_LEFT, -30, 99, 0), 70, 80, 150, 60);
    assert_region(pull(FRAME_RIGHT | FRAME_BOTTOM, 10, 20, 0), 100, 80, 130, 80);
    assert_region(pull(FRAME_TOP, 0, -500, 0), 100, 0, 120, 140);
    // It does not get past the one that stays.
    assert_region(pull(FRAME_LEFT, 500, 0, 0), 220 - FRAME_MIN, 80, FRAME_MIN, 60);
    assert_region(pull(FRAME_BOTTOM, 0, -500, 0), 100, 80, 120, FRAME_MIN);
}

static void test_a_new_one_goes_any_way(void)
{
    assert_region(frame_pull(&none, FRAME_NEW, 50, 60, 90, 160, 0, WIDTH, HEIGHT), 50, 60, 40, 100);
    assert_region(frame_pull(&frame, FRAME_NEW, 90, 160, 50, 60, 0, WIDTH, HEIGHT), 50, 60, 40,
                  100);
    assert_region(frame_pull(&none, FRAME_NEW, 50, 60, 9999, 9999, 0, WIDTH, HEIGHT), 50, 60,
                  WIDTH - 50, HEIGHT - 60);
}

// Whatever is pulled anywhere: inside the photo, not empty, and of the sides that were asked for.
static void test_any_pull_is_legal(void)
{
    static const unsigned grips[] = {FRAME_LEFT,
                                     FRAME_RIGHT,
                                     FRAME_TOP,
                                     FRAME_BOTTOM,
                                     FRAME_LEFT | FRAME_TOP,
                                     FRAME_LEFT | FRAME_BOTTOM,
                                     FRAME_RIGHT | FRAME_TOP,
                                     FRAME_RIGHT | FRAME_BOTTOM,
                                     FRAME_MOVE,
                                     FRAME_NEW};
    static const double aspects[] = {0, 1, 4.0 / 3, 0.5};
    GRand *random = g_rand_new_with_seed(7);
    for (int i = 0; i < 20000; i++) {
        const unsigned grip = grips[g_rand_int_range(random, 0, G_N_ELEMENTS(grips))];
        const double aspect = aspects[g_rand_int_range(random, 0, G_N_ELEMENTS(aspects))];
        const double x0 = g_rand_double_range(random, -50, WIDTH + 50);
        const double y0 = g_rand_double_range(random, -50, HEIGHT + 50);
        const struct image_region r =
            frame_pull(&frame, grip, x0, y0, g_rand_double_range(random, -99, WIDTH + 99),
                       g_rand_double_range(random, -99, HEIGHT + 99), aspect, WIDTH, HEIGHT);
        g_assert_cmpint(r.x, >=, 0);
        g_assert_cmpint(r.y, >=, 0);
        g_assert_cmpint(r.x + r.width, <=, WIDTH);
        g_assert_cmpint(r.y + r.height, <=, HEIGHT);
        g_assert_cmpint(r.width, >, 0);
        g_assert_cmpint(r.height, >, 0);
        if (aspect > 0 && grip != FRAME_MOVE) {
            g_assert_cmpfloat(fabs(r.width - r.height * aspect), <=, 1 + aspect);
        }
    }
    g_rand_free(random);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/ui/frame/grips", test_grips);
    g_test_add_func("/ui/frame/move", test_moving_stays_in_the_photo);
    g_test_add_func("/ui/frame/side", test_a_side_moves_alone);
    g_test_add_func("/ui/frame/new", test_a_new_one_goes_any_way);
    g_test_add_func("/ui/frame/any", test_any_pull_is_legal);
    return g_test_run();
}
