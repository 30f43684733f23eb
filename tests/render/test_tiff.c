// TIFF files written by libtiff: every kind that is read, files that are cut short, and files with
// false values.
#include "compute/error.h"
#include "render/codec.h"
#include "render/color.h"
#include "render/file.h"
#include "tests/render/pictures.h"

#include <glib/gstdio.h>
#include <libexif/exif-data.h>
#include <string.h>

#include <tiffio.h>

enum { WIDTH = 70, HEIGHT = 50 };

struct kind {
    uint16_t bits, channels, photometric, compression, orientation;
    uint16_t tile; // side; 0: strips
    uint16_t extra;
    const char *order; // "wl" or "wb"
    bool floats, apart;
    bool one_strip, predicted;
};

// Of the picture that all files here hold: on the grid of 8, 11 (what a half float has between a
// half and one) or 16 bits.
static uint16_t sample(const struct kind *k, int x, int y, int channel)
{
    const uint32_t value = (uint32_t)(x * 911 + y * 577 + channel * 20011) % 65536;

    return (uint16_t)(k->bits > 16 || (k->bits == 16 && !k->floats) ? value
                      : k->floats                                   ? 1024 + value % 1024
                                                                    : value >> 8);
}

static float value_of(const struct kind *k, int x, int y, int channel)
{
    const float max = k->bits == 8 ? 255.0f : k->bits == 16 && k->floats ? 2048.0f : 65535.0f;

    return sample(k, x, y, channel) / max;
}

static void put_sample(const struct kind *k, uint16_t value, int i, void *to)
{
    if (k->floats) {
        switch (k->bits) {
        case 16: ((uint16_t *)to)[i] = (uint16_t)(14 << 10 | (value - 1024)); break;
        case 32: ((float *)to)[i] = value / 65535.0f; break;
        default: ((double *)to)[i] = value / 65535.0; break;
        }
    } else {
        switch (k->bits) {
        case 8: ((uint8_t *)to)[i] = (uint8_t)value; break;
        case 16: ((uint16_t *)to)[i] = value; break;
        default: ((uint32_t *)to)[i] = value * 65537u; break;
        }
    }
}

// All channels from the first on, or as many as are asked for.
static void fill(const struct kind *k, int x0, int y0, int width, int height, int first, int count,
                 void *to)
{
    for (int y = 0, i = 0; y < height; y++) {
        for (int x = 0; x < width; x++) {
            for (int c = 0; c < count; c++, i++) {
                put_sample(k, sample(k, x0 + x, y0 + y, first + c), i, to);
            }
        }
    }
}

static void write_plane(TIFF *tiff, const struct kind *k, int first, int count)
{
    g_autofree double *block = g_new0(double, 128 * 128 * 8);

    if (k->tile > 0) {
        for (int y = 0; y < HEIGHT; y += k->tile) {
            for (int x = 0; x < WIDTH; x += k->tile) {
                fill(k, x, y, k->tile, k->tile, first, count, block);
                g_assert_cmpint(TIFFWriteTile(tiff, block, x, y, 0, first), >, 0);
            }
        }
        return;
    }
    for (int y = 0; y < HEIGHT; y++) {
        fill(k, 0, y, WIDTH, 1, first, count, block);
        g_assert_cmpint(TIFFWriteScanline(tiff, block, y, first), ==, 1);
    }
}

static void write_pixels(TIFF *tiff, const struct kind *k)
{
    if (!k->apart) {
        write_plane(tiff, k, 0, k->channels);
        return;
    }
    for (int c = 0; c < k->channels; c++) {
        write_plane(tiff, k, c, 1);
    }
}

static GBytes *write_tiff(const struct kind *k, GBytes *icc)
{
    char *folder = folder_create(), *data = NULL;
    g_autofree char *path = g_build_filename(folder, "photo.tif", NULL);
    gsize size = 0;
    TIFF *tiff = TIFFOpen(path, k->order ? k->order : "w");

    g_assert_nonnull(tiff);
    TIFFSetField(tiff, TIFFTAG_IMAGEWIDTH, WIDTH);
    TIFFSetField(tiff, TIFFTAG_IMAGELENGTH, HEIGHT);
    TIFFSetField(tiff, TIFFTAG_BITSPERSAMPLE, k->bits);
    TIFFSetField(tiff, TIFFTAG_SAMPLESPERPIXEL, k->channels);
    TIFFSetField(tiff, TIFFTAG_PHOTOMETRIC, k->photometric);
    TIFFSetField(tiff, TIFFTAG_COMPRESSION, k->compression ? k->compression : COMPRESSION_NONE);
    TIFFSetField(tiff, TIFFTAG_PLANARCONFIG,
                 k->apart ? PLANARCONFIG_SEPARATE : PLANARCONFIG_CONTIG);
    TIFFSetField(tiff, TIFFTAG_SAMPLEFORMAT, k->floats ? SAMPLEFORMAT_IEEEFP : SAMPLEFORMAT_UINT);
    TIFFSetField(tiff, TIFFTAG_ORIENTATION, k->orientation ? k->orientation : 1);
    if (k->channels == 2 || k->channels == 4) {
        TIFFSetField(tiff, TIFFTAG_EXTRASAMPLES, 1, &k->extra);
    }
    if (k->tile > 0) {
        TIFFSetField(tiff, TIFFTAG_TILEWIDTH, k->tile);
        TIFFSetField(tiff, TIFFTAG_TILELENGTH, k->tile);
    } else {
        TIFFSetField(tiff, TIFFTAG_ROWSPERSTRIP, k->one_strip ? HEIGHT : 7); // the last is shorter
    }
    if (icc != NULL) {
        TIFFSetField(tiff, TIFFTAG_ICCPROFILE, (uint32_t)g_bytes_get_size(icc),
                     g_bytes_get_data(icc, NULL));
    }
    if (k->predicted) {
        TIFFSetField(tiff, TIFFTAG_PREDICTOR, PREDICTOR_HORIZONTAL);
    }
    write_pixels(tiff, k);
    TIFFClose(tiff);
    g_assert_true(g_file_get_contents(path, &data, &size, NULL));
    folder_remove(folder);
    return g_bytes_new_take(data, size);
}

// By the definition of each kind.
static float color_of(const struct kind *k, int x, int y, int channel)
{
    const int colors = k->channels < 3 ? 1 : 3;
    const float value = value_of(k, x, y, colors == 1 ? 0 : channel);
    const float alpha = value_of(k, x, y, colors);

    if (k->channels > colors && k->extra == EXTRASAMPLE_ASSOCALPHA) {
        return alpha == 0.0f ? 0.0f : k->floats ? value / alpha : MIN(value / alpha, 1.0f);
    }
    return k->photometric == PHOTOMETRIC_MINISWHITE ? 1.0f - value : value;
}

static void check_pixels(const struct kind *k, const struct image *image)
{
    const int colors = k->channels < 3 ? 1 : 3;

    g_assert_cmpint(image->width, ==, WIDTH);
    g_assert_cmpint(image->height, ==, HEIGHT);
    for (int y = 0, i = 0; y < HEIGHT; y++) {
        for (int x = 0; x < WIDTH; x++, i++) {
            for (int c = 0; c < 3; c++) {
                g_assert_cmpfloat(image->rgb[3 * i + c], ==, color_of(k, x, y, c));
            }
            if (image->alpha != NULL) {
                g_assert_cmpfloat(image->alpha[i], ==, value_of(k, x, y, colors));
            }
        }
    }
}

#define RGB  PHOTOMETRIC_RGB
#define GRAY PHOTOMETRIC_MINISBLACK
#define OWN  EXTRASAMPLE_UNASSALPHA
#define MADE EXTRASAMPLE_ASSOCALPHA

static void test_kinds(void)
{
    static const struct kind KINDS[] = {
        {8, 3, RGB},
        {16, 3, RGB},
        {16, 3, RGB, .order = "wb"},
        {16, 3, RGB, .order = "wl"},
        {16, 3, RGB, COMPRESSION_LZW},
        {16, 3, RGB, COMPRESSION_ADOBE_DEFLATE, .tile = 32},
        {16, 4, RGB, .extra = OWN},
        {8, 4, RGB, COMPRESSION_PACKBITS, .extra = OWN, .tile = 16},
        {16, 4, RGB, .extra = EXTRASAMPLE_UNSPECIFIED},
        {8, 1, GRAY, .tile = 128},
        {16, 1, GRAY, COMPRESSION_LZW},
        {16, 2, GRAY, .extra = OWN},
        {8, 4, RGB, .extra = MADE},
        {16, 4, RGB, COMPRESSION_LZW, .extra = MADE, .order = "wb"},
        {32, 4, RGB, .extra = MADE, .floats = true},
        {16, 2, GRAY, .extra = MADE},
        {32, 3, RGB},
        {32, 1, GRAY, COMPRESSION_ADOBE_DEFLATE, .order = "wb"},
        {16, 3, RGB, .floats = true},
        {16, 3, RGB, .floats = true, .order = "wb", .tile = 16},
        {32, 3, RGB, COMPRESSION_LZW, .floats = true},
        {32, 1, GRAY, .floats = true, .order = "wb"},
        {64, 3, RGB, .floats = true, .tile = 16},
        {16, 3, RGB, .apart = true},
        {8, 4, RGB, COMPRESSION_LZW, .extra = OWN, .apart = true, .tile = 32},
        {16, 1, PHOTOMETRIC_MINISWHITE},
        {16, 6, RGB},
        {16, 6, RGB, COMPRESSION_LZW, .apart = true},
    };

    for (size_t i = 0; i < G_N_ELEMENTS(KINDS); i++) {
        g_autoptr(GBytes) file = write_tiff(&KINDS[i], NULL);
        g_autoptr(GError) error = NULL;
        struct image *image = image_load_bytes(file, NULL, &error);

        g_assert_no_error(error);
        g_assert_cmpint(image->meta.bits, ==, MIN(KINDS[i].bits, 16));
        g_assert_true((image->alpha != NULL) == (KINDS[i].extra == OWN || KINDS[i].extra == MADE));
        check_pixels(&KINDS[i], image);
        image_free(image);
    }
}

static void test_orientation_and_profile(void)
{
    static const struct kind STORED = {16, 3, RGB};
    g_autoptr(GBytes) icc = color_srgb_profile();
    g_autoptr(GBytes) plain = write_tiff(&STORED, icc);
    struct image *stored = image_load_bytes(plain, NULL, NULL);

    for (int orientation = 1; orientation <= 8; orientation++) {
        struct kind turned = STORED;

        turned.orientation = (uint16_t)orientation;

        g_autoptr(GBytes) file = write_tiff(&turned, icc);
        struct image *image = image_load_bytes(file, NULL, NULL);
        struct image *expected = image_orient(stored, orientation, NULL);
        struct image_info info = {0};

        picture_assert_same(image, expected);
        g_assert_true(g_bytes_equal(image->meta.icc, icc));
        g_assert_true(codec_sniff(file)->read_info(file, &info, NULL));
        g_assert_cmpint(info.width, ==, expected->width);
        g_assert_cmpint(info.height, ==, expected->height);
        image_meta_clear(&info.meta);
        image_free(image);
        image_free(expected);
    }
    image_free(stored);
}

// ---- descriptions -------------------------------------------------------------------------------

static void assert_exif(GBytes *block, ExifIfd ifd, ExifTag tag, const char *expected)
{
    g_autoptr(GByteArray) marked = g_byte_array_new();
    char text[64] = "";

    g_assert_nonnull(block);
    g_byte_array_append(marked, (const guint8 *)"Exif\0", 6);
    g_byte_array_append(marked, g_bytes_get_data(block, NULL), (guint)g_bytes_get_size(block));

    ExifData *data = exif_data_new_from_data(marked->data, marked->len);
    ExifEntry *entry = exif_content_get_entry(data->ifd[ifd], tag);

    if (entry != NULL) {
        exif_entry_get_value(entry, text, sizeof(text));
    }
    g_assert_cmpstr(text, ==, expected);
    exif_data_unref(data);
}

// A picture of another program, turned, with a directory of EXIF.
static GBytes *with_exif(const char *order)
{
    static const struct kind KIND = {8, 3, RGB};
    char *folder = folder_create(), *data = NULL;
    g_autofree char *path = g_build_filename(folder, "photo.tif", NULL);
    gsize size = 0;
    uint64_t at = 0;
    TIFF *tiff = TIFFOpen(path, order);

    TIFFSetField(tiff, TIFFTAG_IMAGEWIDTH, WIDTH);
    TIFFSetField(tiff, TIFFTAG_IMAGELENGTH, HEIGHT);
    TIFFSetField(tiff, TIFFTAG_BITSPERSAMPLE, 8);
    TIFFSetField(tiff, TIFFTAG_SAMPLESPERPIXEL, 3);
    TIFFSetField(tiff, TIFFTAG_PHOTOMETRIC, RGB);
    TIFFSetField(tiff, TIFFTAG_PLANARCONFIG, PLANARCONFIG_CONTIG);
    TIFFSetField(tiff, TIFFTAG_ROWSPERSTRIP, HEIGHT);
    TIFFSetField(tiff, TIFFTAG_ORIENTATION, 6);
    TIFFSetField(tiff, TIFFTAG_MAKE, "Tin camera");
    TIFFSetField(tiff, TIFFTAG_XRESOLUTION, 240.0);
    TIFFSetField(tiff, TIFFTAG_EXIFIFD, (uint64_t)0);
    write_pixels(tiff, &KIND);
    g_assert_true(TIFFWriteDirectory(tiff));
    TIFFCreateEXIFDirectory(tiff);
    TIFFSetField(tiff, EXIFTAG_DATETIMEORIGINAL, "2024:01:02 03:04:05");
    TIFFSetField(tiff, EXIFTAG_FNUMBER, 2.8);
    g_assert_true(TIFFWriteCustomDirectory(tiff, &at));
    TIFFSetDirectory(tiff, 0);
    TIFFSetField(tiff, TIFFTAG_EXIFIFD, at);
    g_assert_true(TIFFRewriteDirectory(tiff));
    TIFFClose(tiff);
    g_assert_true(g_file_get_contents(path, &data, &size, NULL));
    folder_remove(folder);
    return g_bytes_new_take(data, size);
}

// From TIFF to each format that is written, and from there to TIFF again.
static void test_exif_is_carried(void)
{
    static const char *const ORDERS[] = {"wl", "wb", "wl8", "wb8"}; // with 8: BigTIFF
    static const char *const FORMATS[] = {"jpeg", "png", "tiff"};

    for (size_t i = 0; i < 12; i++) {
        g_autoptr(GBytes) file = with_exif(ORDERS[i % 4]);
        struct image *photo = image_load_bytes(file, NULL, NULL);
        struct image_save_params first = {.format = FORMATS[i / 4], .keep_metadata = true};
        struct image_save_params second = {
            .format = "tiff", .keep_metadata = true, .recipe = "Steps: 1"};
        g_autoptr(GBytes) there = image_encode(photo, &first, NULL);
        struct image *between = image_load_bytes(there, NULL, NULL);
        g_autoptr(GBytes) back = image_encode(between, &second, NULL);
        struct image *again = image_load_bytes(back, NULL, NULL);
        GBytes *const blocks[] = {photo->meta.exif, between->meta.exif, again->meta.exif};

        for (size_t b = 0; b < G_N_ELEMENTS(blocks); b++) {
            assert_exif(blocks[b], EXIF_IFD_0, EXIF_TAG_MAKE, "Tin camera");
            assert_exif(blocks[b], EXIF_IFD_0, EXIF_TAG_X_RESOLUTION, "240");
            assert_exif(blocks[b], EXIF_IFD_EXIF, EXIF_TAG_DATE_TIME_ORIGINAL,
                        "2024:01:02 03:04:05");
            assert_exif(blocks[b], EXIF_IFD_EXIF, EXIF_TAG_FNUMBER, "f/2.8");
        }
        g_assert_cmpstr(again->meta.recipe, ==, "Steps: 1");
        g_assert_cmpint(again->width, ==, HEIGHT); // turned once
        image_free(photo);
        image_free(between);
        image_free(again);
    }
}

// ---- export -------------------------------------------------------------------------------------

// Pixels to the bit, and captions and profile as bytes.
static void test_export(void)
{
    static const char CAPTIONS[] = "8BIM\4\4\0\0\0\0\0\7\x1c\2\x78\0\2ab";

    for (int i = 0; i < 4; i++) {
        struct image_save_params params = {
            .format = "tiff", .bits = i < 2 ? 8 : 16, .keep_metadata = true};
        struct image *photo = picture_photo(61, 47, params.bits, 3);
        g_autoptr(GError) error = NULL;

        if (i % 2 == 1) {
            photo->alpha = g_new(float, 61 * 47);
            for (int p = 0; p < 61 * 47; p++) {
                photo->alpha[p] = (float)(p % 256) / 255.0f;
            }
        }
        photo->meta.iptc = g_bytes_new_static(CAPTIONS, sizeof(CAPTIONS));

        g_autoptr(GBytes) file = image_encode(photo, &params, &error);

        g_assert_no_error(error);

        struct image *back = image_load_bytes(file, NULL, &error);

        g_assert_no_error(error);
        picture_assert_same(photo, back);
        g_assert_cmpint(back->meta.bits, ==, params.bits);
        g_assert_true((back->alpha != NULL) == (photo->alpha != NULL));
        g_assert_true(photo->alpha == NULL ||
                      memcmp(photo->alpha, back->alpha, 61 * 47 * sizeof(float)) == 0);
        g_assert_nonnull(back->meta.icc);
        g_assert_nonnull(back->meta.iptc);
        image_free(photo);
        image_free(back);
    }
}

// ---- hostile files ------------------------------------------------------------------------------

static void refuse(GBytes *file)
{
    g_autoptr(GError) error = NULL;

    g_assert_null(image_load_bytes(file, NULL, &error));
    g_assert_cmpuint(error->domain, ==, TINCTURE_ERROR);
}

// The directory is behind the pixels, so wherever the file is cut it is missing, except for the
// last bytes, which belong to values outside of it.
static void test_cut_short(void)
{
    static const struct kind KINDS[] = {{16, 3, RGB}, {16, 3, RGB, COMPRESSION_LZW, .tile = 32}};

    for (size_t k = 0; k < G_N_ELEMENTS(KINDS); k++) {
        g_autoptr(GBytes) file = write_tiff(&KINDS[k], NULL);
        const gsize size = g_bytes_get_size(file);

        for (gsize cut = 0; cut<size; cut += cut + 400> size ? 1 : 97) {
            g_autofree guint8 *part = g_memdup2(g_bytes_get_data(file, NULL), MAX(cut, 1));
            g_autoptr(GBytes) bytes = g_bytes_new_static(part, cut);

            refuse(bytes);
        }
    }
}

// The value of a tag as the directory holds it, in a file of this machine's byte order.
static GBytes *with_tag(GBytes *file, uint16_t tag, uint32_t value)
{
    gsize size = g_bytes_get_size(file);
    guint8 *bytes = g_memdup2(g_bytes_get_data(file, NULL), size);
    guint8 *entry = bytes_find(bytes + 8, size - 8, &tag, sizeof(tag));

    while (entry != NULL && (entry[2] < 3 || entry[2] > 4 || entry[3] != 0 || entry[4] != 1)) {
        entry = bytes_find(entry + 1, size - (gsize)(entry + 1 - bytes), &tag, sizeof(tag));
    }
    g_assert_nonnull(entry);
    entry[2] = 4; // a long number
    memcpy(entry + 8, &value, sizeof(value));
    return g_bytes_new_take(bytes, size);
}

// libtiff writes the pixels at 8 and the directory behind them. Here they are once more, behind the
// directory, and cut to a part of them.
static GBytes *pixels_cut(GBytes *file, double part)
{
    gsize size = g_bytes_get_size(file);
    g_autoptr(GBytes) moved = with_tag(file, TIFFTAG_STRIPOFFSETS, (uint32_t)size);
    g_autoptr(GByteArray) bytes = g_byte_array_new();
    const guint8 *data = g_bytes_get_data(file, NULL);
    guint32 directory = 0;

    memcpy(&directory, data + 4, sizeof(directory));
    g_byte_array_append(bytes, g_bytes_get_data(moved, NULL), (guint)size);
    g_byte_array_append(bytes, data + 8, (guint)((directory - 8) * part));
    return g_bytes_new(bytes->data, bytes->len);
}

// The rows before the cut are the picture's own, also where a predictor has to be undone.
static void test_cut_pixels(void)
{
    static const struct kind KINDS[] = {
        {8, 3, RGB, .one_strip = true},
        {16, 3, RGB, .one_strip = true},
        {16, 3, RGB, COMPRESSION_LZW, .one_strip = true},
        {16, 3, RGB, COMPRESSION_LZW, .one_strip = true, .predicted = true},
        {8, 4, RGB, COMPRESSION_ADOBE_DEFLATE, .extra = OWN, .one_strip = true, .predicted = true},
        {16, 1, GRAY, COMPRESSION_PACKBITS, .one_strip = true},
    };

    for (size_t i = 0; i < G_N_ELEMENTS(KINDS); i++) {
        const struct kind *k = &KINDS[i];
        g_autoptr(GBytes) whole = write_tiff(k, NULL);
        g_autoptr(GBytes) all = pixels_cut(whole, 1.0);
        g_autoptr(GBytes) none = pixels_cut(whole, 0.0);
        g_autoptr(GBytes) cut = pixels_cut(whole, 0.6);
        g_autoptr(GError) error = NULL;
        struct image *sound = image_load_bytes(all, NULL, &error);

        g_assert_no_error(error);
        g_assert_null(sound->meta.note);
        check_pixels(k, sound);
        image_free(sound);
        refuse(none);

        struct image *image = image_load_bytes(cut, NULL, &error);

        g_assert_no_error(error);
        g_assert_cmpstr(image->meta.note, ==, CODEC_PARTIAL_NOTE);
        for (int n = 0; n < 3 * WIDTH * HEIGHT / 4; n++) {
            const int pixel = n / 3;

            g_assert_cmpfloat(image->rgb[n], ==, color_of(k, pixel % WIDTH, pixel / WIDTH, n % 3));
        }
        image_free(image);
    }
}

// Any byte of the directory may change, and any other: refused or read, nothing else.
static void test_corrupt(void)
{
    static const struct kind KINDS[] = {{16, 3, RGB, COMPRESSION_LZW},
                                        {16, 4, RGB, COMPRESSION_ADOBE_DEFLATE, .tile = 32}};

    for (size_t k = 0; k < G_N_ELEMENTS(KINDS); k++) {
        g_autoptr(GBytes) file = write_tiff(&KINDS[k], NULL);
        const gsize size = g_bytes_get_size(file);

        for (gsize at = 0; at<size; at += at + 400> size ? 1 : 61) {
            guint8 *bytes = g_memdup2(g_bytes_get_data(file, NULL), size);

            bytes[at] ^= (guint8)(0x5a + at);

            g_autoptr(GBytes) damaged = g_bytes_new_take(bytes, size);

            image_free(image_load_bytes(damaged, NULL, NULL));
        }
    }
}

static void test_lies(void)
{
    static const struct kind STRIPS = {16, 3, RGB}, TILES = {16, 3, RGB, .tile = 32};
    g_autoptr(GBytes) strips = write_tiff(&STRIPS, NULL);
    g_autoptr(GBytes) tiles = write_tiff(&TILES, NULL);
    const struct {
        GBytes *file;
        uint16_t tag;
        uint32_t value;
    } LIES[] = {
        {strips, TIFFTAG_IMAGEWIDTH, 60000},    {strips, TIFFTAG_IMAGELENGTH, 4000000000u},
        {strips, TIFFTAG_IMAGELENGTH, 30000},   {strips, TIFFTAG_IMAGEWIDTH, 0},
        {tiles, TIFFTAG_TILEWIDTH, 0x40000000}, {tiles, TIFFTAG_TILELENGTH, 0},
    };

    for (size_t i = 0; i < G_N_ELEMENTS(LIES); i++) {
        g_autoptr(GBytes) file = with_tag(LIES[i].file, LIES[i].tag, LIES[i].value);
        g_autoptr(GError) error = NULL;

        g_assert_null(image_load_bytes(file, NULL, &error));
        g_assert_cmpuint(error->domain, ==, TINCTURE_ERROR);
        g_test_message("%s", error->message);
    }
}

static void test_cancel(void)
{
    static const struct kind KIND = {16, 3, RGB};
    g_autoptr(GBytes) file = write_tiff(&KIND, NULL);
    g_autoptr(GCancellable) cancel = g_cancellable_new();
    g_autoptr(GError) error = NULL;

    struct task task = {.cancellable = cancel};
    g_cancellable_cancel(cancel);
    g_assert_null(image_load_bytes(file, &task, &error));
    g_assert_error(error, G_IO_ERROR, G_IO_ERROR_CANCELLED);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/tiff/kinds", test_kinds);
    g_test_add_func("/tiff/orientation-and-profile", test_orientation_and_profile);
    g_test_add_func("/tiff/exif-is-carried", test_exif_is_carried);
    g_test_add_func("/tiff/export", test_export);
    g_test_add_func("/tiff/cut-short", test_cut_short);
    g_test_add_func("/tiff/cut-pixels", test_cut_pixels);
    g_test_add_func("/tiff/corrupt", test_corrupt);
    g_test_add_func("/tiff/lies", test_lies);
    g_test_add_func("/tiff/cancel", test_cancel);
    return g_test_run();
}
