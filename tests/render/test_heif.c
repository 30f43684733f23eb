// HEIC and AVIF: samples beside the reference decoders', what the files say, hostile files.
#include "compute/error.h"
#include "render/codec.h"
#include "render/file.h"
#include "tests/render/pictures.h"

#include <libexif/exif-data.h>
#include <math.h>
#include <string.h>

static GBytes *read_data(const char *name)
{
    g_autofree char *path = g_test_build_filename(G_TEST_DIST, "data", "pictures", name, NULL);
    char *data = NULL;
    gsize size = 0;

    g_assert_true(g_file_get_contents(path, &data, &size, NULL));
    return g_bytes_new_take(data, size);
}

static struct image *load(GBytes *file)
{
    g_autoptr(GError) error = NULL;
    struct image *image = image_load_bytes(file, NULL, &error);

    g_assert_no_error(error);
    return image;
}

static struct image *load_data(const char *name)
{
    g_autoptr(GBytes) file = read_data(name);

    return load(file);
}

// ---- samples ------------------------------------------------------------------------------------

// In the file's own colours, as the reference gives them.
static struct image *read_stored(const char *name)
{
    g_autoptr(GBytes) file = read_data(name);
    g_autoptr(GError) error = NULL;
    struct image *image = codec_sniff(file)->read(file, NULL, &error);

    g_assert_no_error(error);
    return image;
}

static double largest_difference(const float *a, const float *b, size_t count)
{
    double largest = 0;

    for (size_t i = 0; i < count; i++) {
        largest = fmax(largest, fabs((double)a[i] - b[i]));
    }
    return largest;
}

// The reference's are rounded to 16 bits.
static void test_samples(void)
{
    static const double LIMIT = 0.51 / 65535;
    static const struct {
        const char *name;
        int bits;
        bool alpha;
    } CASES[] = {
        {"deep.avif", 16, false},         {"deep-alpha.heic", 16, true},   {"gray.avif", 8, false},
        {"premultiplied.avif", 16, true}, {"tiles.avif", 16, false},       {"p3.avif", 16, false},
        {"turned-alpha.avif", 8, true},   {"turned-tiles.avif", 8, false},
    };

    for (size_t i = 0; i < G_N_ELEMENTS(CASES); i++) {
        g_autofree char *reference = g_strconcat(CASES[i].name, ".png", NULL);
        struct image *image = read_stored(CASES[i].name), *expected = read_stored(reference);
        const size_t pixels = (size_t)expected->width * expected->height;

        g_assert_cmpint(image->width, ==, expected->width);
        g_assert_cmpint(image->height, ==, expected->height);
        g_assert_cmpint(image->meta.bits, ==, CASES[i].bits);
        g_assert_true((image->alpha != NULL) == CASES[i].alpha);
        for (size_t at = 0; CASES[i].alpha && at < pixels; at++) {
            // Of what cannot be seen there is no colour.
            for (int c = 0; c < 3; c++) {
                image->rgb[3 * at + c] *= image->alpha[at];
                expected->rgb[3 * at + c] *= expected->alpha[at];
            }
        }

        const double difference = largest_difference(image->rgb, expected->rgb, 3 * pixels);

        g_test_message("%s: %.2f of 65535", CASES[i].name, difference * 65535);
        g_assert_cmpfloat(difference, <=, LIMIT);
        if (CASES[i].alpha) {
            g_assert_cmpfloat(largest_difference(image->alpha, expected->alpha, pixels), <=, LIMIT);
        }
        image_free(image);
        image_free(expected);
    }
}

// ---- colours ------------------------------------------------------------------------------------

static void test_colors(void)
{
    struct image *p3 = load_data("p3.avif"), *pq = load_data("pq.avif");
    const float *corner = p3->rgb + 3 * (p3->width - 1); // as stored 1, 0 and about 0.6

    g_assert_nonnull(p3->meta.icc);
    g_assert_null(p3->meta.note);
    g_assert_cmpfloat(corner[0], >, 1.05f); // redder than sRGB can say
    g_assert_cmpfloat(corner[1], <, -0.1f);
    g_assert_null(pq->meta.icc);
    g_assert_cmpstr(pq->meta.note, ==, "its HDR colours are shown as if they were sRGB");
    image_free(p3);
    image_free(pq);
}

// Writes another curve into the box of colours.
static GBytes *with_curve(GBytes *file, guint8 transfer)
{
    gsize size = 0;
    const void *data = g_bytes_get_data(file, &size);
    guint8 *copy = g_memdup2(data, size), *box = bytes_find(copy, size, "colrnclx", 8);

    g_assert_nonnull(box);
    box[8 + 3] = transfer; // behind the primaries
    return g_bytes_new_take(copy, size);
}

// Cameras' curves are named by many that write sRGB.
static void test_curves(void)
{
    static const guint8 SAME[] = {1, 2, 6, 13, 14, 15};
    g_autoptr(GBytes) file = read_data("tiles.avif");

    for (size_t i = 0; i < G_N_ELEMENTS(SAME); i++) {
        g_autoptr(GBytes) changed = with_curve(file, SAME[i]);
        struct image *image = load(changed);

        g_assert_null(image->meta.icc);
        g_assert_null(image->meta.note);
        image_free(image);
    }

    g_autoptr(GBytes) linear = with_curve(file, 8);
    struct image *image = load(linear);

    g_assert_nonnull(image->meta.icc);
    image_free(image);
}

// ---- what the files say -------------------------------------------------------------------------

static void test_brands(void)
{
    static const struct {
        const char *brand, *compatible;
        bool known;
    } CASES[] = {
        {"heic", "mif1", true}, {"heix", "mif1", true},  {"hevc", "msf1", true},
        {"hevx", "msf1", true}, {"msf1", "hevc", true},  {"mif1", "heic", true},
        {"avif", "mif1", true}, {"avis", "msf1", true},  {"mif1", "avif", true},
        {"miaf", "heic", true}, {"isom", "mp42", false}, {"crx ", "isom", false},
    };

    for (size_t i = 0; i < G_N_ELEMENTS(CASES); i++) {
        g_autofree char *name = g_strconcat(CASES[i].brand, CASES[i].compatible, NULL);
        guint8 head[32] = "\0\0\0\x14"
                          "ftyp";

        memcpy(head + 8, name, 4);
        memcpy(head + 16, name + 4, 4);

        g_autoptr(GBytes) file = g_bytes_new_static(head, sizeof(head));

        g_assert_true((codec_sniff(file) != NULL) == CASES[i].known);
    }
}

// The same picture under each brand that a camera may write for it.
static void test_any_brand(void)
{
    static const char *const BRANDS[] = {"heic", "heix", "hevc", "msf1", "mif1"};
    g_autoptr(GBytes) small = read_data("small.heic");
    gsize size = 0;
    g_autofree char *data = g_memdup2(g_bytes_get_data(small, NULL), g_bytes_get_size(small));

    g_bytes_get_data(small, &size);
    for (size_t i = 0; i < G_N_ELEMENTS(BRANDS); i++) {
        memcpy(data + 8, BRANDS[i], 4);

        g_autoptr(GBytes) file = g_bytes_new(data, size);
        struct image *image = load(file);

        g_assert_cmpint(image->width, ==, 128);
        g_assert_cmpint(image->height, ==, 96);
        g_assert_cmpuint(image_quantize(image->rgb[128 * 96 * 3 - 1], 255.0f), ==, 221);
        image_free(image);
    }
}

static void assert_text(const ExifData *exif, ExifIfd ifd, ExifTag tag, const char *text)
{
    const ExifEntry *entry = exif_content_get_entry(exif->ifd[ifd], tag);

    g_assert_nonnull(entry);
    g_assert_cmpmem(entry->data, entry->size, text, strlen(text) + 1);
}

// What ExifTool reads of the same files, but for the orientation.
static void assert_described(GBytes *block)
{
    static const guint8 MARKER[6] = "Exif\0";
    g_autoptr(GByteArray) marked = g_byte_array_new();
    gsize size = 0;
    const void *data = g_bytes_get_data(block, &size);

    g_byte_array_append(marked, MARKER, sizeof(MARKER));
    g_byte_array_append(marked, data, (guint)size);

    ExifData *exif = exif_data_new_from_data(marked->data, marked->len);

    assert_text(exif, EXIF_IFD_0, EXIF_TAG_MAKE, "Tin");
    assert_text(exif, EXIF_IFD_0, EXIF_TAG_COPYRIGHT, "A Person");
    assert_text(exif, EXIF_IFD_EXIF, EXIF_TAG_DATE_TIME_ORIGINAL, "2020:01:02 03:04:05");
    exif_data_unref(exif);
}

// The container turns them, and EXIF says the same: Pillow shows red above, of 24 x 32.
static void test_turned_once(void)
{
    static const char *const NAMES[] = {"turned.heic", "turned.avif"};

    for (size_t i = 0; i < G_N_ELEMENTS(NAMES); i++) {
        struct image *image = load_data(NAMES[i]);

        g_assert_cmpint(image->width, ==, 24);
        g_assert_cmpint(image->height, ==, 32);
        g_assert_cmpfloat_with_epsilon(image->rgb[0], 1.0f, 0.02f);
        g_assert_cmpfloat_with_epsilon(image->rgb[3 * 24 * 32 - 1], 1.0f, 0.02f);
        g_assert_null(image->meta.note);
        assert_described(image->meta.exif);
        g_assert_nonnull(g_strstr_len(g_bytes_get_data(image->meta.xmp, NULL),
                                      (gssize)g_bytes_get_size(image->meta.xmp), "Meadow"));
        image_free(image);
    }
}

// What EXIF says of the picture as it is stored: 300 pixels an inch across and 150 down.
static void test_turned_density(void)
{
    struct image *image = load_data("turned-density.heic");

    g_assert_cmpint(image->height, ==, 32);
    g_assert_cmpfloat(image->meta.density[0], ==, 150.0);
    g_assert_cmpfloat(image->meta.density[1], ==, 300.0);
    image_free(image);
}

// Some bytes of the file changed.
static void assert_refused(const char *name, const char *from, const char *to, gsize size)
{
    g_autoptr(GBytes) file = read_data(name);
    g_autoptr(GError) error = NULL;
    gsize whole = 0;
    const void *data = g_bytes_get_data(file, &whole);
    guint8 *copy = g_memdup2(data, whole), *entry = bytes_find(copy, whole, from, size);
    g_autoptr(GBytes) changed = g_bytes_new_take(copy, whole);

    g_assert_nonnull(entry);
    memcpy(entry, to, size);
    g_assert_null(image_load_bytes(changed, NULL, &error));
    g_assert_error(error, TINCTURE_ERROR, TINCTURE_ERROR_FILE);
    g_assert_nonnull(strstr(error->message, "put together"));
}

// Alpha or a tile that says otherwise than the picture how it is turned.
static void test_turned_otherwise(void)
{
    assert_refused("turned-alpha.avif", "\0\2\4\1\x08\x89\x0a", "\0\2\4\1\x86\x89\x0a", 7);
    assert_refused("turned-tiles.avif", "\0\1\4\1\2\3\x84", "\0\1\4\1\2\3\3", 7);
}

// The main picture is not always the first.
static void test_several(void)
{
    struct image *film = load_data("film.avif"), *two = load_data("two.heic");

    g_assert_cmpstr(film->meta.note, ==, CODEC_MAIN_NOTE);
    g_assert_cmpstr(two->meta.note, ==, CODEC_MAIN_NOTE);
    g_assert_cmpint(two->width, ==, 32); // the second
    image_free(film);
    image_free(two);
}

// The header alone says what the pixels then are.
static void test_info(void)
{
    static const char *const NAMES[] = {"turned.heic",       "deep-alpha.heic",  "gray.avif",
                                        "tiles.avif",        "p3.avif",          "film.avif",
                                        "turned-alpha.avif", "turned-tiles.avif"};

    for (size_t i = 0; i < G_N_ELEMENTS(NAMES); i++) {
        g_autoptr(GBytes) file = read_data(NAMES[i]);
        struct image *image = read_stored(NAMES[i]);
        struct image_info info = {0};

        g_assert_true(codec_sniff(file)->read_info(file, &info, NULL));
        g_assert_cmpint(info.width, ==, image->width);
        g_assert_cmpint(info.height, ==, image->height);
        g_assert_cmpint(info.meta.bits, ==, image->meta.bits);
        g_assert_true((info.meta.icc != NULL) == (image->meta.icc != NULL));
        g_assert_true((info.meta.exif != NULL) == (image->meta.exif != NULL));
        g_assert_cmpstr(info.meta.note, ==, image->meta.note);
        image_meta_clear(&info.meta);
        image_free(image);
    }
}

// ---- hostile files ------------------------------------------------------------------------------

// One sentence, or a picture of the size that the header says.
static void read_hostile(const guint8 *data, gsize size)
{
    g_autofree guint8 *copy = g_memdup2(data, size); // so that valgrind knows its end
    g_autoptr(GBytes) file = g_bytes_new_static(copy, size);
    g_autoptr(GError) error = NULL;
    struct image *image = image_load_bytes(file, NULL, &error);

    g_assert_true((image == NULL) == (error != NULL));
    if (error != NULL) {
        g_assert_null(strchr(error->message, '\n'));
    }
    image_free(image);
}

static void test_cut_short(void)
{
    static const char *const NAMES[] = {"turned.heic", "deep.avif", "deep-alpha.heic"};

    for (size_t i = 0; i < G_N_ELEMENTS(NAMES); i++) {
        g_autoptr(GBytes) file = read_data(NAMES[i]);
        const gsize size = g_bytes_get_size(file);
        g_autoptr(GBytes) part = g_bytes_new_from_bytes(file, 0, size / 2);
        g_autoptr(GError) error = NULL;

        g_assert_null(image_load_bytes(part, NULL, &error));
        g_assert_nonnull(strstr(error->message, "damaged or cut short"));
        for (gsize cut = 0; cut < size; cut += 3) {
            read_hostile(g_bytes_get_data(file, NULL), cut);
        }
    }
}

static void test_changed(void)
{
    static const char *const NAMES[] = {"turned.heic", "turned-alpha.avif"};
    static const guint8 VALUES[] = {0, 1, 127, 255};

    for (size_t n = 0; n < G_N_ELEMENTS(NAMES); n++) {
        g_autoptr(GBytes) file = read_data(NAMES[n]);
        gsize size = 0;
        const guint8 *data = g_bytes_get_data(file, &size);
        g_autofree guint8 *copy = g_memdup2(data, size);

        for (gsize at = 0; at < size; at++) {
            for (size_t i = 0; i < G_N_ELEMENTS(VALUES); i++) {
                copy[at] = VALUES[i];
                read_hostile(copy, size);
            }
            copy[at] = data[at];
        }
    }
}

// A picture derived of itself, or of what is not there, or of what is none: libheif 1.15 ends the
// program over each.
static void test_endless(void)
{
    static const guint8 OF[] = {1, 77, 2};
    g_autoptr(GBytes) file = read_data("turned.heic");
    gsize size = 0;
    const void *data = g_bytes_get_data(file, &size);

    for (size_t i = 0; i < G_N_ELEMENTS(OF); i++) {
        guint8 *copy = g_memdup2(data, size);
        guint8 *type = bytes_find(copy, size, "hvc1", 4);
        guint8 *reference = bytes_find(copy, size, "cdsc", 4); // one from an identity to one
        g_autoptr(GBytes) endless = g_bytes_new_take(copy, size);
        g_autoptr(GError) error = NULL;

        memcpy(type, "iden", 4);
        memcpy(reference, "dimg", 4);
        reference[5] = 1;
        reference[9] = OF[i];
        g_assert_null(image_load_bytes(endless, NULL, &error));
        g_assert_error(error, TINCTURE_ERROR, TINCTURE_ERROR_FILE);
    }
}

// The box of the size claims more than is let in.
static void test_huge(void)
{
    static const guint32 SIDES[] = {20000, 40000};
    g_autoptr(GBytes) file = read_data("small.heic");
    gsize size = 0;
    const void *data = g_bytes_get_data(file, &size);

    for (size_t i = 0; i < G_N_ELEMENTS(SIDES); i++) {
        guint8 *copy = g_memdup2(data, size), *box = bytes_find(copy, size, "ispe", 4);
        const guint32 side = GUINT32_TO_BE(SIDES[i]);
        g_autoptr(GBytes) huge = g_bytes_new_take(copy, size);
        g_autoptr(GError) error = NULL;

        g_assert_nonnull(box);
        memcpy(box + 8, &side, sizeof(side)); // behind version and flags
        memcpy(box + 12, &side, sizeof(side));
        g_assert_null(image_load_bytes(huge, NULL, &error));
        g_assert_error(error, TINCTURE_ERROR, TINCTURE_ERROR_UNSUPPORTED);
    }
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/heif/samples", test_samples);
    g_test_add_func("/heif/colors", test_colors);
    g_test_add_func("/heif/curves", test_curves);
    g_test_add_func("/heif/brands", test_brands);
    g_test_add_func("/heif/any-brand", test_any_brand);
    g_test_add_func("/heif/turned-once", test_turned_once);
    g_test_add_func("/heif/turned-otherwise", test_turned_otherwise);
    g_test_add_func("/heif/turned-density", test_turned_density);
    g_test_add_func("/heif/several", test_several);
    g_test_add_func("/heif/info", test_info);
    g_test_add_func("/heif/cut-short", test_cut_short);
    g_test_add_func("/heif/changed", test_changed);
    g_test_add_func("/heif/endless", test_endless);
    g_test_add_func("/heif/huge", test_huge);
    return g_test_run();
}
