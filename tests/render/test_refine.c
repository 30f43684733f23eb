// A coarse map and a photo with a known object: the selection has to have the object's outline.
#include "compute/error.h"
#include "render/refine.h"

#include <math.h>
#include <string.h>

// An ellipse with a wavy outline around the middle of a picture of that size.
static bool is_object(double x, double y, int width, int height)
{
    double u = (x / width - 0.52) / 0.3, v = (y / height - 0.48) / 0.28;
    double angle = atan2(v, u);

    return hypot(u, v) < 1.0 + 0.15 * sin(5.0 * angle);
}

static struct image *picture(int width, int height, double noise)
{
    g_autoptr(GRand) rand = g_rand_new_with_seed(5);
    struct image *image = image_new(width, height, false, NULL);
    static const float inside[] = {0.8f, 0.35f, 0.2f}, outside[] = {0.3f, 0.5f, 0.4f};

    for (size_t i = 0; i < (size_t)width * height; i++) {
        double x = (double)(i % width) + 0.5, y = (double)(i / width) + 0.5;
        const float *color = is_object(x, y, width, height) ? inside : outside;

        for (int c = 0; c < 3; c++) {
            image->rgb[3 * i + c] =
                color[c] + (float)(0.1 * x / width + noise * g_rand_double_range(rand, -1, 1));
        }
    }
    return image;
}

// What the object covers of each cell.
static struct raster *coarse_map(int width, int height)
{
    struct raster *map = raster_new(width, height, NULL);

    for (int i = 0; i < width * height * 64; i++) {
        double x = i / 64 % width + (i % 8 + 0.5) / 8;
        double y = i / 64 / width + (i / 8 % 8 + 0.5) / 8;

        map->values[i / 64] += is_object(x, y, width, height) ? 3 : 0; // 192 of a full cell
    }
    return map;
}

static struct raster *refine(const struct image *photo, const struct raster *map, double reach)
{
    g_autoptr(GError) error = NULL;
    struct image_region whole = {0, 0, photo->width, photo->height};
    struct raster *r = refine_selection(photo, &whole, map, reach, NULL, &error);

    g_assert_no_error(error);
    g_assert_cmpint(r->width, ==, photo->width);
    g_assert_cmpint(r->height, ==, photo->height);
    return r;
}

// Common part of selection and object, as a share of what either covers.
static double overlap(const struct raster *r)
{
    int both = 0, either = 0;

    for (int i = 0; i < r->width * r->height; i++) {
        bool object = is_object(i % r->width + 0.5, i / r->width + 0.5, r->width, r->height);
        bool shown = r->values[i] >= 128;

        both += object && shown;
        either += object || shown;
    }
    return (double)both / either;
}

static void check_outline(int width, int height, int cells, double noise, double least)
{
    struct image *photo = picture(width, height, noise);
    struct raster *map = coarse_map(cells, cells);
    struct raster *r = refine(photo, map, 0);

    g_test_message("%d x %d, %d cells, noise %g: %.4f", width, height, cells, noise, overlap(r));
    g_assert_cmpfloat(overlap(r), >=, least);
    raster_free(r);
    raster_free(map);
    image_free(photo);
}

static void test_outline(void)
{
    check_outline(1600, 1100, 16, 0, 0.97);
    check_outline(1600, 1100, 16, 0.1, 0.97);
    check_outline(400, 300, 8, 0, 0.97);
    check_outline(300, 400, 16, 0.3, 0.95);
}

// All of it and nothing are that, whatever the photo shows.
static void test_flat_maps(void)
{
    struct image *photo = picture(320, 200, 0.05);

    for (int value = 0; value <= 255; value += 255) {
        struct raster *map = raster_new(8, 8, NULL);

        memset(map->values, value, 64);
        struct raster *r = refine(photo, map, 0);
        for (int i = 0; i < r->width * r->height; i++) {
            g_assert_cmpint(r->values[i], ==, value);
        }
        raster_free(r);
        raster_free(map);
    }
    image_free(photo);
}

static void test_small_photos(void)
{
    static const int sizes[][2] = {{1, 1}, {1, 40}, {40, 1}, {2, 3}, {5, 700}};
    struct raster *map = coarse_map(16, 16);

    for (size_t i = 0; i < G_N_ELEMENTS(sizes); i++) {
        struct image *photo = picture(sizes[i][0], sizes[i][1], 0.1);
        raster_free(refine(photo, map, 0));
        raster_free(refine(photo, map, 3));
        image_free(photo);
    }
    raster_free(map);
}

// A stroke that is nearly right: its border comes to the object's, and what is farther away stays.
static void test_reach(void)
{
    enum { WIDTH = 480, HEIGHT = 320, REACH = 12 };
    struct image *photo = picture(WIDTH, HEIGHT, 0.05);
    struct raster *stroke = raster_new(WIDTH, HEIGHT, NULL);

    for (int i = 0; i < WIDTH * HEIGHT; i++) { // 6 pixels to the left, and a spot far from it
        int x = i % WIDTH, y = i / WIDTH;
        bool spot = x > 10 && x < 70 && y > 10 && y < 70;
        stroke->values[i] = spot || is_object(x + 6.5, y + 0.5, WIDTH, HEIGHT) ? 255 : 0;
    }
    struct raster *r = refine(photo, stroke, REACH);
    int wrong = 0, object = 0;
    for (int i = 0; i < WIDTH * HEIGHT; i++) {
        int x = i % WIDTH, y = i / WIDTH;

        if (x > 30 && x < 50 && y > 30 && y < 50) {
            g_assert_cmpint(r->values[i], ==, 255);
        } else if (x > 100) {
            object += is_object(x + 0.5, y + 0.5, WIDTH, HEIGHT);
            wrong += is_object(x + 0.5, y + 0.5, WIDTH, HEIGHT) != (r->values[i] >= 128);
        }
    }
    g_assert_cmpfloat(wrong, <=, 0.02 * object);
    raster_free(r);
    raster_free(stroke);
    image_free(photo);
}

// A part of the photo is what that part alone would be.
static void test_placed(void)
{
    g_autoptr(GError) error = NULL;
    struct image *photo = picture(600, 400, 0.05);
    struct image_region placed = {100, 60, 400, 280};
    struct image *part = image_crop(photo, placed.x, placed.y, placed.width, placed.height, NULL);
    struct raster *map = coarse_map(16, 16);
    struct raster *of_photo = refine_selection(photo, &placed, map, 0, NULL, &error);
    struct raster *of_part = refine(part, map, 0);

    g_assert_no_error(error);
    g_assert_cmpmem(of_photo->values, 400 * 280, of_part->values, 400 * 280);
    raster_free(of_photo);
    raster_free(of_part);
    raster_free(map);
    image_free(part);
    image_free(photo);
}

static void test_cancelled(void)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(GCancellable) cancellable = g_cancellable_new();
    struct task task = {.cancellable = cancellable};
    struct image *photo = picture(64, 64, 0);
    struct raster *map = coarse_map(8, 8);

    g_cancellable_cancel(cancellable);
    g_assert_null(
        refine_selection(photo, &(struct image_region){0, 0, 64, 64}, map, 0, &task, &error));
    g_assert_error(error, G_IO_ERROR, G_IO_ERROR_CANCELLED);
    raster_free(map);
    image_free(photo);
}

// Told, not asserted: machines differ.
static void test_speed(void)
{
    if (!g_test_perf()) {
        g_test_skip("with -m perf");
        return;
    }
    struct image *photo = picture(6000, 4000, 0.05);
    struct raster *map = coarse_map(16, 16);
    gint64 start = g_get_monotonic_time();
    struct raster *r = refine(photo, map, 0);
    double seconds = (double)(g_get_monotonic_time() - start) / 1e6;

    g_test_minimized_result(seconds, "24 megapixels refined in %.2f s", seconds);
    raster_free(r);
    raster_free(map);
    image_free(photo);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/refine/outline", test_outline);
    g_test_add_func("/refine/flat-maps", test_flat_maps);
    g_test_add_func("/refine/small-photos", test_small_photos);
    g_test_add_func("/refine/reach", test_reach);
    g_test_add_func("/refine/placed", test_placed);
    g_test_add_func("/refine/cancelled", test_cancelled);
    g_test_add_func("/refine/speed", test_speed);
    return g_test_run();
}
