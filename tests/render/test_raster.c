// Planes of bytes: sizes, and the mean of what each value covers.
#include "compute/error.h"
#include "render/raster.h"

static void test_new_is_empty(void)
{
    struct raster *raster = raster_new(7, 5, NULL);

    for (int i = 0; i < 7 * 5; i++) {
        g_assert_cmpint(raster->values[i], ==, 0);
    }
    raster_free(raster);
    raster_free(NULL);
}

static void test_size_refused(void)
{
    static const int SIZES[][2] = {{0, 5}, {5, -1}, {IMAGE_MAX_SIDE + 1, 1}, {20000, 20000}};

    for (size_t i = 0; i < G_N_ELEMENTS(SIZES); i++) {
        g_autoptr(GError) error = NULL;

        g_assert_null(raster_new(SIZES[i][0], SIZES[i][1], &error));
        g_assert_true(error->domain == TINCTURE_ERROR);
    }
}

static struct raster *random_raster(int width, int height)
{
    struct raster *raster = raster_new(width, height, NULL);
    g_autoptr(GRand) rand = g_rand_new_with_seed(3);

    for (int i = 0; i < width * height; i++) {
        raster->values[i] = (uint8_t)g_rand_int_range(rand, 0, 256);
    }
    return raster;
}

static void test_same_size_is_exact(void)
{
    const struct image_region part = {3, 2, 20, 9};
    struct raster *raster = random_raster(31, 17);
    float result[20 * 9];

    raster_resize(raster, &part, 20, 9, result);
    for (int i = 0; i < 20 * 9; i++) {
        int at = (part.y + i / 20) * 31 + part.x + i % 20;

        g_assert_cmpfloat_with_epsilon(result[i], raster->values[at] / 255.0, 1e-6);
    }
    raster_free(raster);
}

// What a part covers in all is the same at any size, also one that divides nothing.
static void test_resizing_keeps_the_mean(void)
{
    static const int SIZES[][2] = {{10, 6}, {7, 5}, {1, 1}, {30, 18}, {64, 40}, {29, 3}};
    const struct image_region part = {1, 2, 30, 18};
    struct raster *raster = random_raster(40, 21);
    double expected = 0.0;

    for (int i = 0; i < 30 * 18; i++) {
        expected += raster->values[(part.y + i / 30) * 40 + part.x + i % 30] / (255.0 * 30 * 18);
    }
    for (size_t s = 0; s < G_N_ELEMENTS(SIZES); s++) {
        int count = SIZES[s][0] * SIZES[s][1];
        g_autofree float *result = g_new(float, count);
        double mean = 0.0;

        raster_resize(raster, &part, SIZES[s][0], SIZES[s][1], result);
        for (int i = 0; i < count; i++) {
            mean += result[i] / count;
        }
        g_assert_cmpfloat_with_epsilon(mean, expected, 1e-5);
    }
    raster_free(raster);
}

// Nothing of what lies beside the part is seen.
static void test_part_alone_counts(void)
{
    const struct image_region part = {4, 4, 8, 8};
    struct raster *raster = raster_new(16, 16, NULL);
    float result[3 * 3];

    for (int i = 0; i < 16 * 16; i++) {
        bool inside = i % 16 >= 4 && i % 16 < 12 && i / 16 >= 4 && i / 16 < 12;

        raster->values[i] = inside ? 255 : 0;
    }
    raster_resize(raster, &part, 3, 3, result);
    for (int i = 0; i < 3 * 3; i++) {
        g_assert_cmpfloat_with_epsilon(result[i], 1.0, 1e-6);
    }
    raster_free(raster);
}

static void test_box(void)
{
    struct raster *raster = raster_new(20, 10, NULL);
    g_assert_cmpint(raster_box(raster).width, ==, 0);
    raster->values[2 * 20 + 5] = 200;
    raster->values[7 * 20 + 3] = 100;
    raster->values[9 * 20 + 19] = 99; // a soft border's end
    const struct image_region box = raster_box(raster);
    g_assert_true(image_region_equal(&box, &(struct image_region){3, 2, 3, 6}));
    raster->values[0] = raster->values[9 * 20 + 19] = 255;
    g_assert_cmpint(raster_box(raster).width * raster_box(raster).height, ==, 200);
    raster_free(raster);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/raster/new-is-empty", test_new_is_empty);
    g_test_add_func("/raster/size-refused", test_size_refused);
    g_test_add_func("/raster/same-size-is-exact", test_same_size_is_exact);
    g_test_add_func("/raster/resizing-keeps-the-mean", test_resizing_keeps_the_mean);
    g_test_add_func("/raster/part-alone-counts", test_part_alone_counts);
    g_test_add_func("/raster/box", test_box);
    return g_test_run();
}
