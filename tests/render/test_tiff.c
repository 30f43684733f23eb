// TIFF files written by libtiff: every kind that is read, files that are cut short, and files with
// false values.
#include "compute/error.h"
#include "render/codec.h"
#include "render/color.h"
#include "render/file.h"
#include "tests/render/pictures.h"

#include <glib/gstdio.h>
#include <string.h>

#include <tiffio.h>

enum { WIDTH = 70, HEIGHT = 50 };

struct kind {
    uint16_t bits, channels, photometric, compression, orientation;
    uint16_t tile; // side; 0: strips
    uint16_t extra;
    const char *order; // "wl" or "wb"
};

// Of the picture that all files here hold, on the grid of 16 or 8 bits.
static uint16_t sample(const struct kind *k, int x, int y, int channel)
{
    const uint32_t value = (uint32_t)(x * 911 + y * 577 + channel * 20011) % 65536;

    return (uint16_t)(k->bits == 16 ? value : value >> 8);
}

static void fill(const struct kind *k, int x0, int y0, int width, int height, void *to)
{
    for (int y = 0, i = 0; y < height; y++) {
        for (int x = 0; x < width; x++) {
            for (int c = 0; c < k->channels; c++, i++) {
                const uint16_t value = sample(k, x0 + x, y0 + y, c);

                if (k->bits == 16) {
                    ((uint16_t *)to)[i] = value;
                } else {
                    ((uint8_t *)to)[i] = (uint8_t)value;
                }
            }
        }
    }
}

static void write_pixels(TIFF *tiff, const struct kind *k)
{
    g_autofree uint16_t *block = g_new0(uint16_t, 128 * 128 * 8);

    if (k->tile > 0) {
        for (int y = 0; y < HEIGHT; y += k->tile) {
            for (int x = 0; x < WIDTH; x += k->tile) {
                fill(k, x, y, k->tile, k->tile, block);
                g_assert_cmpint(TIFFWriteTile(tiff, block, x, y, 0, 0), >, 0);
            }
        }
        return;
    }
    for (int y = 0; y < HEIGHT; y++) {
        fill(k, 0, y, WIDTH, 1, block);
        g_assert_cmpint(TIFFWriteScanline(tiff, block, y, 0), ==, 1);
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
    TIFFSetField(tiff, TIFFTAG_PLANARCONFIG, PLANARCONFIG_CONTIG);
    TIFFSetField(tiff, TIFFTAG_ORIENTATION, k->orientation ? k->orientation : 1);
    if (k->channels == 2 || k->channels == 4) {
        TIFFSetField(tiff, TIFFTAG_EXTRASAMPLES, 1, &k->extra);
    }
    if (k->tile > 0) {
        TIFFSetField(tiff, TIFFTAG_TILEWIDTH, k->tile);
        TIFFSetField(tiff, TIFFTAG_TILELENGTH, k->tile);
    } else {
        TIFFSetField(tiff, TIFFTAG_ROWSPERSTRIP, 7); // the last one is shorter
    }
    if (icc != NULL) {
        TIFFSetField(tiff, TIFFTAG_ICCPROFILE, (uint32_t)g_bytes_get_size(icc),
                     g_bytes_get_data(icc, NULL));
    }
    write_pixels(tiff, k);
    TIFFClose(tiff);
    g_assert_true(g_file_get_contents(path, &data, &size, NULL));
    folder_remove(folder);
    return g_bytes_new_take(data, size);
}

static void check_pixels(const struct kind *k, const struct image *image)
{
    const float max = k->bits == 16 ? 65535.0f : 255.0f;
    const int colors = k->channels < 3 ? 1 : 3;

    g_assert_cmpint(image->width, ==, WIDTH);
    g_assert_cmpint(image->height, ==, HEIGHT);
    for (int y = 0, i = 0; y < HEIGHT; y++) {
        for (int x = 0; x < WIDTH; x++, i++) {
            for (int c = 0; c < 3; c++) {
                const int channel = colors == 1 ? 0 : c;

                g_assert_cmpfloat(image->rgb[3 * i + c], ==, sample(k, x, y, channel) / max);
            }
            if (image->alpha != NULL) {
                g_assert_cmpfloat(image->alpha[i], ==, sample(k, x, y, colors) / max);
            }
        }
    }
}

#define RGB  PHOTOMETRIC_RGB
#define GRAY PHOTOMETRIC_MINISBLACK
#define OWN  EXTRASAMPLE_UNASSALPHA

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
    };

    for (size_t i = 0; i < G_N_ELEMENTS(KINDS); i++) {
        g_autoptr(GBytes) file = write_tiff(&KINDS[i], NULL);
        g_autoptr(GError) error = NULL;
        struct image *image = image_load_bytes(file, NULL, &error);

        g_assert_no_error(error);
        g_assert_cmpint(image->meta.bits, ==, KINDS[i].bits);
        g_assert_true((image->alpha != NULL) == (KINDS[i].extra == OWN));
        check_pixels(&KINDS[i], image);
        image_free(image);
    }
}

// Rarer kinds are left to gdk-pixbuf.
static void test_others(void)
{
    static const struct kind KINDS[] = {
        {8, 4, RGB, .extra = EXTRASAMPLE_ASSOCALPHA},
        {8, 1, PHOTOMETRIC_MINISWHITE},
        {8, 4, PHOTOMETRIC_SEPARATED},
        {16, 6, RGB},
    };

    for (size_t i = 0; i < G_N_ELEMENTS(KINDS); i++) {
        g_autoptr(GBytes) file = write_tiff(&KINDS[i], NULL);

        g_assert_cmpstr(codec_sniff(file)->name, ==, "pixbuf");
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
    g_test_add_func("/tiff/others", test_others);
    g_test_add_func("/tiff/orientation-and-profile", test_orientation_and_profile);
    g_test_add_func("/tiff/cut-short", test_cut_short);
    g_test_add_func("/tiff/corrupt", test_corrupt);
    g_test_add_func("/tiff/lies", test_lies);
    g_test_add_func("/tiff/cancel", test_cancel);
    return g_test_run();
}
