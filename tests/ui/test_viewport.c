// Zoom, pan and split as arithmetic: no display is needed.
#include "ui/canvas/viewport.h"

#include <glib.h>

#define NEAR 1e-9

static struct viewport make(double width, double height, double picture_width,
                            double picture_height)
{
    struct viewport v;
    viewport_init(&v);
    viewport_resize(&v, width, height, 1);
    viewport_set_picture(&v, picture_width, picture_height);
    return v;
}

static void test_fit(void)
{
    struct viewport v = make(848, 648, 4000, 3000);
    struct viewport_rect r = viewport_picture_rect(&v);
    g_assert_cmpfloat_with_epsilon(v.scale, 0.2, NEAR);
    g_assert_cmpfloat_with_epsilon(r.x, 24, NEAR);
    g_assert_cmpfloat_with_epsilon(r.y, 24, NEAR);
    g_assert_cmpfloat_with_epsilon(r.width, 800, NEAR);
    g_assert_cmpfloat_with_epsilon(r.height, 600, NEAR);
    g_assert_false(viewport_can_pan(&v));
}

// What lies over the widget stays free, and the picture is in the middle of the rest.
static void test_fit_leaves_room(void)
{
    struct viewport v = make(948, 698, 4000, 3000);
    viewport_leave(&v, 100, 0, 50);
    struct viewport_rect r = viewport_picture_rect(&v);
    g_assert_cmpfloat_with_epsilon(v.scale, 0.2, NEAR);
    g_assert_cmpfloat_with_epsilon(r.x, 124, NEAR);
    g_assert_cmpfloat_with_epsilon(r.y, 24, NEAR);
    viewport_leave(&v, 0, 100, 50);
    g_assert_cmpfloat_with_epsilon(viewport_picture_rect(&v).x, 24, NEAR);
    viewport_zoom_at(&v, 1, 0, 0);
    viewport_leave(&v, 0, 0, 0);
    g_assert_cmpfloat_with_epsilon(v.scale, 1, NEAR);
}

static void test_small_picture_is_not_enlarged(void)
{
    struct viewport v = make(800, 600, 64, 64);
    struct viewport_rect r = viewport_picture_rect(&v);
    g_assert_cmpfloat_with_epsilon(v.scale, 1, NEAR);
    g_assert_cmpfloat_with_epsilon(r.x, 368, NEAR);
    g_assert_cmpfloat_with_epsilon(r.width, 64, NEAR);
}

static void test_fit_follows_the_widget(void)
{
    struct viewport v = make(848, 648, 4000, 3000);
    viewport_resize(&v, 448, 648, 1);
    g_assert_cmpfloat_with_epsilon(v.scale, 0.1, NEAR);
    viewport_zoom_at(&v, 1, 0, 0);
    viewport_resize(&v, 848, 648, 1);
    g_assert_cmpfloat_with_epsilon(v.scale, 1, NEAR);
}

// One picture pixel is one pixel of the screen, half a logical one at desktop scale 2.
static void test_device_pixels(void)
{
    struct viewport v = make(848, 648, 4000, 3000);
    viewport_resize(&v, 848, 648, 2);
    g_assert_cmpfloat_with_epsilon(v.scale, 0.4, NEAR);
    g_assert_cmpfloat_with_epsilon(viewport_picture_rect(&v).width, 800, NEAR);
    viewport_zoom_at(&v, 1, 424, 324);
    g_assert_cmpfloat_with_epsilon(viewport_picture_rect(&v).width, 2000, NEAR);
}

// At 1:1, a picture of an odd width in a widget of an even one lies on whole pixels of the screen.
static void test_whole_pixels(void)
{
    for (int factor = 1; factor <= 2; factor++) {
        struct viewport v = make(676, 748, 451, 301);
        viewport_resize(&v, 676, 748, factor);
        viewport_zoom_at(&v, 1, 0, 0);
        viewport_pan(&v, 0.3, -0.4);
        struct viewport_rect r = viewport_picture_rect(&v);
        g_assert_cmpfloat(r.x * factor, ==, (int)(r.x * factor));
        g_assert_cmpfloat(r.y * factor, ==, (int)(r.y * factor));
    }
}

static void assert_seen(const struct viewport *v, int x, int y, int width, int height)
{
    struct viewport_rect seen = viewport_seen_pixels(v);
    g_assert_cmpfloat(seen.x, ==, x);
    g_assert_cmpfloat(seen.y, ==, y);
    g_assert_cmpfloat(seen.width, ==, width);
    g_assert_cmpfloat(seen.height, ==, height);
}

static void test_seen_pixels(void)
{
    struct viewport v = make(848, 648, 4000, 3000);
    assert_seen(&v, 0, 0, 4000, 3000);
    viewport_zoom_at(&v, 1, 424, 324); // the middle stays
    assert_seen(&v, 1576, 1176, 848, 648);
    viewport_zoom_at(&v, 2, 424, 324);
    viewport_pan(&v, 1, 0); // half a pixel of the picture more on the left
    assert_seen(&v, 1787, 1338, 425, 324);
    viewport_zoom_at(&v, 1, 424, 324);
    viewport_pan(&v, 1e6, 1e6); // the corner is in the middle
    assert_seen(&v, 0, 0, 424, 324);
    v = make(848, 648, 0, 0);
    assert_seen(&v, 0, 0, 0, 0);
}

static void picture_point(const struct viewport *v, double x, double y, double *px, double *py)
{
    struct viewport_rect r = viewport_picture_rect(v);
    *px = (x - r.x) / r.width * v->picture_width;
    *py = (y - r.y) / r.height * v->picture_height;
}

static void test_zoom_keeps_the_point(void)
{
    static const double scales[] = {0.3, 0.5, 1, 2.5, 8};
    for (gsize i = 0; i < G_N_ELEMENTS(scales); i++) {
        struct viewport v = make(848, 648, 4000, 3000);
        double before_x, before_y, after_x, after_y;
        picture_point(&v, 300, 400, &before_x, &before_y);
        viewport_zoom_at(&v, scales[i], 300, 400);
        picture_point(&v, 300, 400, &after_x, &after_y);
        g_assert_cmpfloat_with_epsilon(v.scale, scales[i], NEAR);
        g_assert_cmpfloat_with_epsilon(before_x, after_x,
                                       0.5 / scales[i]); // whole pixels of the screen
        g_assert_cmpfloat_with_epsilon(before_y, after_y, 0.5 / scales[i]);
    }
}

static void test_zoom_is_limited(void)
{
    struct viewport v = make(848, 648, 4000, 3000);
    viewport_zoom_at(&v, 1e9, 424, 324);
    g_assert_cmpfloat(v.scale, <=, 64);
    viewport_zoom_at(&v, 0, 424, 324);
    g_assert_cmpfloat_with_epsilon(v.scale, 0.1, NEAR);
}

static void test_pan(void)
{
    struct viewport v = make(800, 600, 4000, 3000);
    viewport_zoom_at(&v, 1, 400, 300);
    g_assert_true(viewport_can_pan(&v));
    struct viewport_rect before = viewport_picture_rect(&v);
    viewport_pan(&v, 30, -20);
    struct viewport_rect after = viewport_picture_rect(&v);
    g_assert_cmpfloat_with_epsilon(after.x - before.x, 30, 1e-6);
    g_assert_cmpfloat_with_epsilon(after.y - before.y, -20, 1e-6);

    viewport_pan(&v, -1e6, 1e6);
    after = viewport_picture_rect(&v);
    g_assert_cmpfloat_with_epsilon(after.x + after.width, 400, 1e-6);
    g_assert_cmpfloat_with_epsilon(after.y, 300, 1e-6);
}

static void test_split(void)
{
    struct viewport v = make(848, 648, 4000, 3000);
    g_assert_cmpfloat_with_epsilon(viewport_split_to_x(&v, 0.5), 424, NEAR);
    g_assert_cmpfloat_with_epsilon(viewport_x_to_split(&v, 24), 0, NEAR);
    g_assert_cmpfloat_with_epsilon(viewport_x_to_split(&v, 0), 0, NEAR);
    g_assert_cmpfloat_with_epsilon(viewport_x_to_split(&v, 2000), 1, NEAR);

    // Zoomed in far, the handle still is a fraction of the visible part.
    viewport_zoom_at(&v, 8, 100, 100);
    g_assert_cmpfloat_with_epsilon(viewport_split_to_x(&v, 0.25), 212, NEAR);
    for (double split = 0; split <= 1; split += 0.125) {
        double x = viewport_split_to_x(&v, split);
        g_assert_cmpfloat_with_epsilon(viewport_x_to_split(&v, x), split, 1e-9);
    }
}

static void test_points(void)
{
    struct viewport v = make(800, 600, 4000, 3000);
    double x, y, px, py;
    viewport_zoom_at(&v, 0.7, 100, 500);
    for (int i = 0; i < 20; i++) {
        viewport_to_picture(&v, i * 40.0, i * 30.0, &px, &py);
        viewport_from_picture(&v, px, py, &x, &y);
        g_assert_cmpfloat_with_epsilon(x, i * 40.0, 1e-9);
        g_assert_cmpfloat_with_epsilon(y, i * 30.0, 1e-9);
    }
    const struct viewport_rect all = viewport_picture_rect(&v);
    viewport_to_picture(&v, all.x + all.width, all.y + all.height, &px, &py);
    g_assert_cmpfloat_with_epsilon(px, 4000, 1e-6);
    g_assert_cmpfloat_with_epsilon(py, 3000, 1e-6);
}

// A part is in the middle, and no larger than the widget; nothing is made smaller than the whole.
static void test_show(void)
{
    struct viewport v = make(848, 648, 4000, 3000);
    double x, y, right, bottom;
    viewport_show(&v, 1000, 500, 400, 100);
    viewport_from_picture(&v, 1000, 500, &x, &y);
    viewport_from_picture(&v, 1400, 600, &right, &bottom);
    g_assert_cmpfloat_with_epsilon(right - x, 800, 1);
    g_assert_cmpfloat_with_epsilon((x + right) / 2, 424, 1);
    g_assert_cmpfloat_with_epsilon((y + bottom) / 2, 324, 1);
    viewport_show(&v, -1e4, -1e4, 3e4, 3e4);
    g_assert_cmpfloat_with_epsilon(viewport_picture_rect(&v).width, 800, 1);
}

static void test_nothing_to_show(void)
{
    struct viewport v;
    viewport_init(&v);
    viewport_resize(&v, 800, 600, 1);
    viewport_zoom_at(&v, 2, 10, 10);
    viewport_pan(&v, 10, 10);
    g_assert_cmpfloat(viewport_visible_rect(&v).width, ==, 0);
    g_assert_cmpfloat(viewport_x_to_split(&v, 10), ==, 0.5);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/ui/viewport/fit", test_fit);
    g_test_add_func("/ui/viewport/fit-leaves-room", test_fit_leaves_room);
    g_test_add_func("/ui/viewport/small-picture", test_small_picture_is_not_enlarged);
    g_test_add_func("/ui/viewport/fit-follows", test_fit_follows_the_widget);
    g_test_add_func("/ui/viewport/device-pixels", test_device_pixels);
    g_test_add_func("/ui/viewport/whole-pixels", test_whole_pixels);
    g_test_add_func("/ui/viewport/seen-pixels", test_seen_pixels);
    g_test_add_func("/ui/viewport/zoom-keeps-point", test_zoom_keeps_the_point);
    g_test_add_func("/ui/viewport/zoom-limits", test_zoom_is_limited);
    g_test_add_func("/ui/viewport/pan", test_pan);
    g_test_add_func("/ui/viewport/split", test_split);
    g_test_add_func("/ui/viewport/points", test_points);
    g_test_add_func("/ui/viewport/show", test_show);
    g_test_add_func("/ui/viewport/nothing", test_nothing_to_show);
    return g_test_run();
}
