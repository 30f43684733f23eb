// The hand-over to GTK; needs no display.
#include "render/present/texture.h"
#include "tests/render/pictures.h"

static void test_from_image(void)
{
    struct image *image = picture_flat(3, 2, 1.0f, 0.5f, 0.0f);
    g_autoptr(GdkTexture) texture = texture_from_image(image);
    guint32 pixels[6]; // Cairo's order: 0xAARRGGBB

    g_assert_cmpint(gdk_texture_get_width(texture), ==, 3);
    g_assert_cmpint(gdk_texture_get_height(texture), ==, 2);
    gdk_texture_download(texture, (guchar *)pixels, 3 * 4);
    for (int i = 0; i < 6; i++) {
        g_assert_cmphex(pixels[i], ==, 0xffff8000);
    }
    image_free(image);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/texture/from-image", test_from_image);
    return g_test_run();
}
