// The formats that gdk-pixbuf reads: two of them written by hand, the rest by their first bytes.
#include "compute/error.h"
#include "render/codec.h"
#include "render/color.h"
#include "render/file.h"
#include "render/pixbuf_profile.h"
#include "tests/render/pictures.h"

#include <stdlib.h>
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

// 2 x 2 of eight bits, with a palette of `entries` colours, of which 1 is red and 2 is blue. The
// header claims that the pixels begin at `offset`.
static GBytes *palette_bitmap(guint32 offset, guint32 entries, guint32 used)
{
    static const guint8 COLORS[] = {0, 0, 0, 0, 0, 0, 255, 0, 255, 0, 0, 0};
    static const guint8 PIXELS[] = {2, 1, 0, 0, 1, 2, 0, 0}; // the lower row first
    const guint32 begin = 54 + 4 * entries, size = begin + sizeof(PIXELS);
    guint8 *file = g_malloc0(size);

    memcpy(file, BMP, 54);
    file[10] = offset & 255;
    file[11] = (guint8)(offset >> 8);
    file[22] = 2; // rows
    file[28] = 8; // bits
    file[46] = used & 255;
    file[47] = (guint8)(used >> 8);
    memcpy(file + 54, COLORS, sizeof(COLORS));
    memcpy(file + begin, PIXELS, sizeof(PIXELS));
    return g_bytes_new_take(file, size);
}

// Pillow 13 shows the first two and the last four so; ImageMagick the last four.
static void test_bitmap_offset(void)
{
    static const struct {
        guint32 offset, entries, used;
    } CASES[] = {{0, 256, 0},    {54, 256, 0},  {26, 256, 0}, {154, 256, 0},   {54, 16, 16},
                 {1078, 256, 0}, {118, 16, 16}, {118, 16, 0}, {1078, 256, 256}};

    for (size_t i = 0; i < G_N_ELEMENTS(CASES); i++) {
        g_autoptr(GBytes) file = palette_bitmap(CASES[i].offset, CASES[i].entries, CASES[i].used);
        g_autoptr(GError) error = NULL;
        struct image *image = image_load_bytes(file, NULL, &error);
        static const float RED[3] = {1, 0, 0}, BLUE[3] = {0, 0, 1};

        g_assert_no_error(error);
        g_test_message("offset %u, %u colours", CASES[i].offset, CASES[i].entries);
        g_assert_cmpmem(image->rgb, sizeof(RED), RED, sizeof(RED));
        g_assert_cmpmem(image->rgb + 3, sizeof(BLUE), BLUE, sizeof(BLUE));
        g_assert_cmpmem(image->rgb + 9, sizeof(RED), RED, sizeof(RED));
        g_assert_null(image->meta.note);
        image_free(image);
    }
}

// ---- cut short, and of several pictures ---------------------------------------------------------

// White, so that what is missing differs.
static GBytes *portable_map(int width, int height, gsize cut)
{
    GByteArray *file = g_byte_array_new();
    g_autofree char *head = g_strdup_printf("P6\n%d %d\n255\n", width, height);
    const guint begin = (guint)strlen(head), size = begin + 3u * (guint)(width * height);

    g_byte_array_append(file, (const guint8 *)head, begin);
    g_byte_array_set_size(file, size);
    memset(file->data + begin, 255, size - begin);
    g_byte_array_set_size(file, size - (guint)cut);
    return g_byte_array_free_to_bytes(file);
}

static void test_cut_rows(void)
{
    enum { WIDTH = 40, HEIGHT = 30, ROWS = 10 };
    g_autoptr(GBytes) whole = portable_map(WIDTH, HEIGHT, 0);
    g_autoptr(GBytes) cut = portable_map(WIDTH, HEIGHT, 3 * WIDTH * (HEIGHT - ROWS) - 5);
    struct image *image = image_load_bytes(whole, NULL, NULL);

    g_assert_nonnull(image);
    g_assert_null(image->meta.note);
    image_free(image);
    image = image_load_bytes(cut, NULL, NULL);
    g_assert_nonnull(image);
    g_assert_cmpstr(image->meta.note, ==, CODEC_PARTIAL_NOTE);
    for (int i = 0; i < 3 * WIDTH * HEIGHT; i++) {
        g_assert_cmpfloat(image->rgb[i], ==, i < 3 * WIDTH * ROWS ? 1.0f : 0.0f);
    }
    image_free(image);
}

static void test_cut_bitmap(void)
{
    g_autoptr(GBytes) whole = palette_bitmap(1078, 256, 0);
    g_autoptr(GBytes) cut = g_bytes_new_from_bytes(whole, 0, g_bytes_get_size(whole) - 4);
    struct image *image = image_load_bytes(cut, NULL, NULL);

    g_assert_nonnull(image);
    g_assert_cmpstr(image->meta.note, ==, CODEC_PARTIAL_NOTE);
    g_assert_cmpfloat(image->rgb[0] + image->rgb[5], ==, 0.0f); // of the upper row nothing
    g_assert_cmpfloat(image->rgb[8], ==, 1.0f);
    image_free(image);
}

// Of 2 x 2, green and then black: Pillow's save(..., save_all=True).
static const guint8 GIF[] = {
    0x47, 0x49, 0x46, 0x38, 0x39, 0x61, 0x02, 0x00, 0x02, 0x00, 0x81, 0x00, 0x00, 0xff, 0x00, 0x00,
    0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x21, 0xf9, 0x04, 0x00, 0x0a, 0x00, 0x00,
    0x00, 0x2c, 0x00, 0x00, 0x00, 0x00, 0x02, 0x00, 0x02, 0x00, 0x00, 0x08, 0x06, 0x00, 0x01, 0x08,
    0x04, 0x10, 0x10, 0x00, 0x21, 0xf9, 0x04, 0x01, 0x0a, 0x00, 0x01, 0x00, 0x2c, 0x00, 0x00, 0x00,
    0x00, 0x02, 0x00, 0x02, 0x00, 0x81, 0x00, 0x00, 0xff, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00,
    0x00, 0x00, 0x08, 0x06, 0x00, 0x01, 0x08, 0x04, 0x10, 0x10, 0x00, 0x3b,
};

static void test_several_pictures(void)
{
    enum { FIRST = 52 }; // bytes up to the second frame
    g_autoptr(GByteArray) one = g_byte_array_new();

    g_byte_array_append(one, GIF, FIRST);
    g_byte_array_append(one, GIF + sizeof(GIF) - 1, 1);

    for (int i = 0; i < 2; i++) {
        g_autoptr(GBytes) file =
            i == 0 ? g_bytes_new_static(GIF, sizeof(GIF)) : g_bytes_new(one->data, one->len);
        g_autoptr(GError) error = NULL;
        struct image *image = image_load_bytes(file, NULL, &error);

        g_assert_no_error(error);
        g_assert_null(image->alpha); // nothing is transparent
        g_assert_cmpstr(image->meta.note, ==, i == 0 ? CODEC_FIRST_NOTE : NULL);
        image_free(image);
    }
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

// ---- WebP, where its loader is ------------------------------------------------------------------

static bool is_missing(const GError *error)
{
    return g_error_matches(error, TINCTURE_ERROR, TINCTURE_ERROR_UNSUPPORTED) &&
           strstr(error->message, "not installed") != NULL;
}

// NULL: the loader is not installed, and the test is skipped.
static struct image *load_or_skip(GBytes *file)
{
    g_autoptr(GError) error = NULL;
    struct image *image = image_load_bytes(file, NULL, &error);

    if (is_missing(error)) {
        g_test_skip(error->message);
        return NULL;
    }
    g_assert_no_error(error);
    return image;
}

// A red and a blue pixel beside each other and EXIF that turns them clockwise: Pillow's
// Image.save(..., lossless=True, exif=...).
static const guint8 WEBP[] = {
    0x52, 0x49, 0x46, 0x46, 0x52, 0x00, 0x00, 0x00, 0x57, 0x45, 0x42, 0x50, 0x56, 0x50, 0x38,
    0x58, 0x0a, 0x00, 0x00, 0x00, 0x08, 0x00, 0x00, 0x00, 0x01, 0x00, 0x00, 0x00, 0x00, 0x00,
    0x56, 0x50, 0x38, 0x4c, 0x11, 0x00, 0x00, 0x00, 0x2f, 0x01, 0x00, 0x00, 0x00, 0x0f, 0x10,
    0xf3, 0xbf, 0xff, 0xf3, 0x1f, 0x0e, 0x32, 0xa2, 0xff, 0x01, 0x00, 0x45, 0x58, 0x49, 0x46,
    0x1a, 0x00, 0x00, 0x00, 0x4d, 0x4d, 0x00, 0x2a, 0x00, 0x00, 0x00, 0x08, 0x00, 0x01, 0x01,
    0x12, 0x00, 0x03, 0x00, 0x00, 0x00, 0x01, 0x00, 0x06, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00,
};

static void test_webp_is_turned(void)
{
    static const char MARKER[6] = "Exif\0";
    g_autoptr(GByteArray) marked = g_byte_array_new();
    const guint exif = 56, from = exif + 8; // where that piece and its bytes begin

    g_byte_array_append(marked, WEBP, sizeof(WEBP));
    g_assert_cmpmem(marked->data + exif, 4, "EXIF", 4);
    g_byte_array_set_size(marked, sizeof(WEBP) + sizeof(MARKER));
    memcpy(marked->data + from, MARKER, sizeof(MARKER));
    memcpy(marked->data + from + sizeof(MARKER), WEBP + from, sizeof(WEBP) - from);
    marked->data[exif + 4] += sizeof(MARKER);
    marked->data[4] += sizeof(MARKER);

    for (int i = 0; i < 2; i++) {
        g_autoptr(GBytes) file = i == 0 ? g_bytes_new_static(WEBP, sizeof(WEBP))
                                        : g_bytes_new(marked->data, marked->len);
        struct image *image = load_or_skip(file);

        if (image == NULL) {
            return;
        }
        g_assert_cmpint(image->width, ==, 1);
        g_assert_cmpint(image->height, ==, 2);
        g_assert_cmpfloat(image->rgb[0], ==, 1.0f);
        g_assert_cmpfloat(image->rgb[5], ==, 1.0f);
        g_assert_nonnull(image->meta.exif);
        image_free(image);
    }
}

static void test_cut_webp(void)
{
    guint8 bytes[sizeof(WEBP)];

    memcpy(bytes, WEBP, sizeof(WEBP));
    bytes[4] += 100; // it was longer

    g_autoptr(GBytes) file = g_bytes_new_static(bytes, sizeof(bytes));
    struct image *image = load_or_skip(file);

    if (image == NULL) {
        return;
    }
    g_assert_cmpstr(image->meta.note, ==, CODEC_PARTIAL_NOTE);
    image_free(image);
}

// ---- colour profiles ----------------------------------------------------------------------------

static void put_le(GByteArray *to, guint32 value, guint bytes)
{
    const guint32 ordered = GUINT32_TO_LE(value);

    g_byte_array_append(to, (const guint8 *)&ordered, bytes);
}

static GByteArray *array_of(const void *bytes, guint size)
{
    return g_byte_array_append(g_byte_array_new(), bytes, size);
}

// The pixels (200, 120, 60) and (60, 120, 200), packed by Pillow.
static GBytes *webp_in(GBytes *icc)
{
    static const guint8 VP8L[] = {0x56, 0x50, 0x38, 0x4c, 0x14, 0x00, 0x00, 0x00, 0x2f, 0x01,
                                  0x00, 0x00, 0x00, 0x0f, 0x30, 0x78, 0xe7, 0x61, 0x3c, 0x1d,
                                  0xf2, 0xfc, 0x47, 0x0b, 0x32, 0xa2, 0xff, 0x01};
    const guint size = (guint)g_bytes_get_size(icc);
    GByteArray *file = array_of("RIFF....WEBPVP8X", 16);

    put_le(file, 10, 4);
    put_le(file, 0x20, 4); // a profile
    put_le(file, 2 - 1, 3);
    put_le(file, 1 - 1, 3);
    g_byte_array_append(file, (const guint8 *)"ICCP", 4);
    put_le(file, size, 4);
    g_byte_array_append(file, g_bytes_get_data(icc, NULL), size);
    put_le(file, 0, size % 2);
    g_byte_array_append(file, VP8L, sizeof(VP8L));

    const guint32 length = GUINT32_TO_LE(file->len - 8);

    memcpy(file->data + 4, &length, sizeof(length));
    return g_byte_array_free_to_bytes(file);
}

// With the longest header, that of Windows 98.
static GBytes *bmp_in(GBytes *icc)
{
    enum { HEAD = 124, BITS = 24 };
    static const guint8 PIXELS[] = {60, 120, 200, 200, 120, 60, 0, 0};
    const guint size = (guint)g_bytes_get_size(icc);
    GByteArray *file = array_of("BM\0\0\0\0\0\0\0", 10);

    put_le(file, 14 + HEAD, 4);
    put_le(file, HEAD, 4);
    put_le(file, 2, 4);
    put_le(file, 1, 4);
    put_le(file, 1 | BITS << 16, 4);
    g_byte_array_set_size(file, 14 + HEAD);
    memset(file->data + 30, 0, 14 + HEAD - 30);
    memcpy(file->data + 14 + 56, "DEBM", 4);
    g_byte_array_append(file, PIXELS, sizeof(PIXELS));

    const guint32 place = GUINT32_TO_LE(HEAD + sizeof(PIXELS)), length = GUINT32_TO_LE(size);

    memcpy(file->data + 14 + 112, &place, 4);
    memcpy(file->data + 14 + 116, &length, 4);
    g_byte_array_append(file, g_bytes_get_data(icc, NULL), size);
    return g_byte_array_free_to_bytes(file);
}

static GBytes *gif_in(GBytes *icc)
{
    static const guint8 HEAD[] = {'G',  'I', 'F', '8', '9', 'a', 2,  0,    1,   0,
                                  0xf0, 0,   0,   200, 120, 60,  60, 120,  200, 0x21,
                                  0xf9, 4,   0,   0,   0,   0,   0,  0x21, 0xff};
    static const guint8 TAIL[] = {0, 0x2c, 0, 0, 0, 0, 2, 0, 1, 0, 0, 2, 2, 0x44, 0x0a, 0, 0x3b};
    GByteArray *file = array_of(HEAD, sizeof(HEAD));
    gsize size = 0;
    const guint8 *profile = g_bytes_get_data(icc, &size);

    g_byte_array_append(file, (const guint8 *)"\x0bICCRGBG1012", 12);
    for (gsize at = 0; at < size; at += 255) {
        const guint8 piece = (guint8)MIN(255, size - at);

        g_byte_array_append(file, &piece, 1);
        g_byte_array_append(file, profile + at, piece);
    }
    return g_byte_array_free_to_bytes(g_byte_array_append(file, TAIL, sizeof(TAIL)));
}

// Pillow's ImageCms makes (224, 121, 53) and (0, 121, 204) of the pixels, by the Adobe RGB profile
// of Ghostscript.
static void test_profiles(void)
{
    static const double ADOBE_RGB[8] = {0.3127, 0.3290, 0.64, 0.33, 0.21, 0.71, 0.15, 0.06};
    static const int EXPECTED[6] = {224, 121, 53, 0, 121, 204};
    static GBytes *(*const FILES[])(GBytes *) = {bmp_in, gif_in, webp_in};
    g_autoptr(GBytes) icc = color_profile_from_primaries(ADOBE_RGB, 563.0 / 256);

    for (size_t i = 0; i < G_N_ELEMENTS(FILES); i++) {
        g_autoptr(GBytes) file = FILES[i](icc);
        struct image *image = load_or_skip(file);

        if (image == NULL) {
            return;
        }
        for (int n = 0; n < 6; n++) {
            g_assert_cmpint(abs((int)image_quantize(image->rgb[n], 255.0f) - EXPECTED[n]), <=, 1);
        }
        g_assert_true(image->meta.icc != NULL && g_bytes_equal(image->meta.icc, icc));
        image_free(image);
    }
}

// A file that ends within its profile is as one without.
static void test_cut_profiles(void)
{
    g_autoptr(GBytes) icc = g_bytes_new_static("0123456789abcdef", 16);

    for (int i = 0; i < 3; i++) {
        g_autoptr(GBytes) bytes = i == 0 ? bmp_in(icc) : i == 1 ? gif_in(icc) : webp_in(icc);
        const gsize whole = g_bytes_get_size(bytes);

        for (gsize size = 1; size <= whole; size++) {
            g_autofree guint8 *part = g_memdup2(g_bytes_get_data(bytes, NULL), size);
            g_autoptr(GBytes) file = g_bytes_new_static(part, size);
            g_autoptr(GBytes) found = pixbuf_profile(file);

            g_assert_true(found == NULL || g_bytes_equal(found, icc));
            g_assert_true(found != NULL || size < whole);
        }
    }
}

// ---- animated WebP ------------------------------------------------------------------------------

enum { ANIM_W = 6, ANIM_H = 3, ANIM_X = 2, ANIM_Y = 2, PIXELS = 25 }; // of WEBP, its piece VP8L

static void put_frame(GByteArray *to, guint x, guint y)
{
    g_byte_array_append(to, (const guint8 *)"ANMF", 4);
    put_le(to, 16 + PIXELS + 1, 4);
    put_le(to, x / 2, 3);
    put_le(to, y / 2, 3);
    put_le(to, 2 - 1, 3); // WEBP's size
    put_le(to, 1 - 1, 3);
    put_le(to, 100, 4);
    g_byte_array_append(to, WEBP + 30, PIXELS + 1);
}

// Two frames with the pixels of WEBP in a larger picture.
static GByteArray *animation(guint x, guint y)
{
    GByteArray *to = g_byte_array_new();

    g_byte_array_append(to, (const guint8 *)"RIFF....WEBPVP8X", 16);
    put_le(to, 10, 4);
    put_le(to, 0x12, 4); // animation, alpha
    put_le(to, ANIM_W - 1, 3);
    put_le(to, ANIM_H - 1, 3);
    g_byte_array_append(to, (const guint8 *)"ANIM", 4);
    put_le(to, 6, 4);
    put_le(to, 0, 6 - 4);
    put_le(to, 0, 4);
    put_frame(to, x, y);
    put_frame(to, 0, 0);

    const guint32 length = GUINT32_TO_LE(to->len - 8);

    memcpy(to->data + 4, &length, sizeof(length));
    return to;
}

// Of an animation the first frame is shown where it lies, also where the others are damaged or not
// there. A warning of the loader would end the test.
static void test_animated_webp(void)
{
    enum { WHOLE, CUT, LENGTH, PIXEL, CASES }; // what is wrong, with the second frame

    for (int i = 0; i < CASES; i++) {
        g_autoptr(GByteArray) bytes = animation(ANIM_X, ANIM_Y);

        bytes->data[4] += i == LENGTH ? 100 : 0;
        bytes->data[bytes->len - PIXELS + 20] ^= i == PIXEL ? 0xff : 0;

        g_autoptr(GBytes) file = g_bytes_new(bytes->data, bytes->len - (i == CUT ? 10 : 0));
        struct image *image = load_or_skip(file);

        if (image == NULL) {
            return;
        }
        g_assert_cmpint(image->width, ==, ANIM_W);
        g_assert_cmpint(image->height, ==, ANIM_H);
        for (int n = 0; n < ANIM_W * ANIM_H; n++) {
            const bool red = n == ANIM_Y * ANIM_W + ANIM_X,
                       blue = n == ANIM_Y * ANIM_W + ANIM_X + 1;

            g_assert_cmpfloat(image->alpha[n], ==, red || blue ? 1.0f : 0.0f);
            g_assert_cmpfloat(image->rgb[3 * n], ==, red ? 1.0f : 0.0f);
            g_assert_cmpfloat(image->rgb[3 * n + 2], ==, blue ? 1.0f : 0.0f);
        }
        g_assert_nonnull(strstr(image->meta.note, CODEC_FIRST_NOTE));
        g_assert_true((strstr(image->meta.note, CODEC_PARTIAL_NOTE) != NULL) ==
                      (i == CUT || i == LENGTH));
        image_free(image);
    }
}

// Without a first frame there is one sentence, and no warning of the loader: wherever the file ends
// before that frame's pixels, where these are damaged, and where they lie outside the picture.
static void test_no_frame_in_webp(void)
{
    enum { ANMF = 44, X = ANMF + 8, DATA = X + 16 + 8, SHORTEST = 20, CASES = 2 };

    for (guint i = SHORTEST; i <= DATA + CASES; i++) {
        g_autoptr(GByteArray) bytes = animation(0, 0);
        g_autoptr(GError) error = NULL;

        g_assert_cmpmem(bytes->data + ANMF, 4, "ANMF", 4);
        memset(bytes->data + DATA, 0xff, i == DATA + 1 ? 8 : 0);
        bytes->data[X] = i == DATA + 2 ? ANIM_W / 2 : 0;

        g_autoptr(GBytes) file = g_bytes_new(bytes->data, i <= DATA ? i : bytes->len);

        g_assert_null(image_load_bytes(file, NULL, &error));
        if (is_missing(error)) {
            g_test_skip(error->message);
            return;
        }
        g_assert_error(error, TINCTURE_ERROR, TINCTURE_ERROR_FILE);
        g_assert_null(strchr(error->message, '\n'));
        g_test_message("%u bytes: %s", i, error->message);
    }
}

// In a process of its own, which begins without loaders.
static void test_missing_loader(void)
{
    static const char HEAD[21] = "RIFF....WEBPVP8 ";

    if (!g_test_subprocess()) {
        g_setenv("GDK_PIXBUF_MODULE_FILE", "/dev/null", TRUE);
        g_test_trap_subprocess(NULL, 0, 0);
        g_unsetenv("GDK_PIXBUF_MODULE_FILE");
        g_test_trap_assert_passed();
        return;
    }
    g_autoptr(GBytes) file = g_bytes_new_static(HEAD, sizeof(HEAD));
    g_autoptr(GError) error = NULL;

    g_assert_null(image_load_bytes(file, NULL, &error));
    g_assert_true(is_missing(error));
    g_assert_nonnull(strstr(error->message, "webp-pixbuf-loader"));
    g_assert_null(strstr(error->message, "cut short"));
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
    static const char *const HEADS[] = {
        "GIF89a", "BM", "II*", "RIFF....WEBPVP8 ", "....ftypavif....", "....ftypheic...."};

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
    g_test_add_func("/pixbuf/bitmap-offset", test_bitmap_offset);
    g_test_add_func("/pixbuf/cut-rows", test_cut_rows);
    g_test_add_func("/pixbuf/cut-bitmap", test_cut_bitmap);
    g_test_add_func("/pixbuf/cut-webp", test_cut_webp);
    g_test_add_func("/pixbuf/profiles", test_profiles);
    g_test_add_func("/pixbuf/cut-profiles", test_cut_profiles);
    g_test_add_func("/pixbuf/animated-webp", test_animated_webp);
    g_test_add_func("/pixbuf/no-frame-in-webp", test_no_frame_in_webp);
    g_test_add_func("/pixbuf/several-pictures", test_several_pictures);
    g_test_add_func("/pixbuf/turned-tiff-keeps-profile", test_turned_tiff_keeps_profile);
    g_test_add_func("/pixbuf/webp-is-turned", test_webp_is_turned);
    g_test_add_func("/pixbuf/missing-loader", test_missing_loader);
    g_test_add_func("/pixbuf/cut-short", test_cut_short);
    g_test_add_func("/pixbuf/huge-header", test_huge_header);
    g_test_add_func("/pixbuf/only-first-bytes", test_only_first_bytes);
    return g_test_run();
}
