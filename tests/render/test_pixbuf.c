// The formats that gdk-pixbuf reads: two of them written by hand, the rest by their first bytes.
#include "compute/error.h"
#include "render/color.h"
#include "render/file.h"
#include "tests/render/pictures.h"

#include <string.h>

// 2 x 1, 24 bits: a blue and a red pixel.
static const guint8 BMP[] = {
    'B', 'M', 62, 0, 0, 0,   0, 0, 0, 0, 54, 0, 0, 0,        // file header
    40,  0,   0,  0, 2, 0,   0, 0, 1, 0, 0,  0, 1, 0, 24, 0, // its size, 2 x 1, one plane, depth
    0,   0,   0,  0, 8, 0,   0, 0, 0, 0, 0,  0, 0, 0, 0,  0,
    0,   0,   0,  0,               // not packed, 8 bytes of pixels
    0,   0,   0,  0,               //
    255, 0,   0,  0, 0, 255, 0, 0, // pixels, blue first
};
G_STATIC_ASSERT(sizeof(BMP) == 62);

static void test_bmp(void)
{
    g_autoptr(GBytes) file = g_bytes_new_static(BMP, sizeof(BMP));
    g_autoptr(GError) error = NULL;
    struct image *image = image_load_bytes(file, NULL, &error);

    g_assert_no_error(error);
    g_assert_cmpint(image->width, ==, 2);
    g_assert_cmpfloat(image->rgb[2], ==, 1.0f);
    g_assert_cmpfloat(image->rgb[3], ==, 1.0f);
    image_free(image);
}

static void put_u16(GByteArray *file, guint16 value)
{
    guint16 big_endian = GUINT16_TO_BE(value);

    g_byte_array_append(file, (const guint8 *)&big_endian, 2);
}

static void put_entry(GByteArray *file, guint16 tag, guint16 type, guint32 count, guint32 value)
{
    put_u16(file, tag);
    put_u16(file, type);
    put_u16(file, (guint16)(count >> 16));
    put_u16(file, (guint16)count);
    put_u16(file, (guint16)(value >> 16));
    put_u16(file, (guint16)value);
}

// A TIFF of a red and a blue pixel beside each other, to be turned clockwise, in the given profile.
static GBytes *turned_tiff(GBytes *icc)
{
    enum {
        SHORT = 3,
        LONG = 4,
        UNDEFINED = 7,
        BITS_AT = 8 + 2 + 11 * 12 + 4,
        PIXELS_AT = BITS_AT + 6
    };
    static const guint8 PIXELS[] = {255, 0, 0, 0, 0, 255};
    GByteArray *file = g_byte_array_new();
    gsize icc_size = g_bytes_get_size(icc);

    g_byte_array_append(file, (const guint8 *)"MM\0*\0\0\0\10", 8);
    put_u16(file, 11);
    put_entry(file, 256, SHORT, 1, 2 << 16); // width
    put_entry(file, 257, SHORT, 1, 1 << 16); // height
    put_entry(file, 258, SHORT, 3, BITS_AT);
    put_entry(file, 259, SHORT, 1, 1 << 16); // not packed
    put_entry(file, 262, SHORT, 1, 2 << 16); // RGB
    put_entry(file, 273, LONG, 1, PIXELS_AT);
    put_entry(file, 274, SHORT, 1, 6 << 16); // orientation
    put_entry(file, 277, SHORT, 1, 3 << 16); // channels
    put_entry(file, 278, SHORT, 1, 1 << 16); // rows a strip
    put_entry(file, 279, LONG, 1, sizeof(PIXELS));
    put_entry(file, 34675, UNDEFINED, (guint32)icc_size, PIXELS_AT + sizeof(PIXELS));
    put_u16(file, 0);
    put_u16(file, 0);
    for (int c = 0; c < 3; c++) {
        put_u16(file, 8);
    }
    g_byte_array_append(file, PIXELS, sizeof(PIXELS));
    g_byte_array_append(file, g_bytes_get_data(icc, NULL), (guint)icc_size);
    return g_byte_array_free_to_bytes(file);
}

static void test_turned_tiff_keeps_profile(void)
{
    g_autoptr(GBytes) icc = color_srgb_profile();
    g_autoptr(GBytes) file = turned_tiff(icc);
    g_autoptr(GError) error = NULL;
    struct image *image = image_load_bytes(file, NULL, &error);

    if (g_error_matches(error, TINCTURE_ERROR, TINCTURE_ERROR_UNSUPPORTED)) {
        g_test_skip(error->message);
        return;
    }
    g_assert_no_error(error);
    g_assert_cmpint(image->width, ==, 1);
    g_assert_cmpint(image->height, ==, 2);
    g_assert_cmpfloat(image->rgb[0], ==, 1.0f);
    g_assert_cmpfloat(image->rgb[5], ==, 1.0f);
    g_assert_true(image->meta.icc != NULL && g_bytes_equal(image->meta.icc, icc));
    image_free(image);
}

static void test_cut_short(void)
{
    for (gsize cut = 2; cut < 54; cut++) {
        g_autoptr(GBytes) part = g_bytes_new_static(BMP, cut);

        g_assert_null(image_load_bytes(part, NULL, NULL));
    }
}

static void test_huge_header(void)
{
    guint8 bytes[sizeof(BMP)];
    guint32 side = GUINT32_TO_LE(60000);

    memcpy(bytes, BMP, sizeof(BMP));
    memcpy(bytes + 18, &side, 4);
    memcpy(bytes + 22, &side, 4);

    g_autoptr(GBytes) bomb = g_bytes_new_static(bytes, sizeof(bytes));
    g_autoptr(GError) error = NULL;

    g_assert_null(image_load_bytes(bomb, NULL, &error));
    g_assert_error(error, TINCTURE_ERROR, TINCTURE_ERROR_UNSUPPORTED);
}

static void test_only_first_bytes(void)
{
    static const char *const HEADS[] = {"GIF89a",           "BM",           "II*",
                                        "RIFF....WEBPVP8 ", "....ftypavif", "....ftypheic"};

    for (size_t i = 0; i < G_N_ELEMENTS(HEADS); i++) {
        g_autoptr(GBytes) file = g_bytes_new_static(HEADS[i], strlen(HEADS[i]) + 1);
        g_autoptr(GError) error = NULL;

        g_assert_null(image_load_bytes(file, NULL, &error));
        g_assert_cmpuint(error->domain, ==, TINCTURE_ERROR);
        g_test_message("%s", error->message);
    }
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/pixbuf/bmp", test_bmp);
    g_test_add_func("/pixbuf/turned-tiff-keeps-profile", test_turned_tiff_keeps_profile);
    g_test_add_func("/pixbuf/cut-short", test_cut_short);
    g_test_add_func("/pixbuf/huge-header", test_huge_header);
    g_test_add_func("/pixbuf/only-first-bytes", test_only_first_bytes);
    return g_test_run();
}
