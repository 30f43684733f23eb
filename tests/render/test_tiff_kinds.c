// TIFF files of rarer kinds: few bits, palettes, ink, Lab; and of several pictures.
#include "compute/error.h"
#include "render/codec.h"
#include "render/file.h"
#include "render/metadata.h"
#include "tests/render/pictures.h"

#include <string.h>

#include <tiffio.h>

struct rare {
    uint16_t bits, channels, photometric, compression;
    const uint16_t *palette[3];
    const char *profile; // NULL: none
    uint16_t extras, extra[3];
};

// One row in a strip of its own; its samples packed, the first in the highest bits.
static GBytes *write_row(const struct rare *k, const uint16_t *samples, int width)
{
    char *folder = folder_create(), *data = NULL;
    g_autofree char *path = g_build_filename(folder, "photo.tif", NULL);
    g_autofree guint8 *row = g_malloc0((gsize)(width * k->channels * 2 + 1));
    gsize size = 0;
    TIFF *tiff = TIFFOpen(path, "w");

    for (int i = 0, bit = 0; i < width * k->channels; i++) {
        if (k->bits == 16) {
            ((uint16_t *)row)[i] = samples[i];
            continue;
        }
        for (int n = k->bits - 1; n >= 0; n--, bit++) {
            row[bit / 8] |= (guint8)((samples[i] >> n & 1) << (7 - bit % 8));
        }
    }
    TIFFSetField(tiff, TIFFTAG_IMAGEWIDTH, width);
    TIFFSetField(tiff, TIFFTAG_IMAGELENGTH, 1);
    TIFFSetField(tiff, TIFFTAG_BITSPERSAMPLE, k->bits);
    TIFFSetField(tiff, TIFFTAG_SAMPLESPERPIXEL, k->channels);
    TIFFSetField(tiff, TIFFTAG_PHOTOMETRIC, k->photometric);
    TIFFSetField(tiff, TIFFTAG_COMPRESSION, k->compression ? k->compression : COMPRESSION_NONE);
    TIFFSetField(tiff, TIFFTAG_PLANARCONFIG, PLANARCONFIG_CONTIG);
    TIFFSetField(tiff, TIFFTAG_ROWSPERSTRIP, 1);
    if (k->palette[0] != NULL) {
        TIFFSetField(tiff, TIFFTAG_COLORMAP, k->palette[0], k->palette[1], k->palette[2]);
    }
    if (k->extras > 0) {
        TIFFSetField(tiff, TIFFTAG_EXTRASAMPLES, k->extras, k->extra);
    }
    if (k->profile != NULL) {
        TIFFSetField(tiff, TIFFTAG_ICCPROFILE, (uint32_t)strlen(k->profile), k->profile);
    }
    g_assert_cmpint(TIFFWriteScanline(tiff, row, 0, 0), ==, 1);
    TIFFClose(tiff);
    g_assert_true(g_file_get_contents(path, &data, &size, NULL));
    folder_remove(folder);
    return g_bytes_new_take(data, size);
}

static struct image *read_row(const struct rare *k, const uint16_t *samples, int width)
{
    g_autoptr(GBytes) file = write_row(k, samples, width);
    g_autoptr(GError) error = NULL;
    struct image *image = image_load_bytes(file, NULL, &error);

    g_assert_no_error(error);
    g_assert_cmpint(image->width, ==, width);
    g_assert_true((image->alpha != NULL) == (k->extras > 0));
    g_assert_cmpstr(image->meta.note, ==,
                    k->profile != NULL ? "the colour profile is damaged and was ignored" : NULL);
    return image;
}

// ImageMagick reads the same of such files, to its own 16 bits.
static void test_packed_bits(void)
{
    enum { COUNT = 7 };
    static const uint16_t BITS[] = {1, 2, 4, 6, 8, 10, 12, 14};

    for (size_t i = 0; i < 2 * G_N_ELEMENTS(BITS); i++) {
        const uint16_t bits = BITS[i / 2], most = (uint16_t)((1 << bits) - 1);
        const struct rare kind = {bits, i % 2 == 0 ? 1 : 3,
                                  i % 2 == 0 ? PHOTOMETRIC_MINISBLACK : PHOTOMETRIC_RGB};
        uint16_t samples[3 * COUNT];

        for (int n = 0; n < 3 * COUNT; n++) {
            samples[n] = (uint16_t)(n * 2749 + 1) & most;
        }

        struct image *image = read_row(&kind, samples, COUNT);

        g_assert_cmpint(image->meta.bits, ==, bits > 8 ? 16 : 8);
        for (int n = 0; n < 3 * COUNT; n++) {
            g_assert_cmpfloat(image->rgb[n], ==,
                              (float)samples[kind.channels == 1 ? n / 3 : n] / (float)most);
        }
        image_free(image);
    }
}

// numpy's v.clip(0) / iinfo.max of such samples: 0 is black, what is below it too, the largest
// number white.
static void test_signed(void)
{
    enum { COUNT = 4 };
    static const int32_t WIDE[COUNT] = {-5, 0, 16711935, G_MAXINT32};
    static const int16_t DEEP[COUNT] = {G_MININT16, 0, 16384, G_MAXINT16};
    static const int8_t BYTES[COUNT] = {-128, 0, 64, 127};
    static const float EXPECTED[3][COUNT] = {
        {0, 0, 64 / 127.0f, 1}, {0, 0, 16384 / 32767.0f, 1}, {0, 0, 0.00778210163f, 1}};
    static const void *const ROWS[] = {BYTES, DEEP, WIDE};

    for (uint16_t i = 0; i < 3; i++) {
        g_autofree char *folder = folder_create(), *data = NULL;
        g_autofree char *path = g_build_filename(folder, "photo.tif", NULL);
        TIFF *tiff = TIFFOpen(path, "w");
        gsize size = 0;

        TIFFSetField(tiff, TIFFTAG_IMAGEWIDTH, COUNT);
        TIFFSetField(tiff, TIFFTAG_IMAGELENGTH, 1);
        TIFFSetField(tiff, TIFFTAG_BITSPERSAMPLE, 8 << i);
        TIFFSetField(tiff, TIFFTAG_SAMPLEFORMAT, SAMPLEFORMAT_INT);
        TIFFSetField(tiff, TIFFTAG_PHOTOMETRIC, PHOTOMETRIC_MINISBLACK);
        TIFFSetField(tiff, TIFFTAG_ROWSPERSTRIP, 1);
        g_assert_cmpint(TIFFWriteScanline(tiff, (void *)(uintptr_t)ROWS[i], 0, 0), ==, 1);
        TIFFClose(tiff);
        g_assert_true(g_file_get_contents(path, &data, &size, NULL));
        folder_remove(g_steal_pointer(&folder));

        g_autoptr(GBytes) file = g_bytes_new_static(data, size);
        struct image *image = image_load_bytes(file, NULL, NULL);

        g_assert_nonnull(image);
        g_assert_cmpint(image->meta.bits, ==, i == 0 ? 8 : 16);
        g_assert_nonnull(strstr(image->meta.note, "signs"));
        for (int n = 0; n < COUNT; n++) {
            g_assert_cmpfloat_with_epsilon(image->rgb[3 * n], EXPECTED[i][n], 1e-7f);
        }
        image_free(image);
    }
}

// Those who write a palette make 16 bits of its bytes in two ways, or leave them.
static void test_palettes(void)
{
    static const uint16_t MAPS[3][3][4] = {
        {{0, 65535, 25700, 257}, {0, 51400, 257, 514}, {0, 0, 65535, 12850}},
        {{0, 65280, 25600, 256}, {0, 51200, 256, 512}, {0, 0, 65280, 12800}},
        {{0, 255, 100, 1}, {0, 200, 1, 2}, {0, 0, 255, 50}},
    };
    static const uint16_t SAMPLES[] = {1, 3, 2, 0, 2};
    static const uint8_t COLORS[4][3] = {{0, 0, 0}, {255, 200, 0}, {100, 1, 255}, {1, 2, 50}};

    for (size_t m = 0; m < G_N_ELEMENTS(MAPS); m++) {
        const struct rare kind = {2, 1, PHOTOMETRIC_PALETTE,
                                  .palette = {MAPS[m][0], MAPS[m][1], MAPS[m][2]}};
        struct image *image = read_row(&kind, SAMPLES, G_N_ELEMENTS(SAMPLES));

        for (int n = 0; n < 15; n++) {
            g_assert_cmpfloat(image->rgb[n], ==, COLORS[SAMPLES[n / 3]][n % 3] / 255.0f);
        }
        image_free(image);
    }
}

// Alpha is the channel that says so, wherever it stands among others; a palette may have one, too.
static void test_extra_channels(void)
{
    static const uint16_t MAP[3][256] = {{0, 65535}, {0, 51400}, {0, 257}};
    static const struct rare KINDS[] = {
        {8, 5, PHOTOMETRIC_RGB, .extras = 2, .extra = {0, EXTRASAMPLE_UNASSALPHA}},
        {8, 2, PHOTOMETRIC_PALETTE, .palette = {MAP[0], MAP[1], MAP[2]}, .extras = 1,
         .extra = {EXTRASAMPLE_UNASSALPHA}},
        {8, 4, PHOTOMETRIC_MINISBLACK, .extras = 3, .extra = {0, 0, EXTRASAMPLE_UNASSALPHA}},
    };
    static const uint16_t SAMPLES[][5] = {{255, 200, 1, 9, 128}, {1, 128}, {255, 7, 8, 128}};
    static const uint8_t COLORS[][3] = {{255, 200, 1}, {255, 200, 1}, {255, 255, 255}};

    for (size_t i = 0; i < G_N_ELEMENTS(KINDS); i++) {
        struct image *image = read_row(&KINDS[i], SAMPLES[i], 1);

        for (int c = 0; c < 3; c++) {
            g_assert_cmpfloat(image->rgb[c], ==, COLORS[i][c] / 255.0f);
        }
        g_assert_cmpfloat(image->alpha[0], ==, 128 / 255.0f);
        image_free(image);
    }
}

// Without a profile, or with a damaged one, the plain product, as Pillow and ImageMagick have it.
static void test_ink(void)
{
    static const uint16_t SAMPLES[] = {0, 255, 51, 0, 102, 0, 0, 51}, WIDE = 257;
    static const float COLORS[] = {1.0f, 0.0f, 0.8f, 0.6f * 0.8f, 0.8f, 0.8f};

    for (int i = 0; i < 4; i++) {
        const uint16_t bits = i % 2 == 0 ? 8 : 16;
        const struct rare kind = {bits, 4, PHOTOMETRIC_SEPARATED,
                                  .profile = i < 2 ? NULL : "no profile"};
        uint16_t samples[8];

        for (int n = 0; n < 8; n++) {
            samples[n] = bits == 8 ? SAMPLES[n] : (uint16_t)(SAMPLES[n] * WIDE);
        }

        struct image *image = read_row(&kind, samples, 2);

        for (int n = 0; n < 6; n++) {
            g_assert_cmpfloat_with_epsilon(image->rgb[n], COLORS[n], 1e-6f);
        }
        image_free(image);
    }
}

// What Little CMS (through Pillow's ImageCms) makes of sRGB red, a gray and a blue.
static void test_lab(void)
{
    static const uint16_t BYTES[] = {138, 81, 70, 137, 0, 0, 75, 68, 256 - 112};
    static const float COLORS[] = {1.0f,         0.0f, 0.0f, 128 / 255.0f, 128 / 255.0f,
                                   128 / 255.0f, 0.0f, 0.0f, 1.0f};

    for (int i = 0; i < 4; i++) {
        const bool wide = i % 2 == 1, icc = i >= 2;
        const struct rare kind = {wide ? 16 : 8, 3, icc ? PHOTOMETRIC_ICCLAB : PHOTOMETRIC_CIELAB};
        uint16_t samples[9];

        for (int n = 0; n < 9; n++) {
            const int byte = n % 3 > 0 && icc ? (BYTES[n] + 128) % 256 : BYTES[n];

            samples[n] = (uint16_t)(!wide       ? byte
                                    : n % 3 > 0 ? byte * 256
                                    : icc       ? byte * 256
                                                : byte * 257);
        }

        struct image *image = read_row(&kind, samples, 3);

        g_assert_cmpint(image->meta.bits, ==, wide ? 16 : 8);
        for (int n = 0; n < 9; n++) {
            g_assert_cmpfloat_with_epsilon(CLAMP(image->rgb[n], 0.0f, 1.0f), COLORS[n], 0.025f);
        }
        image_free(image);
    }
}

// ---- methods of packing -------------------------------------------------------------------------

// One that nobody knows, and one of which libtiff knows the name alone: already the header is
// refused.
static void test_unknown_packing(void)
{
    enum { UNKNOWN = 50002, NAMED = COMPRESSION_JP2000 };
    static const guint16 METHODS[] = {UNKNOWN, NAMED};
    static const uint16_t SAMPLES[] = {1, 2, 3, 4};
    const struct rare gray = {.bits = 8, .channels = 1, .photometric = PHOTOMETRIC_MINISBLACK};

    for (size_t i = 0; i < G_N_ELEMENTS(METHODS); i++) {
        const guint16 from[4] = {TIFFTAG_COMPRESSION, TIFF_SHORT, 1, 0};
        g_autoptr(GBytes) file = write_row(&gray, SAMPLES, 4);
        g_autoptr(GError) error = NULL;
        struct image_info info = {0};
        gsize size = 0;
        guint8 *data = g_bytes_unref_to_data(g_steal_pointer(&file), &size);
        guint8 *entry = bytes_find(data, size, from, sizeof(from)); // in this machine's order

        file = g_bytes_new_take(data, size);
        g_assert_nonnull(entry);
        memcpy(entry + sizeof(from), &METHODS[i], sizeof(METHODS[i]));
        g_assert_false(codec_sniff(file)->read_info(file, &info, &error));
        g_assert_error(error, TINCTURE_ERROR, TINCTURE_ERROR_UNSUPPORTED);
        g_autofree char *number = g_strdup_printf("is not known, number %d", METHODS[i]);
        g_assert_true(strstr(error->message, "libtiff is not built") != NULL ||
                      strstr(error->message, number) != NULL);
        g_assert_null(strchr(error->message, '\n'));
    }
}

// ---- several pictures ---------------------------------------------------------------------------

// Pages of 2 x 1, each of one gray and of the given SUBFILETYPE; a SUBIFD in the first, or a mark
// of raw photos.
static GBytes *write_pages(const uint32_t *kinds, int count, bool sub, bool raw)
{
    char *folder = folder_create(), *data = NULL;
    g_autofree char *path = g_build_filename(folder, "photo.tif", NULL);
    gsize size = 0;
    TIFF *tiff = TIFFOpen(path, "w");

    for (int i = 0; i < count; i++) {
        const uint64_t nowhere = 8;
        guint8 row[2] = {(guint8)(51 * i), (guint8)(51 * i)};

        TIFFSetField(tiff, TIFFTAG_SUBFILETYPE, kinds[i]);
        TIFFSetField(tiff, TIFFTAG_IMAGEWIDTH, 2);
        TIFFSetField(tiff, TIFFTAG_IMAGELENGTH, 1);
        TIFFSetField(tiff, TIFFTAG_BITSPERSAMPLE, 8);
        TIFFSetField(tiff, TIFFTAG_SAMPLESPERPIXEL, 1);
        TIFFSetField(tiff, TIFFTAG_PHOTOMETRIC, PHOTOMETRIC_MINISBLACK);
        TIFFSetField(tiff, TIFFTAG_ROWSPERSTRIP, 1);
        TIFFSetField(tiff, TIFFTAG_ORIENTATION, ORIENTATION_TOPLEFT);
        TIFFSetField(tiff, TIFFTAG_RESOLUTIONUNIT, RESUNIT_INCH);
        if (raw) {
            TIFFSetField(tiff, TIFFTAG_DNGVERSION, "\1\4\0\0");
        }
        if (sub && i == 0) {
            TIFFSetField(tiff, TIFFTAG_SUBIFD, 1, &nowhere);
        }
        TIFFWriteScanline(tiff, row, 0, 0);
        TIFFWriteDirectory(tiff);
        sub = false; // libtiff takes the next directory for it
    }
    TIFFClose(tiff);
    g_assert_true(g_file_get_contents(path, &data, &size, NULL));
    folder_remove(folder);
    return g_bytes_new_take(data, size);
}

static void test_pages(void)
{
    enum { FULL = 0, SMALL = FILETYPE_REDUCEDIMAGE, PAGE = FILETYPE_PAGE };
    static const struct {
        uint32_t kinds[3];
        int count, shown;
        bool several;
    } CASES[] = {
        {{FULL}, 1, 0, false},
        {{FULL, FULL}, 2, 0, true},
        {{PAGE, SMALL, PAGE}, 3, 0, true},
        {{FULL, SMALL, SMALL}, 3, 0, false},
        {{SMALL, FULL}, 2, 1, false},
        {{SMALL}, 1, 0, false},
    };

    for (size_t i = 0; i < G_N_ELEMENTS(CASES); i++) {
        g_autoptr(GBytes) file = write_pages(CASES[i].kinds, CASES[i].count, false, false);
        g_autoptr(GError) error = NULL;
        struct image *image = image_load_bytes(file, NULL, &error);

        g_assert_no_error(error);
        g_assert_cmpfloat(image->rgb[0], ==, CASES[i].shown * 51 / 255.0f);
        g_assert_cmpstr(image->meta.note, ==, CASES[i].several ? CODEC_FIRST_NOTE : NULL);
        image_free(image);
    }
}

// Another number in a tag of one short, in this machine's order.
static GBytes *with_short(GBytes *file, uint16_t tag, uint16_t value)
{
    const guint16 from[4] = {tag, TIFF_SHORT, 1, 0};
    const gsize size = g_bytes_get_size(file);
    guint8 *data = g_memdup2(g_bytes_get_data(file, NULL), size);
    guint8 *entry = bytes_find(data, size, from, sizeof(from));

    g_assert_nonnull(entry);
    memcpy(entry + sizeof(from), &value, sizeof(value));
    return g_bytes_new_take(data, size);
}

// Their preview is not the photo.
static void test_raw_photos(void)
{
    static const uint32_t SMALL[] = {FILETYPE_REDUCEDIMAGE, 0}, FULL[] = {0};
    GBytes *files[] = {write_pages(SMALL, 2, true, false), write_pages(FULL, 1, false, true)};

    for (size_t i = 0; i < G_N_ELEMENTS(files); i++) {
        g_autoptr(GError) error = NULL;

        g_assert_null(image_load_bytes(files[i], NULL, &error));
        g_assert_error(error, TINCTURE_ERROR, TINCTURE_ERROR_UNSUPPORTED);
        g_assert_nonnull(strstr(error->message, "raw"));
        g_bytes_unref(files[i]);
    }
}

// Ways to pack pixels that only cameras have.
static void test_raw_packing(void)
{
    static const uint32_t FULL[] = {0};
    static const uint16_t METHODS[] = {34713, 65535}; // Nikon's, Pentax's

    for (size_t i = 0; i < G_N_ELEMENTS(METHODS); i++) {
        g_autoptr(GBytes) plain = write_pages(FULL, 1, false, false);
        g_autoptr(GBytes) file = with_short(plain, TIFFTAG_COMPRESSION, METHODS[i]);
        g_autoptr(GError) error = NULL;

        g_assert_null(image_load_bytes(file, NULL, &error));
        g_assert_error(error, TINCTURE_ERROR, TINCTURE_ERROR_UNSUPPORTED);
        g_assert_nonnull(strstr(error->message, "raw photo"));
    }
}

// Values that a tag cannot have are as if it were not there, as in Pillow and ImageMagick.
static void test_bad_values(void)
{
    static const uint32_t FULL[] = {0};
    static const struct {
        uint16_t tag, value;
    } CASES[] = {{TIFFTAG_ORIENTATION, 0},    {TIFFTAG_ORIENTATION, 9},
                 {TIFFTAG_ORIENTATION, 10},   {TIFFTAG_ORIENTATION, 65535},
                 {TIFFTAG_RESOLUTIONUNIT, 0}, {TIFFTAG_RESOLUTIONUNIT, 4}};

    for (size_t i = 0; i < G_N_ELEMENTS(CASES); i++) {
        g_autoptr(GBytes) plain = write_pages(FULL, 1, false, false);
        g_autoptr(GBytes) file = with_short(plain, CASES[i].tag, CASES[i].value);
        struct image_save_params params = {.format = "tiff", .keep_metadata = true};
        g_autoptr(GError) error = NULL;
        struct image *image = image_load_bytes(file, NULL, &error);

        g_assert_no_error(error);
        g_assert_cmpint(image->width, ==, 2);
        g_assert_cmpint(image->height, ==, 1);
        g_assert_null(image->meta.note);

        g_autoptr(GBytes) again = image_encode(image, &params, &error);

        g_assert_no_error(error);

        struct image *back = image_load_bytes(again, NULL, &error);

        g_assert_no_error(error);
        g_assert_cmpint(metadata_orientation(back->meta.exif), ==, 1);
        image_free(image);
        image_free(back);
    }
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/tiff-kinds/packed-bits", test_packed_bits);
    g_test_add_func("/tiff-kinds/signed", test_signed);
    g_test_add_func("/tiff-kinds/palettes", test_palettes);
    g_test_add_func("/tiff-kinds/extra-channels", test_extra_channels);
    g_test_add_func("/tiff-kinds/ink", test_ink);
    g_test_add_func("/tiff-kinds/lab", test_lab);
    g_test_add_func("/tiff-kinds/unknown-packing", test_unknown_packing);
    g_test_add_func("/tiff-kinds/pages", test_pages);
    g_test_add_func("/tiff-kinds/raw-photos", test_raw_photos);
    g_test_add_func("/tiff-kinds/raw-packing", test_raw_packing);
    g_test_add_func("/tiff-kinds/bad-values", test_bad_values);
    return g_test_run();
}
