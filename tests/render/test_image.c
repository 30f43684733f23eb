// Storage, orientation and integer conversion of pictures.
#include "compute/error.h"
#include "render/image.h"
#include "tests/render/pictures.h"

#include <math.h>
#include <string.h>

// A picture whose red values are the letters, row by row.
static struct image *from_letters(const char *letters, int width, int height)
{
    struct image *image = picture_flat(width, height, 0.0f, 0.0f, 0.0f);

    for (int i = 0; i < width * height; i++) {
        image->rgb[3 * i] = (float)(letters[i] - 'a');
    }
    return image;
}

static void test_orientations(void)
{
    static const char *const UPRIGHT[] = {"abcdef", "cbafed", "fedcba", "defabc",
                                          "adbecf", "daebfc", "fcebda", "cfbead"};

    for (int orientation = 1; orientation <= 8; orientation++) {
        int width = orientation < 5 ? 3 : 2;
        struct image *stored = from_letters("abcdef", 3, 2);
        struct image *expected = from_letters(UPRIGHT[orientation - 1], width, 5 - width);
        struct image *upright = image_orient(stored, orientation, NULL);

        picture_assert_same(upright, expected);
        image_free(stored);
        image_free(expected);
        image_free(upright);
    }
}

static void test_orientation_moves_alpha(void)
{
    struct image *stored = image_new(2, 1, true, NULL);

    memset(stored->rgb, 0, 6 * sizeof(float));
    stored->alpha[0] = 0.25f;
    stored->alpha[1] = 0.75f;

    struct image *mirrored = image_orient(stored, 2, NULL);

    g_assert_cmpfloat(mirrored->alpha[0], ==, 0.75f);
    g_assert_cmpfloat(mirrored->alpha[1], ==, 0.25f);
    image_free(stored);
    image_free(mirrored);
}

static void test_size_limits(void)
{
    static const gint64 BAD[][2] = {{0, 5},     {5, -1},        {IMAGE_MAX_SIDE + 1, 1},
                                    {1, 60000}, {20000, 20000}, {G_MAXUINT32, G_MAXUINT32}};

    g_assert_true(image_check_size(1, 1, NULL));
    g_assert_true(image_check_size(16000, 12500, NULL));
    for (size_t i = 0; i < G_N_ELEMENTS(BAD); i++) {
        g_autoptr(GError) error = NULL;

        g_assert_false(image_check_size(BAD[i][0], BAD[i][1], &error));
        g_assert_cmpuint(error->domain, ==, TINCTURE_ERROR);
    }
}

static void test_quantize(void)
{
    for (unsigned v = 0; v <= 255; v++) {
        g_assert_cmpuint(image_quantize(v / 255.0f, 255.0f), ==, v);
    }
    for (unsigned v = 0; v <= 65535; v++) {
        g_assert_cmpuint(image_quantize(v / 65535.0f, 65535.0f), ==, v);
    }
    g_assert_cmpuint(image_quantize(-0.5f, 255.0f), ==, 0);
    g_assert_cmpuint(image_quantize(1.5f, 255.0f), ==, 255);
    g_assert_cmpuint(image_quantize(NAN, 255.0f), ==, 0);
}

static void test_rgba8(void)
{
    uint8_t rgba[2 * 2 * 4], back[2 * 2 * 4];

    for (size_t i = 0; i < sizeof(rgba); i++) {
        rgba[i] = (uint8_t)(17 * i);
    }

    struct image *image = image_from_rgba8(rgba, 2, 2, NULL);

    image_to_rgba8(image, back);
    g_assert_cmpmem(rgba, sizeof(rgba), back, sizeof(back));
    g_assert_nonnull(image->alpha);
    image_free(image);
}

static void test_crop(void)
{
    struct image *whole = from_letters("abcdefghi", 3, 3);
    struct image *part = image_crop(whole, 1, 1, 2, 2, NULL);
    struct image *expected = from_letters("efhi", 2, 2);

    picture_assert_same(part, expected);
    image_free(whole);
    image_free(part);
    image_free(expected);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/image/orientations", test_orientations);
    g_test_add_func("/image/orientation-moves-alpha", test_orientation_moves_alpha);
    g_test_add_func("/image/size-limits", test_size_limits);
    g_test_add_func("/image/quantize", test_quantize);
    g_test_add_func("/image/rgba8", test_rgba8);
    g_test_add_func("/image/crop", test_crop);
    return g_test_run();
}
