// Portable maps, put together by hand after Netpbm's pages pbm(5) to pam(5).
#include "compute/error.h"
#include "render/codec.h"
#include "render/file.h"
#include "tests/render/pictures.h"

#include <string.h>

static struct image *load(const void *head, gsize head_size, const void *bytes, gsize size)
{
    g_autoptr(GByteArray) all = g_byte_array_new();
    g_autoptr(GError) error = NULL;

    g_byte_array_append(all, head, (guint)head_size);
    g_byte_array_append(all, bytes, (guint)size);

    g_autoptr(GBytes) file = g_bytes_new(all->data, all->len);
    struct image *image = image_load_bytes(file, NULL, &error);

    g_assert_no_error(error);
    return image;
}

#define LOAD(head, bytes) load(head, sizeof(head) - 1, bytes, sizeof(bytes) - 1)

// Takes the image.
static void assert_pixels(struct image *image, int bits, const float *rgb, const float *alpha)
{
    g_assert_cmpint(image->width, ==, 2);
    g_assert_cmpint(image->height, ==, 1);
    g_assert_cmpint(image->meta.bits, ==, bits);
    g_assert_null(image->meta.note);
    g_assert_cmpmem(image->rgb, 6 * sizeof(float), rgb, 6 * sizeof(float));
    g_assert_true((image->alpha != NULL) == (alpha != NULL));
    if (alpha != NULL) {
        g_assert_cmpmem(image->alpha, 2 * sizeof(float), alpha, 2 * sizeof(float));
    }
    image_free(image);
}

static void test_kinds(void)
{
    static const float BLACK_WHITE[] = {0, 0, 0, 1, 1, 1};
    static const float GRAY[] = {0.2f, 0.2f, 0.2f, 1, 1, 1}; // 51 of 255
    static const float COLORS[] = {1, 0, 0.2f, 0, 1, 1}, ALPHA[] = {0.2f, 1};

    assert_pixels(LOAD("P1\n# of text\n2 1\n", "10"), 8, BLACK_WHITE, NULL);
    assert_pixels(LOAD("P4 2 1\n", "\x80"), 8, BLACK_WHITE, NULL);
    assert_pixels(LOAD("P2 2#\n1 255\n", "51 255"), 8, GRAY, NULL);
    assert_pixels(LOAD("P5\n2 1\n255\n", "\x33\xff"), 8, GRAY, NULL);
    assert_pixels(LOAD("P3 2 1 5 ", "5 0 1\n0 5 5"), 8, COLORS, NULL);
    assert_pixels(LOAD("P6 2 1 255\n", "\xff\0\x33\0\xff\xff"), 8, COLORS, NULL);
    assert_pixels(LOAD("P7\nWIDTH 2\nHEIGHT 1\n# of\nDEPTH 2\nMAXVAL 255\nTUPLTYPE "
                       "GRAYSCALE_ALPHA\nENDHDR\n",
                       "\x33\x33\xff\xff"),
                  8, GRAY, ALPHA);
    assert_pixels(LOAD("P7\nHEIGHT 1\nWIDTH 2\nDEPTH 4\nMAXVAL 255\nENDHDR\n",
                       "\xff\0\x33\x33\0\xff\xff\xff"),
                  8, COLORS, ALPHA);
    assert_pixels(
        LOAD("P7\nWIDTH 2\nHEIGHT 1\nDEPTH 1\nMAXVAL 1\nTUPLTYPE BLACKANDWHITE\nENDHDR\n", "\0\1"),
        8, BLACK_WHITE, NULL);
}

// dcraw -4 writes such files: the higher byte is first. ImageMagick has the first two as 258 and
// 65280 of 65535.
static void test_sixteen_bits(void)
{
    static const float DEEP[] = {258 / 65535.0f, 65280 / 65535.0f, 1, 0, 1 / 65535.0f, 0};
    static const float GRAY[] = {0.5f, 0.5f, 0.5f, 1, 1, 1}; // 500 of 1000, and more than that

    assert_pixels(LOAD("P6\n2 1\n65535\n", "\1\2\xff\0\xff\xff\0\0\0\1\0\0"), 16, DEEP, NULL);
    assert_pixels(LOAD("P3 2 1 65535 ", "258 65280 65535 0 1 0"), 16, DEEP, NULL);
    assert_pixels(LOAD("P5 2 1 1000\n", "\1\xf4\x3\xe9"), 16, GRAY, NULL);
}

static void test_several(void)
{
    struct image *image = LOAD("P5 1 1 255\n", "\x33P5 1 1 255\n\x33");

    g_assert_cmpstr(image->meta.note, ==, CODEC_FIRST_NOTE);
    image_free(image);
}

static void test_cut(void)
{
    struct image *image = LOAD("P2 2 2 255\n", "51 255 255");

    g_assert_cmpstr(image->meta.note, ==, CODEC_PARTIAL_NOTE);
    g_assert_cmpfloat(image->rgb[3], ==, 1.0f);
    g_assert_cmpfloat(image->rgb[6], ==, 0.0f);
    image_free(image);
}

static void test_damaged(void)
{
    static const struct {
        const char *text;
        enum tincture_error code;
    } CASES[] = {
        {"P5 ", TINCTURE_ERROR_FILE},
        {"P5 2", TINCTURE_ERROR_FILE},
        {"P5 2 1 255", TINCTURE_ERROR_FILE},
        {"P5 2 1 255\n1", TINCTURE_ERROR_FILE}, // not one row
        {"P5 2 1 0\n11", TINCTURE_ERROR_FILE},
        {"P5 2 1 65536\n1111", TINCTURE_ERROR_FILE},
        {"P5 -2 1 255\n11", TINCTURE_ERROR_FILE},
        {"P2 2 1 255 1 x", TINCTURE_ERROR_FILE},
        {"P1 2 1 12", TINCTURE_ERROR_FILE},
        {"P5 0 1 255\n1", TINCTURE_ERROR_FILE},
        {"P6 4294967297 1 255\n111", TINCTURE_ERROR_FILE},
        {"P6 32768 32768 255\n111", TINCTURE_ERROR_UNSUPPORTED},
        {"P7\nWIDTH 1\nHEIGHT 1\nMAXVAL 255\nDEPTH 9\nENDHDR\n1", TINCTURE_ERROR_UNSUPPORTED},
        {"P7\nWIDTH 1\nHEIGHT 1\nMAXVAL 255\nDEPTH 1\n1", TINCTURE_ERROR_FILE},
    };

    for (size_t i = 0; i < G_N_ELEMENTS(CASES); i++) {
        g_autoptr(GBytes) file = g_bytes_new(CASES[i].text, strlen(CASES[i].text));
        g_autoptr(GError) error = NULL;

        g_assert_null(image_load_bytes(file, NULL, &error));
        g_test_message("%s: %s", CASES[i].text, error->message);
        g_assert_error(error, TINCTURE_ERROR, CASES[i].code);
    }
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/pnm/kinds", test_kinds);
    g_test_add_func("/pnm/sixteen-bits", test_sixteen_bits);
    g_test_add_func("/pnm/several", test_several);
    g_test_add_func("/pnm/cut", test_cut);
    g_test_add_func("/pnm/damaged", test_damaged);
    return g_test_run();
}
