// Growing and feathering, against the same thing computed slowly.
#include "render/raster_edit.h"

#include <math.h>
#include <string.h>

static struct raster *raster_random(int width, int height, unsigned seed)
{
    g_autoptr(GRand) rand = g_rand_new_with_seed(seed);
    struct raster *r = raster_new(width, height, NULL);

    for (int i = 0; i < width * height; i++) {
        if (g_rand_int_range(rand, 0, 40) == 0) {
            r->values[i] = (uint8_t)g_rand_int_range(rand, 0, 256);
        }
    }
    return r;
}

static struct raster *raster_same(const struct raster *r)
{
    struct raster *copy = raster_new(r->width, r->height, NULL);

    memcpy(copy->values, r->values, (size_t)r->width * r->height);
    return copy;
}

static bool is_reached(int dx, int dy, double radius)
{
    double x = abs(dx), y = abs(dy);

    return MAX(x, y) <= radius && x + y <= G_SQRT2 * radius;
}

static int greatest(const struct raster *r, int x, int y, double radius, uint8_t flip)
{
    int most = 0;

    for (int v = 0; v < r->height; v++) {
        for (int u = 0; u < r->width; u++) {
            if (is_reached(u - x, v - y, radius)) {
                most = MAX(most, r->values[v * r->width + u] ^ flip);
            }
        }
    }
    return most ^ flip;
}

// The octagon has whole pixels: it lies between those of half a pixel less and more.
static void check_grow(int width, int height, int pixels)
{
    struct raster *before = raster_random(width, height, (unsigned)(width + pixels));
    struct raster *after = raster_same(before);
    uint8_t flip = pixels < 0 ? 255 : 0;

    g_assert_true(raster_grow(after, pixels, NULL));
    for (int i = 0; i < width * height; i++) {
        int x = i % width, y = i / width, radius = abs(pixels);
        int less = greatest(before, x, y, radius - 0.75, flip) ^ flip;
        int more = greatest(before, x, y, radius + (radius > 2 ? 0.75 : 1.0), flip) ^ flip;

        g_assert_cmpint(after->values[i] ^ flip, >=, less);
        g_assert_cmpint(after->values[i] ^ flip, <=, more);
    }
    raster_free(before);
    raster_free(after);
}

static void test_grow(void)
{
    static const int pixels[] = {1, 2, 3, 4, 7, 12, -1, -3, -8, 1000, -1000};

    for (size_t i = 0; i < G_N_ELEMENTS(pixels); i++) {
        check_grow(50, 37, pixels[i]);
        check_grow(1, 30, pixels[i]);
        check_grow(30, 1, pixels[i]);
        check_grow(1, 1, pixels[i]);
    }
}

// The photo's border is no border of the mask.
static void test_shrink_at_border(void)
{
    struct raster *r = raster_new(40, 20, NULL);

    memset(r->values, 255, 40 * 20);
    g_assert_true(raster_grow(r, -5, NULL));
    for (int i = 0; i < 40 * 20; i++) {
        g_assert_cmpint(r->values[i], ==, 255);
    }
    for (int y = 0; y < 20; y++) {
        memset(r->values + 40 * y, 0, 20);
    }
    g_assert_true(raster_grow(r, -5, NULL));
    for (int i = 0; i < 40 * 20; i++) {
        g_assert_cmpint(r->values[i], ==, i % 40 < 25 ? 0 : 255);
    }
    raster_free(r);
}

static double gaussian_step(double x, double sigma)
{
    return 255 * 0.5 * erfc(x / (sigma * G_SQRT2));
}

static void check_feather(double sigma)
{
    struct raster *r = raster_new(300, 64, NULL);

    for (int y = 0; y < 64; y++) {
        memset(r->values + 300 * y, 255, 150);
    }
    g_assert_true(raster_feather(r, sigma, NULL));
    for (int i = 0; i < 300 * 64; i++) {
        double expected = gaussian_step(i % 300 + 0.5 - 150, sigma);

        g_assert_cmpfloat(fabs(r->values[i] - expected), <=, 0.04 * 255);
        if (fabs(i % 300 + 0.5 - 150) > 4 * sigma + 3) { // nothing beyond
            g_assert_cmpint(r->values[i], ==, i % 300 < 150 ? 255 : 0);
        }
    }
    raster_free(r);
}

static void test_feather(void)
{
    static const int radii[] = {1, 3, 8, 20}; // windows have whole pixels

    for (size_t i = 0; i < G_N_ELEMENTS(radii); i++) {
        check_feather(sqrt(radii[i] * (radii[i] + 1.0)));
    }
}

static void test_feather_flat(void)
{
    for (int value = 0; value < 256; value += 51) {
        struct raster *r = raster_new(70, 9, NULL);

        memset(r->values, value, 70 * 9);
        g_assert_true(raster_feather(r, 5, NULL));
        for (int i = 0; i < 70 * 9; i++) {
            g_assert_cmpint(r->values[i], ==, value);
        }
        raster_free(r);
    }
}

static void test_nothing(void)
{
    struct raster *r = raster_random(20, 20, 3), *same = raster_same(r);

    g_assert_true(raster_grow(r, 0, NULL));
    g_assert_true(raster_feather(r, 0, NULL));
    g_assert_true(raster_feather(r, -1, NULL));
    g_assert_true(raster_feather(r, NAN, NULL));
    g_assert_cmpmem(r->values, 400, same->values, 400);
    memset(r->values, 0, 400);
    g_assert_true(raster_grow(r, 5, NULL));
    g_assert_true(raster_grow(r, -5, NULL));
    for (int i = 0; i < 400; i++) {
        g_assert_cmpint(r->values[i], ==, 0);
    }
    raster_free(r);
    raster_free(same);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/raster-edit/grow", test_grow);
    g_test_add_func("/raster-edit/shrink-at-border", test_shrink_at_border);
    g_test_add_func("/raster-edit/feather", test_feather);
    g_test_add_func("/raster-edit/feather-flat", test_feather_flat);
    g_test_add_func("/raster-edit/nothing", test_nothing);
    return g_test_run();
}
