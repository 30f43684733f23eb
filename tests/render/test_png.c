// What is special to PNG: the kinds of pixels it may hold, and bombs.
#include "compute/error.h"
#include "render/codec.h"
#include "render/color.h"
#include "render/file.h"
#include "render/raw_profile.h"
#include "tests/render/pictures.h"

#include <lcms2.h>
#include <png.h>
#include <string.h>
#include <sys/resource.h>
#include <zlib.h>

// ---- a PNG file put together by hand ------------------------------------------------------------

static void put_u32(GByteArray *file, guint32 value)
{
    guint32 big_endian = GUINT32_TO_BE(value);

    g_byte_array_append(file, (const guint8 *)&big_endian, 4);
}

static void put_chunk(GByteArray *file, const char *type, const void *data, gsize size)
{
    uLong crc = crc32(crc32(0, (const Bytef *)type, 4), data, (uInt)size);

    put_u32(file, (guint32)size);
    g_byte_array_append(file, (const guint8 *)type, 4);
    g_byte_array_append(file, data, (guint)size);
    put_u32(file, (guint32)(size > 0 ? crc : crc32(0, (const Bytef *)type, 4)));
}

static GByteArray *begin(guint32 width, guint32 height, int depth, int color_type)
{
    GByteArray *file = g_byte_array_new();
    guint32 size[2] = {GUINT32_TO_BE(width), GUINT32_TO_BE(height)};
    guint8 header[13] = {0};

    memcpy(header, size, 8);
    header[8] = (guint8)depth;
    header[9] = (guint8)color_type;
    g_byte_array_append(file, (const guint8 *)"\x89PNG\r\n\x1a\n", 8);
    put_chunk(file, "IHDR", header, sizeof(header));
    return file;
}

// Data as a zlib stream; prefix stays as it is.
static GByteArray *packed(const void *prefix, gsize prefix_size, const void *data, gsize size)
{
    GByteArray *out = g_byte_array_new();
    uLongf length = compressBound(size);
    g_autofree guint8 *stream = g_malloc(length);

    g_assert_cmpint(compress2(stream, &length, data, size, 9), ==, Z_OK);
    g_byte_array_append(out, prefix, (guint)prefix_size);
    g_byte_array_append(out, stream, (guint)length);
    return out;
}

static GBytes *finish(GByteArray *file, const void *rows, gsize size)
{
    g_autoptr(GByteArray) data = packed("", 0, rows, size);

    put_chunk(file, "IDAT", data->data, data->len);
    put_chunk(file, "IEND", "", 0);
    return g_byte_array_free_to_bytes(file);
}

static struct image *load(GBytes *file)
{
    g_autoptr(GError) error = NULL;
    struct image *image = image_load_bytes(file, NULL, &error);

    g_assert_no_error(error);
    return image;
}

static void assert_rgb(const struct image *image, int pixel, int red, int green, int blue)
{
    g_assert_cmpuint(image_quantize(image->rgb[3 * pixel], 255.0f), ==, red);
    g_assert_cmpuint(image_quantize(image->rgb[3 * pixel + 1], 255.0f), ==, green);
    g_assert_cmpuint(image_quantize(image->rgb[3 * pixel + 2], 255.0f), ==, blue);
}

static void test_one_bit_gray(void)
{
    static const guint8 ROWS[] = {0, 0x50}; // filter none; 0 1 0 1
    g_autoptr(GBytes) file = finish(begin(4, 1, 1, PNG_COLOR_TYPE_GRAY), ROWS, sizeof(ROWS));
    struct image *image = load(file);

    assert_rgb(image, 0, 0, 0, 0);
    assert_rgb(image, 1, 255, 255, 255);
    assert_rgb(image, 3, 255, 255, 255);
    image_free(image);
}

static void test_palette_with_transparency(void)
{
    static const guint8 PALETTE[] = {255, 0, 0, 0, 0, 255}, ALPHA[] = {0, 128}, ROWS[] = {0, 0, 1};
    GByteArray *parts = begin(2, 1, 8, PNG_COLOR_TYPE_PALETTE);

    put_chunk(parts, "PLTE", PALETTE, sizeof(PALETTE));
    put_chunk(parts, "tRNS", ALPHA, sizeof(ALPHA));

    g_autoptr(GBytes) file = finish(parts, ROWS, sizeof(ROWS));
    struct image *image = load(file);

    assert_rgb(image, 0, 255, 0, 0);
    assert_rgb(image, 1, 0, 0, 255);
    g_assert_cmpfloat(image->alpha[0], ==, 0.0f);
    g_assert_cmpfloat(image->alpha[1], ==, 128.0f / 255.0f);
    image_free(image);
}

static void test_deep_gray_alpha(void)
{
    static const guint8 ROWS[] = {0, 0x12, 0x34, 0xff, 0xff};
    g_autoptr(GBytes) file = finish(begin(1, 1, 16, PNG_COLOR_TYPE_GRAY_ALPHA), ROWS, sizeof(ROWS));
    struct image *image = load(file);

    g_assert_cmpfloat(image->rgb[1], ==, 0x1234 / 65535.0f);
    g_assert_cmpfloat(image->alpha[0], ==, 1.0f);
    g_assert_cmpint(image->meta.bits, ==, 16);
    image_free(image);
}

static void append_bytes(png_structp png, png_bytep bytes, size_t count)
{
    g_byte_array_append(png_get_io_ptr(png), bytes, (guint)count);
}

enum { WIDTH = 37, HEIGHT = 23 };

static GBytes *write_png(const struct image *photo, int interlace)
{
    GByteArray *bytes = g_byte_array_new();
    png_structp png = png_create_write_struct(PNG_LIBPNG_VER_STRING, NULL, NULL, NULL);
    png_infop info = png_create_info_struct(png);
    png_byte pixels[HEIGHT][WIDTH * 3];
    png_bytep rows[HEIGHT];

    for (int y = 0; y < HEIGHT; y++) {
        rows[y] = pixels[y];
        for (int i = 0; i < WIDTH * 3; i++) {
            pixels[y][i] = (png_byte)image_quantize(photo->rgb[y * WIDTH * 3 + i], 255.0f);
        }
    }
    png_set_write_fn(png, bytes, append_bytes, NULL);
    png_set_IHDR(png, info, WIDTH, HEIGHT, 8, PNG_COLOR_TYPE_RGB, interlace,
                 PNG_COMPRESSION_TYPE_BASE, PNG_FILTER_TYPE_BASE);
    png_set_rows(png, info, rows);
    png_write_png(png, info, PNG_TRANSFORM_IDENTITY, NULL);
    png_destroy_write_struct(&png, &info);
    return g_byte_array_free_to_bytes(bytes);
}

static void test_interlaced(void)
{
    struct image *photo = picture_photo(WIDTH, HEIGHT, 8, 2);
    g_autoptr(GBytes) file = write_png(photo, PNG_INTERLACE_ADAM7);
    struct image *back = load(file);

    picture_assert_same(photo, back);
    image_free(photo);
    image_free(back);
}

static void test_huge_header(void)
{
    static const guint32 SIZES[][2] = {
        {60000, 60000}, {32769, 1}, {32768, 32768}, {1, 0x7fffffff}, {0, 5}};
    static const guint8 ROWS[] = {0, 0, 0};

    for (size_t i = 0; i < G_N_ELEMENTS(SIZES); i++) {
        g_autoptr(GBytes) file =
            finish(begin(SIZES[i][0], SIZES[i][1], 8, PNG_COLOR_TYPE_RGB), ROWS, sizeof(ROWS));
        g_autoptr(GError) error = NULL;

        g_assert_null(image_load_bytes(file, NULL, &error));
        g_assert_cmpuint(error->domain, ==, TINCTURE_ERROR);
        g_test_message("%s", error->message);
    }
}

// A profile that claims, and unpacks to, 64 MB: the picture is read, the profile is not.
static void test_huge_profile(void)
{
    static const guint8 ROWS[] = {0, 10, 20, 30};
    const guint32 size = 64 << 20, big_endian = GUINT32_TO_BE(size);
    g_autoptr(GBytes) srgb = color_srgb_profile();
    g_autofree guint8 *profile = g_malloc0(size);

    memcpy(profile, g_bytes_get_data(srgb, NULL), g_bytes_get_size(srgb));
    memcpy(profile, &big_endian, 4);

    g_autoptr(GByteArray) chunk = packed("bomb\0", 6, profile, size);
    GByteArray *parts = begin(1, 1, 8, PNG_COLOR_TYPE_RGB);

    put_chunk(parts, "iCCP", chunk->data, chunk->len);

    g_autoptr(GBytes) file = finish(parts, ROWS, sizeof(ROWS));
    struct image *image = load(file);

    assert_rgb(image, 0, 10, 20, 30);
    g_assert_null(image->meta.icc);
    g_assert_nonnull(image->meta.note);
    image_free(image);
}

static GBytes *saved(cmsHPROFILE profile)
{
    cmsUInt32Number size = 0;

    g_assert_true(cmsSaveProfileToMem(profile, NULL, &size));

    void *data = g_malloc(size);

    g_assert_true(cmsSaveProfileToMem(profile, data, &size));
    return g_bytes_new_take(data, size);
}

// Of another kind than the pixels: for colours, the picture is gray; for gray, for Lab, the picture
// has colours; and no profile at all. Little CMS has gray in Adobe RGB as (128, 128, 128).
static void test_other_profiles(void)
{
    static const guint8 GRAY[] = {0, 127}, COLORS[] = {0, 200, 120, 60};
    static const char *const NOTES[] = {
        NULL, "the colour profile is for gray pictures and was ignored",
        "the colour profile is not for RGB or gray pictures and was ignored",
        "the colour profile is damaged and was ignored"};
    cmsToneCurve *curve = cmsBuildGamma(NULL, 1.8);
    const cmsCIExyY white = {0.3457, 0.3585, 1.0};
    cmsHPROFILE gray = cmsCreateGrayProfile(&white, curve), lab = cmsCreateLab4Profile(NULL);
    GBytes *profiles[4] = {color_adobe_rgb_profile(), saved(gray), saved(lab),
                           g_bytes_new_static("none", 4)};

    for (int i = 0; i < 4; i++) {
        gsize size = 0;
        const void *profile = g_bytes_get_data(profiles[i], &size);
        g_autoptr(GByteArray) chunk = packed("name\0", 6, profile, size);
        GByteArray *parts = begin(1, 1, 8, i == 0 ? PNG_COLOR_TYPE_GRAY : PNG_COLOR_TYPE_RGB);

        put_chunk(parts, "iCCP", chunk->data, chunk->len);

        g_autoptr(GBytes) file = finish(parts, i == 0 ? GRAY : COLORS, i == 0 ? 2 : 4);
        struct image *image = load(file);

        assert_rgb(image, 0, i == 0 ? 128 : 200, i == 0 ? 128 : 120, i == 0 ? 128 : 60);
        g_assert_cmpstr(image->meta.note, ==, NOTES[i]);
        g_assert_true((image->meta.icc != NULL) == (i == 0));
        image_free(image);
        g_bytes_unref(profiles[i]);
    }
    cmsCloseProfile(gray);
    cmsCloseProfile(lab);
    cmsFreeToneCurve(curve);
}

// gAMA alone: linear light is converted, sRGB's rounded exponent is left as it is.
static void test_gamma(void)
{
    static const guint8 ROWS[] = {0, 128, 128, 128};
    static const guint32 GAMMAS[] = {100000, 45455};
    static const int EXPECTED[] = {188, 128};

    for (size_t i = 0; i < G_N_ELEMENTS(GAMMAS); i++) {
        guint32 big_endian = GUINT32_TO_BE(GAMMAS[i]);
        GByteArray *parts = begin(1, 1, 8, PNG_COLOR_TYPE_RGB);

        put_chunk(parts, "gAMA", &big_endian, 4);

        g_autoptr(GBytes) file = finish(parts, ROWS, sizeof(ROWS));
        struct image *image = load(file);

        assert_rgb(image, 0, EXPECTED[i], EXPECTED[i], EXPECTED[i]);
        image_free(image);
    }
}

// A colour of P3, by the matrices of CSS Color 4; sRGB as
// it stands, whatever gAMA says; and light beyond white, of which there is a note.
static void test_code(void)
{
    static const guint8 ROWS[] = {0, 100, 150, 200};
    static const guint8 CODES[][4] = {{12, 13, 0, 1}, {1, 13, 0, 1}, {9, 16, 0, 1}, {12, 13, 0, 0}};
    static const int EXPECTED[][3] = {
        {83, 152, 205}, {100, 150, 200}, {100, 150, 200}, {100, 150, 200}};
    const guint32 linear = GUINT32_TO_BE(100000), srgb = GUINT32_TO_BE(45455);

    for (size_t i = 0; i < G_N_ELEMENTS(CODES); i++) {
        GByteArray *parts = begin(1, 1, 8, PNG_COLOR_TYPE_RGB);

        put_chunk(parts, "cICP", CODES[i], 4);
        put_chunk(parts, "gAMA", i < 2 ? &linear : &srgb, 4);

        g_autoptr(GBytes) file = finish(parts, ROWS, sizeof(ROWS));
        struct image *image = load(file);

        assert_rgb(image, 0, EXPECTED[i][0], EXPECTED[i][1], EXPECTED[i][2]);
        g_assert_true((image->meta.note != NULL) == (i >= 2));
        g_assert_true((image->meta.icc != NULL) == (i == 0));
        image_free(image);
    }
}

// An animated picture is shown as those programs show it that know of none; one frame is none.
static void test_frames(void)
{
    static const guint8 ROWS[] = {0, 10, 20, 30};

    for (guint8 frames = 1; frames <= 2; frames++) {
        const guint8 control[8] = {0, 0, 0, frames};
        GByteArray *parts = begin(1, 1, 8, PNG_COLOR_TYPE_RGB);

        put_chunk(parts, "acTL", control, sizeof(control));

        g_autoptr(GBytes) file = finish(parts, ROWS, sizeof(ROWS));
        struct image *image = load(file);

        assert_rgb(image, 0, 10, 20, 30);
        g_assert_cmpstr(image->meta.note, ==, frames > 1 ? CODEC_FIRST_NOTE : NULL);
        image_free(image);
    }
}

static void test_text_bomb(void)
{
    static const guint8 ROWS[] = {0, 10, 20, 30};
    g_autofree guint8 *text = g_malloc(64 << 20);

    memset(text, 'x', 64 << 20);

    g_autoptr(GByteArray) chunk = packed("parameters\0", 12, text, 64 << 20);
    GByteArray *parts = begin(1, 1, 8, PNG_COLOR_TYPE_RGB);

    put_chunk(parts, "zTXt", chunk->data, chunk->len);

    g_autoptr(GBytes) file = finish(parts, ROWS, sizeof(ROWS));
    struct image *image = load(file);

    assert_rgb(image, 0, 10, 20, 30);
    g_assert_null(image->meta.recipe);
    image_free(image);
}

static void test_recipe_after_pixels(void)
{
    static const guint8 ROWS[] = {0, 10, 20, 30};
    static const char TEXT[] = "parameters\0a dog";
    GByteArray *parts = begin(1, 1, 8, PNG_COLOR_TYPE_RGB);
    g_autoptr(GByteArray) data = packed("", 0, ROWS, sizeof(ROWS));

    put_chunk(parts, "IDAT", data->data, data->len);
    put_chunk(parts, "tEXt", TEXT, sizeof(TEXT) - 1);
    put_chunk(parts, "IEND", "", 0);

    g_autoptr(GBytes) file = g_byte_array_free_to_bytes(parts);
    struct image *image = load(file);

    g_assert_cmpstr(image->meta.recipe, ==, "a dog");
    image_free(image);
}

// Two pixels beside each other, with EXIF as text, which is turned, and where with_chunk also in
// the chunk, which is not.
static GBytes *with_exif_text(const char *key, const char *marker, gsize marker_size,
                              bool with_chunk)
{
    static const guint8 ROWS[] = {0, 10, 20, 30, 40, 50, 60};
    g_autoptr(GBytes) turned = picture_exif(6, false), upright = picture_exif(1, false);
    g_autoptr(GByteArray) marked = g_byte_array_new();
    GByteArray *parts = begin(2, 1, 8, PNG_COLOR_TYPE_RGB);

    g_byte_array_append(marked, (const guint8 *)marker, (guint)marker_size);
    g_byte_array_append(marked, g_bytes_get_data(turned, NULL), (guint)g_bytes_get_size(turned));

    g_autoptr(GBytes) profile = g_bytes_new(marked->data, marked->len);
    g_autofree char *text = raw_profile_write("exif", profile);
    g_autofree char *keyword = g_strconcat("Raw profile type ", key, NULL);
    const gsize head = strlen(keyword) + 2; // its end, and the way of packing, which is 0
    g_autofree char *prefix = g_malloc0(head);

    memcpy(prefix, keyword, strlen(keyword));

    g_autoptr(GByteArray) chunk = packed(prefix, head, text, strlen(text));

    put_chunk(parts, "zTXt", chunk->data, chunk->len);
    if (with_chunk) {
        put_chunk(parts, "eXIf", g_bytes_get_data(upright, NULL), g_bytes_get_size(upright));
    }
    return finish(parts, ROWS, sizeof(ROWS));
}

static void test_exif_as_text(void)
{
    g_autoptr(GBytes) text = with_exif_text("exif", "Exif\0", 6, false);
    g_autoptr(GBytes) app1 = with_exif_text("APP1", "Exif\0", 6, false);
    g_autoptr(GBytes) bare = with_exif_text("exif", "", 0, false);
    GBytes *const turned[] = {text, app1, bare};
    g_autoptr(GBytes) block = picture_exif(6, false);

    for (size_t i = 0; i < G_N_ELEMENTS(turned); i++) {
        struct image *image = load(turned[i]);

        g_assert_cmpint(image->width, ==, 1);
        assert_rgb(image, 1, 40, 50, 60);
        g_assert_true(g_bytes_equal(image->meta.exif, block));
        image_free(image);
    }

    g_autoptr(GBytes) both = with_exif_text("exif", "Exif\0", 6, true);
    g_autoptr(GBytes) other = with_exif_text("exif", "Else\0", 6, false);
    struct image *upright = load(both), *plain = load(other);

    g_assert_cmpint(upright->width, ==, 2);
    g_assert_cmpint(plain->width, ==, 2);
    g_assert_null(plain->meta.exif);
    image_free(upright);
    image_free(plain);
}

// Some writers put into the chunk what stands in a JPEG's marker; what is no EXIF at all is none.
static void test_exif_as_in_jpeg(void)
{
    static const guint8 ROWS[] = {0, 10, 20, 30, 40, 50, 60};
    static const char *const BEGIN[] = {"Exif\0", "Else\0"};
    g_autoptr(GBytes) block = picture_exif(6, false);

    for (size_t i = 0; i < G_N_ELEMENTS(BEGIN); i++) {
        GByteArray *parts = begin(2, 1, 8, PNG_COLOR_TYPE_RGB);
        g_autoptr(GByteArray) chunk = g_byte_array_new();

        g_byte_array_append(chunk, (const guint8 *)BEGIN[i], 6);
        g_byte_array_append(chunk, g_bytes_get_data(block, NULL), (guint)g_bytes_get_size(block));
        put_chunk(parts, "eXIf", chunk->data, chunk->len);

        g_autoptr(GBytes) file = finish(parts, ROWS, sizeof(ROWS));
        struct image *image = load(file);

        g_assert_cmpint(image->width, ==, i == 0 ? 1 : 2);
        g_assert_true(i == 0 ? g_bytes_equal(image->meta.exif, block) : image->meta.exif == NULL);
        image_free(image);
    }
}

// The format allows one chunk of it, and it stands before the picture.
static void test_exif_once(void)
{
    g_autoptr(GBytes) text = with_exif_text("exif", "Exif\0", 6, true);
    g_autoptr(GError) error = NULL;
    const struct image_save_params params = {.format = "png", .keep_metadata = true};
    struct image *image = load(text);
    g_autoptr(GBytes) file = image_encode(image, &params, &error);
    g_assert_no_error(error);
    gsize size;
    guint8 *data = (guint8 *)g_bytes_get_data(file, &size);
    guint8 *exif = bytes_find(data, size, "eXIf", 4), *rows = bytes_find(data, size, "IDAT", 4);
    g_assert_true(exif != NULL && exif < rows);
    g_assert_null(bytes_find(rows, (gsize)(data + size - rows), "eXIf", 4));
    image_free(image);
}

// ---- damage -------------------------------------------------------------------------------------

static struct image *load_damaged(GBytes *file)
{
    struct image *image = load(file);

    g_assert_nonnull(image->meta.note);
    g_assert_nonnull(strstr(image->meta.note, "cut short"));
    return image;
}

// All pixels are there: the end is missing, or stands in the middle of a text, or has something
// behind it that is none of the picture's.
static void test_without_end(void)
{
    struct image *photo = picture_photo(WIDTH, HEIGHT, 8, 2);
    g_autoptr(GBytes) file = write_png(photo, PNG_INTERLACE_NONE);
    const gsize size = g_bytes_get_size(file);
    g_autoptr(GBytes) cut = g_bytes_new_from_bytes(file, 0, size - 12);
    g_autoptr(GByteArray) text = g_byte_array_new(), behind = g_byte_array_new();

    g_byte_array_append(text, g_bytes_get_data(file, NULL), (guint)size - 12);
    put_u32(text, 700 << 20);
    g_byte_array_append(text, (const guint8 *)"tEXtparameters\0a dog", 20);
    g_byte_array_append(behind, g_bytes_get_data(file, NULL), (guint)size);
    g_byte_array_append(behind, (const guint8 *)"\xff\xff\xff\xffjunkjunkjunk", 16);

    g_autoptr(GBytes) with_text = g_bytes_new(text->data, text->len);
    g_autoptr(GBytes) with_junk = g_bytes_new(behind->data, behind->len);
    struct image *first = load_damaged(cut), *second = load_damaged(with_text);
    struct image *third = load(with_junk);

    picture_assert_same(first, photo);
    picture_assert_same(second, photo);
    picture_assert_same(third, photo);
    g_assert_null(third->meta.note);
    image_free(photo);
    image_free(first);
    image_free(second);
    image_free(third);
}

// The rows before the cut are the photo's, those behind it black.
static void test_cut_in_the_pixels(void)
{
    struct image *photo = picture_photo(WIDTH, HEIGHT, 8, 2);
    g_autoptr(GBytes) file = write_png(photo, PNG_INTERLACE_NONE);
    g_autoptr(GBytes) half = g_bytes_new_from_bytes(file, 0, g_bytes_get_size(file) / 2);
    struct image *image = load_damaged(half);
    const size_t row = 3 * WIDTH;
    int y = 0;

    while (y < HEIGHT && memcmp(image->rgb + y * row, photo->rgb + y * row, 4 * row) == 0) {
        y++;
    }
    g_assert_cmpint(y, >, HEIGHT / 3);
    g_assert_cmpint(y, <, HEIGHT * 2 / 3);
    for (size_t i = y * row; i < HEIGHT * row; i++) {
        g_assert_cmpfloat(image->rgb[i], ==, 0.0f);
    }
    image_free(photo);
    image_free(image);
}

// Of an interlaced file the whole picture is there early, in blocks.
static void test_cut_interlaced(void)
{
    struct image *photo = picture_flat(WIDTH, HEIGHT, 0.2f, 0.4f, 0.6f);
    photo->rgb[0] = 1.0f; // the file is not all one colour

    g_autoptr(GBytes) file = write_png(photo, PNG_INTERLACE_ADAM7);
    const gsize size = g_bytes_get_size(file);
    int opened = 0;

    for (gsize cut = 0; cut < size - 12; cut++) {
        g_autoptr(GBytes) part = g_bytes_new_from_bytes(file, 0, cut);
        struct image *image = image_load_bytes(part, NULL, NULL);

        if (image != NULL) {
            g_assert_nonnull(image->meta.note);
            assert_rgb(image, WIDTH * HEIGHT - 1, 51, 102, 153);
            opened++;
        }
        image_free(image);
    }
    g_assert_cmpint(opened, >, 0);
    image_free(photo);
}

// The sum at the end of the pixels is wrong, and they are not.
static void test_wrong_sum(void)
{
    struct image *photo = picture_photo(WIDTH, HEIGHT, 8, 2);
    g_autoptr(GBytes) file = write_png(photo, PNG_INTERLACE_NONE);
    const gsize size = g_bytes_get_size(file);
    guint8 *bytes = g_memdup2(g_bytes_get_data(file, NULL), size);

    bytes[size - 12 - 1] ^= 1;

    g_autoptr(GBytes) damaged = g_bytes_new_take(bytes, size);
    struct image *image = load_damaged(damaged);

    picture_assert_same(image, photo);
    image_free(photo);
    image_free(image);
}

static long peak_kb(void)
{
    struct rusage usage;

    g_assert_cmpint(getrusage(RUSAGE_SELF, &usage), ==, 0);
    return usage.ru_maxrss;
}

// A chunk that says it is longer than the file, before the pixels and after them: the file ends
// there, without the memory that the chunk speaks of.
static void test_long_chunk(void)
{
    static const guint8 ROWS[] = {0, 10, 20, 30};
    g_autoptr(GByteArray) data = packed("", 0, ROWS, sizeof(ROWS));

    for (int behind = 0; behind <= 1; behind++) {
        GByteArray *parts = begin(1, 1, 8, PNG_COLOR_TYPE_RGB);

        if (behind) {
            put_chunk(parts, "IDAT", data->data, data->len);
        }
        put_u32(parts, 700 << 20);
        g_byte_array_append(parts, (const guint8 *)"tEXtparameters\0a dog", 20);
        if (!behind) {
            put_chunk(parts, "IDAT", data->data, data->len);
        }
        put_chunk(parts, "IEND", "", 0);

        g_autoptr(GBytes) file = g_byte_array_free_to_bytes(parts);
        g_autoptr(GError) error = NULL;
        const long before = peak_kb();

        struct image *image = image_load_bytes(file, NULL, &error);

        g_assert_true((image != NULL) == behind);
        g_assert_true(behind || g_error_matches(error, TINCTURE_ERROR, TINCTURE_ERROR_FILE));
        image_free(image);
        g_assert_cmpint(peak_kb() - before, <, 100 << 10);
    }
}

// ---- in icons -----------------------------------------------------------------------------------

static void put(GByteArray *file, guint32 value, guint bytes)
{
    const guint32 little = GUINT32_TO_LE(value);

    g_byte_array_append(file, (const guint8 *)&little, bytes);
}

// A small and a large picture, at whatever place the file has the larger one. left_out: bytes of
// its end.
static GBytes *icon_of(GBytes *small, GBytes *large, bool large_first, gsize left_out)
{
    GBytes *const parts[] = {large_first ? large : small, large_first ? small : large};
    GByteArray *file = g_byte_array_new();
    guint32 offset = 6 + 2 * 16;

    put(file, 1 << 16, 4);
    put(file, 2, 2);
    for (int i = 0; i < 2; i++) {
        const guint32 size = (guint32)g_bytes_get_size(parts[i]);

        put(file, parts[i] == large ? 0 : 16 << 8 | 16, 4); // 0: 256
        put(file, 32 << 16 | 1, 4);
        put(file, size, 4);
        put(file, offset, 4);
        offset += size;
    }
    for (int i = 0; i < 2; i++) {
        g_byte_array_append(file, g_bytes_get_data(parts[i], NULL),
                            (guint)g_bytes_get_size(parts[i]));
    }
    g_byte_array_set_size(file, file->len - (guint)left_out);
    return g_byte_array_free_to_bytes(file);
}

static void test_in_icon(void)
{
    static const struct image_save_params PARAMS = {.format = "png"};
    struct image *photo = picture_photo(256, 256, 8, 1), *other = picture_photo(16, 16, 8, 2);
    g_autoptr(GBytes) large = image_encode(photo, &PARAMS, NULL);
    g_autoptr(GBytes) small = image_encode(other, &PARAMS, NULL);

    for (int first = 0; first < 2; first++) {
        g_autoptr(GBytes) whole = icon_of(small, large, first, 0);
        g_autoptr(GBytes) cut = icon_of(small, large, first, first ? 0 : 5000);
        struct image *back = image_load_bytes(whole, NULL, NULL);
        struct image *part = image_load_bytes(cut, NULL, NULL);

        g_assert_cmpstr(codec_sniff(whole)->name, ==, "ico");
        picture_assert_same(back, photo);
        g_assert_cmpint(part->height, ==, 256);
        g_assert_cmpstr(back->meta.note, ==, CODEC_LARGEST_NOTE);
        g_assert_true((strstr(part->meta.note, CODEC_PARTIAL_NOTE) != NULL) == (first == 0));
        image_free(back);
        image_free(part);
    }
    image_free(photo);
    image_free(other);
}

// Places and sizes that are not there.
static void test_in_no_icon(void)
{
    static const char PNG[8] = "\x89PNG\r\n\x1a\n";
    g_autoptr(GBytes) head = g_bytes_new_static(PNG, sizeof(PNG));

    for (gsize left_out = 0; left_out < 6 + 2 * 16 + 2 * sizeof(PNG); left_out++) {
        g_autoptr(GBytes) icon = icon_of(head, head, false, left_out);
        g_autoptr(GError) error = NULL;

        g_assert_null(image_load_bytes(icon, NULL, &error));
        g_assert_nonnull(error);
    }
}

// What is not a PNG by the book is not called cut short.
static void test_other_beginnings(void)
{
    static const struct {
        const char *first, *says;
    } CASES[] = {{"CgBI", "iOS"}, {"gAMA", "header"}};

    for (size_t i = 0; i < G_N_ELEMENTS(CASES); i++) {
        GByteArray *file = begin(4, 4, 8, PNG_COLOR_TYPE_RGB);
        g_autoptr(GError) error = NULL;

        memcpy(file->data + 12, CASES[i].first, 4);

        guint8 rows[4 * 13] = {0};
        g_autoptr(GBytes) bytes = finish(file, rows, sizeof(rows));

        g_assert_null(image_load_bytes(bytes, NULL, &error));
        g_assert_nonnull(strstr(error->message, CASES[i].says));
    }
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    // First: the peak of memory counts, and what a later test takes would hide it.
    g_test_add_func("/png/long-chunk", test_long_chunk);
    g_test_add_func("/png/one-bit-gray", test_one_bit_gray);
    g_test_add_func("/png/palette-with-transparency", test_palette_with_transparency);
    g_test_add_func("/png/deep-gray-alpha", test_deep_gray_alpha);
    g_test_add_func("/png/interlaced", test_interlaced);
    g_test_add_func("/png/huge-header", test_huge_header);
    g_test_add_func("/png/other-beginnings", test_other_beginnings);
    g_test_add_func("/png/huge-profile", test_huge_profile);
    g_test_add_func("/png/other-profiles", test_other_profiles);
    g_test_add_func("/png/gamma", test_gamma);
    g_test_add_func("/png/code", test_code);
    g_test_add_func("/png/frames", test_frames);
    g_test_add_func("/png/text-bomb", test_text_bomb);
    g_test_add_func("/png/recipe-after-pixels", test_recipe_after_pixels);
    g_test_add_func("/png/without-end", test_without_end);
    g_test_add_func("/png/cut-in-the-pixels", test_cut_in_the_pixels);
    g_test_add_func("/png/cut-interlaced", test_cut_interlaced);
    g_test_add_func("/png/wrong-sum", test_wrong_sum);
    g_test_add_func("/png/exif-as-text", test_exif_as_text);
    g_test_add_func("/png/exif-as-in-jpeg", test_exif_as_in_jpeg);
    g_test_add_func("/png/exif-once", test_exif_once);
    g_test_add_func("/png/in-icon", test_in_icon);
    g_test_add_func("/png/in-no-icon", test_in_no_icon);
    return g_test_run();
}
