// Pictures as models have them: there and back, and packed as the library keeps them.
#include "render/picture.h"
#include "render/signed.h"

#define WIDTH  3
#define HEIGHT 2
#define N      (WIDTH * HEIGHT * 3)

static void fill(float *a, float *b)
{
    for (int i = 0; i < N; i++) {
        a[i] = (float)i / (N - 1) * 2.0f - 1.0f;
        b[i] = -a[i];
    }
}

static void test_image(void)
{
    float a[N], b[N];
    fill(a, b);
    a[0] = -3.0f; // clipped
    struct image *image = image_from_signed(a, WIDTH, HEIGHT, NULL);
    g_assert_cmpfloat(image->rgb[0], ==, 0.0f);
    image->rgb[N - 1] = 1.5f;
    g_autofree float *back = image_to_signed(image);
    g_assert_cmpfloat(back[N - 1], ==, 1.0f);
    for (int i = 1; i < N - 1; i++) {
        g_assert_cmpfloat_with_epsilon(back[i], a[i], 1e-6);
    }
    image_free(image);
}

static void test_pack(void)
{
    float a[N], b[N];
    fill(a, b);
    g_autoptr(GBytes) packed = signed_pack(a, b, WIDTH, HEIGHT);
    g_autofree float *a2 = NULL, *b2 = NULL;
    g_assert_true(signed_unpack(packed, WIDTH, HEIGHT, &a2, &b2));
    for (int i = 0; i < N; i++) {
        g_assert_cmpfloat_with_epsilon(a2[i], a[i], 1.0 / 65535);
        g_assert_cmpfloat_with_epsilon(b2[i], b[i], 1.0 / 65535);
    }
    float *none = NULL;
    g_assert_false(signed_unpack(packed, WIDTH, HEIGHT + 1, &none, &none));
    g_assert_false(signed_unpack(packed, -WIDTH, -HEIGHT, &none, &none));
    g_assert_false(signed_unpack(packed, 1 << 30, 1 << 30, &none, &none));
    g_assert_null(none);
}

static void test_picture(void)
{
    const float rgb[6] = {0.0f, 0.5f, 1.0f, 2.0f, -1.0f, 0.25f};
    struct picture p = picture_from_floats(rgb, 2, 1);
    const uint8_t expected[8] = {0, 128, 255, 255, 255, 0, 64, 255};
    g_assert_cmpmem(g_bytes_get_data(p.rgba, NULL), g_bytes_get_size(p.rgba), expected, 8);
    struct picture taken = picture_take(&p);
    g_assert_null(p.rgba);
    struct picture shared = picture_ref(&taken);
    g_assert_true(shared.rgba == taken.rgba);
    picture_clear(&shared);
    picture_clear(&taken);
    g_assert_cmpint(taken.width, ==, 0);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/signed/image", test_image);
    g_test_add_func("/signed/pack", test_pack);
    g_test_add_func("/signed/picture", test_picture);
    return g_test_run();
}
