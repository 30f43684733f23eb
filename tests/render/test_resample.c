// Changing sizes: what must be kept, and how much may be lost.
#include "render/compare.h"
#include "render/resample.h"
#include "tests/render/pictures.h"

#include <math.h>
#include <string.h>

static void test_constant_stays(void)
{
    static const int SIZES[][2] = {{7, 5}, {31, 90}, {200, 13}, {1, 1}};
    struct image *flat = picture_flat(50, 40, 0.25f, 0.5f, 0.75f);

    for (size_t i = 0; i < G_N_ELEMENTS(SIZES); i++) {
        struct image *resized = image_resize(flat, SIZES[i][0], SIZES[i][1], NULL);
        struct image *expected = picture_flat(SIZES[i][0], SIZES[i][1], 0.25f, 0.5f, 0.75f);

        g_assert_cmpfloat(picture_difference(resized, expected), <, 1e-5);
        image_free(resized);
        image_free(expected);
    }
    image_free(flat);
}

// A picture of waves along both axes, `period` pixels long.
static struct image *waves(int width, int height, double period)
{
    struct image *image = picture_flat(width, height, 0.0f, 0.0f, 0.0f);

    for (int y = 0; y < height; y++) {
        for (int x = 0; x < width; x++) {
            double phase = 2.0 * G_PI / period;
            double value = 0.5 + 0.2 * sin(phase * (x + 0.5)) + 0.2 * sin(phase * (y + 0.5));

            for (int c = 0; c < 3; c++) {
                image->rgb[3 * (y * width + x) + c] = (float)value;
            }
        }
    }
    return image;
}

static double contrast(const struct image *image)
{
    size_t count = (size_t)image->width * image->height;
    double sum = 0.0, squares = 0.0;

    for (size_t i = 0; i < count; i++) {
        sum += image->rgb[3 * i];
        squares += (double)image->rgb[3 * i] * image->rgb[3 * i];
    }
    return sqrt(squares / count - sum / count * sum / count);
}

// Waves the small picture can hold keep their place and strength; those it cannot hold vanish.
static void test_waves(void)
{
    struct image *coarse = waves(400, 400, 40.0), *fine = waves(400, 400, 5.0);
    struct image *expected = waves(100, 100, 10.0);
    struct image *small_coarse = image_resize(coarse, 100, 100, NULL);
    struct image *small_fine = image_resize(fine, 100, 100, NULL);

    g_assert_cmpfloat(compare_psnr(small_coarse, expected), >, 40.0);
    g_assert_cmpfloat(contrast(small_coarse) / contrast(expected), >, 0.97);
    g_assert_cmpfloat(contrast(small_fine) / contrast(fine), <, 0.05);
    image_free(coarse);
    image_free(fine);
    image_free(expected);
    image_free(small_coarse);
    image_free(small_fine);
}

static void test_up_and_down(void)
{
    struct image *photo = waves(120, 90, 12.0);
    struct image *large = image_resize(photo, 120 * 3, 90 * 3, NULL);
    struct image *back = image_resize(large, 120, 90, NULL);

    g_test_message("up and down: %.1f dB", compare_psnr(photo, back));
    g_assert_cmpfloat(compare_psnr(photo, back), >, 45.0);
    image_free(photo);
    image_free(large);
    image_free(back);
}

// A region is the same as that part of the whole.
static void test_region(void)
{
    static const int SIZES[][2] = {{200, 150}, {20, 15}, {200, 15}, {20, 150}};
    struct image *photo = picture_photo(64, 48, 8, 1);

    for (size_t i = 0; i < G_N_ELEMENTS(SIZES); i++) {
        int width = SIZES[i][0], height = SIZES[i][1];
        struct image *whole = image_resize(photo, width, height, NULL);
        struct resampler *resampler = resampler_new(64, 48, width, height, RESAMPLE_LANCZOS3);
        struct image *part = image_crop(whole, width / 3, height / 4, width / 2, height / 2, NULL);
        struct image *region = image_copy(part, NULL);

        memset(region->rgb, 0, sizeof(float) * 3 * region->width * region->height);
        resampler_run(resampler, photo->rgb, 3, width / 3, height / 4, width / 2, height / 2,
                      region->rgb);
        g_assert_cmpfloat(picture_difference(part, region), <, 1e-6);
        resampler_free(resampler);
        image_free(whole);
        image_free(part);
        image_free(region);
    }
    image_free(photo);
}

// Colour under full transparency does not bleed into visible pixels.
static void test_transparent_colour(void)
{
    struct image *image = image_new(40, 40, true, NULL);

    for (int i = 0; i < 1600; i++) {
        bool seen = i % 40 < 20;

        image->alpha[i] = seen ? 1.0f : 0.0f;
        image->rgb[3 * i] = seen ? 0.5f : 1.0f;
        image->rgb[3 * i + 1] = image->rgb[3 * i + 2] = 0.5f;
    }

    struct image *small = image_resize(image, 10, 10, NULL);

    for (int i = 0; i < 100; i++) {
        if (small->alpha[i] > 0.02f) {
            g_assert_cmpfloat_with_epsilon(small->rgb[3 * i], 0.5, 0.01);
        }
    }
    image_free(image);
    image_free(small);
}

static void test_linear_stays_in_range(void)
{
    float mask[16 * 16] = {0.0f}, large[100 * 100];

    mask[5 * 16 + 5] = 1.0f;
    resample_plane(mask, 16, 16, 1, large, 100, 100, RESAMPLE_LINEAR);
    for (int i = 0; i < 100 * 100; i++) {
        g_assert_true(large[i] >= 0.0f && large[i] <= 1.0f);
    }
    g_assert_cmpfloat(large[0], ==, 0.0f);
}

// A step stays between its two values, is a straight line's middle at the step, and has no kink: no
// difference of neighbouring slopes is more than the cubic's.
static void test_spline_is_smooth(void)
{
    enum { SOURCE = 8, SIZE = 800, SCALE = SIZE / SOURCE };
    float step[SOURCE] = {0, 0, 0, 0, 1, 1, 1, 1}, line[SIZE];

    resample_plane(step, SOURCE, 1, 1, line, SIZE, 1, RESAMPLE_SPLINE);
    g_assert_cmpfloat_with_epsilon(line[SIZE / 2 - 1] + line[SIZE / 2], 1.0, 1e-5);
    for (int i = 0; i < SIZE; i++) {
        g_assert_cmpfloat(line[i], >=, -1e-6f);
        g_assert_cmpfloat(line[i], <=, 1.0f + 1e-6f);
    }
    for (int i = 2 * SCALE; i < SIZE - 2 * SCALE; i++) {
        g_assert_cmpfloat(fabsf(line[i + 1] - 2.0f * line[i] + line[i - 1]), <,
                          1.1 / SCALE / SCALE);
    }
}

// A part is what it is when it is cut out first.
static void test_part(void)
{
    const struct image_region part = {13, 7, 61, 40};
    struct image *photo = picture_photo(100, 60, 8, 1);
    struct image *cut = image_crop(photo, part.x, part.y, part.width, part.height, NULL);
    struct image *expected = image_resize(cut, 24, 16, NULL);
    struct image *result = image_new(24, 16, false, NULL);

    resample_part(photo, &part, result->rgb, 24, 16);
    picture_assert_same(result, expected);
    image_free(photo);
    image_free(cut);
    image_free(expected);
    image_free(result);
}

static void test_fit(void)
{
    static const int CASES[][6] = {
        {512, 64, 512, 512, 512, 512},   {512, 64, 4000, 3000, 576, 448},
        {512, 64, 3000, 4000, 448, 576}, {128, 8, 4000, 2667, 160, 104},
        {128, 8, 8000, 10, 256, 8},      {128, 8, 64, 64, 128, 128},
    };

    for (size_t i = 0; i < G_N_ELEMENTS(CASES); i++) {
        const int *c = CASES[i];
        int width, height;

        resample_fit(c[0], c[1], c[2], c[3], &width, &height);
        g_assert_cmpint(width, ==, c[4]);
        g_assert_cmpint(height, ==, c[5]);
    }
}

static void test_shrink(void)
{
    struct image *image = image_new(200, 50, false, NULL);

    memset(image->rgb, 0, sizeof(float) * 200 * 50 * 3);
    struct image *small = image_shrink(image, 100, NULL), *same = image_shrink(image, 300, NULL);
    g_assert_cmpint(small->width, ==, 100);
    g_assert_cmpint(small->height, ==, 25);
    g_assert_cmpint(same->width, ==, 200);
    g_assert_cmpint(same->height, ==, 50);
    image_free(same);
    image_free(small);
    image_free(image);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/resample/constant-stays", test_constant_stays);
    g_test_add_func("/resample/waves", test_waves);
    g_test_add_func("/resample/up-and-down", test_up_and_down);
    g_test_add_func("/resample/region", test_region);
    g_test_add_func("/resample/transparent-colour", test_transparent_colour);
    g_test_add_func("/resample/linear-stays-in-range", test_linear_stays_in_range);
    g_test_add_func("/resample/spline-is-smooth", test_spline_is_smooth);
    g_test_add_func("/resample/part", test_part);
    g_test_add_func("/resample/fit", test_fit);
    g_test_add_func("/resample/shrink", test_shrink);
    return g_test_run();
}
