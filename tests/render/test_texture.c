// The hand-over to GTK; needs no display.
#include "render/present/texture.h"

static void test_from_rgba8(void)
{
    static const guint8 ORANGE[] = {255, 128, 0, 255};
    guint8 *rgba = g_new(guint8, 6 * sizeof(ORANGE));

    for (gsize i = 0; i < 6 * sizeof(ORANGE); i++) {
        rgba[i] = ORANGE[i % sizeof(ORANGE)];
    }

    g_autoptr(GBytes) bytes = g_bytes_new_take(rgba, 6 * sizeof(ORANGE));
    g_autoptr(GdkTexture) texture = texture_from_rgba8(bytes, 3, 2);
    guint32 pixels[6]; // Cairo's order: 0xAARRGGBB

    g_assert_cmpint(gdk_texture_get_width(texture), ==, 3);
    g_assert_cmpint(gdk_texture_get_height(texture), ==, 2);
    gdk_texture_download(texture, (guchar *)pixels, 3 * 4);
    for (int i = 0; i < 6; i++) {
        g_assert_cmphex(pixels[i], ==, 0xffff8000);
    }
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/texture/from-rgba8", test_from_rgba8);
    return g_test_run();
}
