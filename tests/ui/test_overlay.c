// The mask over the picture: what is renewed in parts is what all of it anew would be, at any zoom.
#include "ui/canvas/overlay.h"

#include <math.h>
#include <string.h>

#define WIDTH  700
#define HEIGHT 530
#define SCREEN 400

static cairo_surface_t *draw(struct overlay *o, double scale, double dx, double dy)
{
    const struct viewport_rect picture = {-dx, -dy, WIDTH * scale, HEIGHT * scale};
    struct viewport_rect seen = {floor(dx / scale), floor(dy / scale), 0, 0};
    seen.width = fmin(ceil((dx + SCREEN) / scale), WIDTH) - seen.x;
    seen.height = fmin(ceil((dy + SCREEN) / scale), HEIGHT) - seen.y;
    GtkSnapshot *snapshot = gtk_snapshot_new();
    overlay_snapshot(o, snapshot, &picture, &seen, 1);
    GskRenderNode *node = gtk_snapshot_free_to_node(snapshot);
    cairo_surface_t *surface = cairo_image_surface_create(CAIRO_FORMAT_ARGB32, SCREEN, SCREEN);
    cairo_t *cr = cairo_create(surface);
    if (node != NULL) {
        gsk_render_node_draw(node, cr);
        gsk_render_node_unref(node);
    }
    cairo_destroy(cr);
    cairo_surface_flush(surface);
    return surface;
}

static guint32 pixel(cairo_surface_t *surface, int x, int y)
{
    const guint8 *row =
        cairo_image_surface_get_data(surface) + y * cairo_image_surface_get_stride(surface);
    return ((const guint32 *)(const void *)row)[x];
}

static void assert_same(struct overlay *o, const guint8 *values, double scale, double dx, double dy)
{
    struct overlay *fresh = overlay_new();
    overlay_set_mask(fresh, values, WIDTH, HEIGHT);
    cairo_surface_t *a = draw(o, scale, dx, dy), *b = draw(fresh, scale, dx, dy);
    g_assert_cmpmem(cairo_image_surface_get_data(a), SCREEN * SCREEN * 4,
                    cairo_image_surface_get_data(b), SCREEN * SCREEN * 4);
    cairo_surface_destroy(a);
    cairo_surface_destroy(b);
    overlay_free(fresh);
}

static void fill(guint8 *values, const struct image_region *part, guint8 value)
{
    for (int y = part->y; y < part->y + part->height; y++) {
        memset(values + y * WIDTH + part->x, value, part->width);
    }
}

static void test_parts_are_the_whole(void)
{
    g_autofree guint8 *values = g_new0(guint8, WIDTH * HEIGHT);
    GRand *random = g_rand_new_with_seed(5);
    struct overlay *o = overlay_new();
    overlay_set_mask(o, values, WIDTH, HEIGHT);
    static const double scales[] = {1, 0.5, 0.37, 2.5};
    for (int i = 0; i < 40; i++) {
        const double scale = scales[i / 10];
        const int x = g_rand_int_range(random, 0, WIDTH), y = g_rand_int_range(random, 0, HEIGHT);
        const struct image_region part = {x, y, g_rand_int_range(random, 0, WIDTH - x) + 1,
                                          g_rand_int_range(random, 0, HEIGHT - y) + 1};
        cairo_surface_destroy(draw(o, scale, 0, 0)); // so that there are tiles to be renewed
        fill(values, &part, (guint8)g_rand_int_range(random, 0, 256));
        overlay_changed(o, &part);
        assert_same(o, values, scale, i % 3 * 30, i % 4 * 20);
    }
    overlay_free(o);
    g_rand_free(random);
}

static void test_what_is_seen(void)
{
    g_autofree guint8 *values = g_new0(guint8, WIDTH * HEIGHT);
    fill(values, &(struct image_region){100, 100, 200, 150}, 255);
    struct overlay *o = overlay_new();
    cairo_surface_t *nothing = draw(o, 1, 0, 0);
    g_assert_cmpuint(pixel(nothing, 150, 150), ==, 0);
    overlay_set_mask(o, values, WIDTH, HEIGHT);
    cairo_surface_t *seen = draw(o, 1, 0, 0);
    g_assert_cmpuint(pixel(seen, 50, 50), ==, 0);
    g_assert_cmpuint(pixel(seen, 200, 180) >> 24, >, 60);     // a tint ...
    g_assert_cmpuint(pixel(seen, 200, 180) >> 24, <, 160);    // ... through which the photo is seen
    g_assert_cmpuint(pixel(seen, 200, 100), ==, 0xffffffff);  // the outline, inside
    g_assert_cmpuint(pixel(seen, 200, 99) & 0xffffff, ==, 0); // and outside
    cairo_surface_destroy(nothing);
    cairo_surface_destroy(seen);
    overlay_free(o);
}

// While somebody changes the values what is drawn stays.
static void test_frozen(void)
{
    g_autofree guint8 *values = g_new0(guint8, WIDTH * HEIGHT);
    const struct image_region all = {0, 0, WIDTH, HEIGHT};
    struct overlay *o = overlay_new();
    overlay_set_mask(o, values, WIDTH, HEIGHT);
    cairo_surface_destroy(draw(o, 1, 0, 0));
    overlay_freeze(o, true);
    fill(values, &all, 255);
    overlay_changed(o, &all);
    cairo_surface_t *before = draw(o, 1, 0, 0);
    g_assert_cmpuint(pixel(before, 200, 200), ==, 0);
    overlay_freeze(o, false);
    cairo_surface_t *after = draw(o, 1, 0, 0);
    g_assert_cmpuint(pixel(after, 200, 200), !=, 0);
    cairo_surface_destroy(before);
    cairo_surface_destroy(after);
    overlay_free(o);
}

int main(int argc, char **argv)
{
    gtk_test_init(&argc, &argv);
    g_test_add_func("/ui/overlay/parts", test_parts_are_the_whole);
    g_test_add_func("/ui/overlay/seen", test_what_is_seen);
    g_test_add_func("/ui/overlay/frozen", test_frozen);
    return g_test_run();
}
