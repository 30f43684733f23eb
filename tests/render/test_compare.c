// Picture metrics.
#include "render/compare.h"
#include "tests/render/pictures.h"

#include <math.h>

static void test_equal(void)
{
    struct image *photo = picture_photo(50, 40, 8, 1);

    g_assert_true(isinf(compare_psnr(photo, photo)));
    g_assert_cmpfloat_with_epsilon(compare_ssim(photo, photo), 1.0, 1e-6);
    image_free(photo);
}

static void test_psnr_of_a_step(void)
{
    struct image *a = picture_flat(20, 20, 0.5f, 0.5f, 0.5f);
    struct image *b = picture_flat(20, 20, 0.6f, 0.6f, 0.6f);

    g_assert_cmpfloat_with_epsilon(compare_psnr(a, b), 20.0, 1e-3);
    // Flat pictures: only the term of the means is left.
    g_assert_cmpfloat_with_epsilon(compare_ssim(a, b), (0.6 + 1e-4) / (0.61 + 1e-4), 1e-3);
    image_free(a);
    image_free(b);
}

static void test_ssim_falls_with_structure(void)
{
    struct image *a = picture_photo(60, 60, 8, 1), *b = picture_photo(60, 60, 8, 2);

    g_assert_cmpfloat(compare_ssim(a, b), <, 0.5);
    image_free(a);
    image_free(b);
}

static void test_side_by_side(void)
{
    struct image *left = picture_flat(20, 10, 1.0f, 0.0f, 0.0f);
    struct image *right = picture_flat(30, 10, 0.0f, 0.0f, 1.0f);
    struct image *both = compare_side_by_side(left, right, NULL);

    g_assert_cmpint(both->width, ==, 52);
    g_assert_cmpint(both->height, ==, 10);
    g_assert_cmpfloat(both->rgb[0], ==, 1.0f);
    g_assert_cmpfloat(both->rgb[2], ==, 0.0f);
    g_assert_cmpfloat(both->rgb[3 * 20 + 1], ==, 1.0f);
    g_assert_cmpfloat(both->rgb[3 * 51 + 2], ==, 1.0f);
    g_assert_cmpfloat(both->rgb[3 * 51], ==, 0.0f);
    image_free(left);
    image_free(right);
    image_free(both);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/compare/equal", test_equal);
    g_test_add_func("/compare/psnr-of-a-step", test_psnr_of_a_step);
    g_test_add_func("/compare/ssim-falls-with-structure", test_ssim_falls_with_structure);
    g_test_add_func("/compare/side-by-side", test_side_by_side);
    return g_test_run();
}
