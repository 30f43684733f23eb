// JPEG XL: what libjxl's own encoder is given comes back; colours, boxes, films, hostile files.
#include "compute/error.h"
#include "render/codec.h"
#include "render/color.h"
#include "render/compare.h"
#include "render/file.h"
#include "render/metadata.h"
#include "tests/render/pictures.h"

#include <jxl/decode.h>
#include <jxl/encode.h>
#include <math.h>
#include <string.h>

enum { WIDTH = 40, HEIGHT = 24 };

// ---- writing ------------------------------------------------------------------------------------

struct written {
    int bits;        // of integers; 32: floats
    int channels;    // 1 gray, 3 RGB, 4 with alpha
    int orientation; // 0: none
    bool premultiplied;
    bool lossy;
    int pictures; // 0: one, which is no film
    const JxlColorEncoding *color;
    GBytes *icc, *exif, *xmp; // NULL: none
};

static JxlBasicInfo basic_info(const struct written *w, const struct image *photo)
{
    JxlBasicInfo info;

    JxlEncoderInitBasicInfo(&info);
    info.xsize = (uint32_t)photo->width;
    info.ysize = (uint32_t)photo->height;
    info.bits_per_sample = (uint32_t)w->bits;
    info.exponent_bits_per_sample = w->bits == 32 ? 8 : 0;
    info.num_color_channels = w->channels == 1 ? 1 : 3;
    info.num_extra_channels = w->channels == 4 ? 1 : 0;
    info.alpha_bits = w->channels == 4 ? info.bits_per_sample : 0;
    info.alpha_exponent_bits = w->channels == 4 ? info.exponent_bits_per_sample : 0;
    info.uses_original_profile = !w->lossy;
    info.orientation = w->orientation > 0 ? (JxlOrientation)w->orientation : JXL_ORIENT_IDENTITY;
    info.have_animation = w->pictures > 0;
    info.animation.tps_numerator = 1;
    info.animation.tps_denominator = 1;
    return info;
}

static void set_color(JxlEncoder *encoder, const struct written *w)
{
    JxlColorEncoding srgb;

    JxlColorEncodingSetToSRGB(&srgb, w->channels == 1);
    if (w->icc != NULL) {
        g_assert_cmpint(JxlEncoderSetICCProfile(encoder, g_bytes_get_data(w->icc, NULL),
                                                g_bytes_get_size(w->icc)),
                        ==, JXL_ENC_SUCCESS);
    } else {
        g_assert_cmpint(JxlEncoderSetColorEncoding(encoder, w->color ? w->color : &srgb), ==,
                        JXL_ENC_SUCCESS);
    }
}

static void add_box(JxlEncoder *encoder, const char *type, GBytes *block, gsize head)
{
    g_autoptr(GByteArray) bytes = g_byte_array_new();

    if (block == NULL) {
        return;
    }
    g_byte_array_append(bytes, (const guint8 *)"\0\0\0\0", (guint)head);
    g_byte_array_append(bytes, g_bytes_get_data(block, NULL), (guint)g_bytes_get_size(block));
    g_assert_cmpint(JxlEncoderAddBox(encoder, type, bytes->data, bytes->len, JXL_TRUE), ==,
                    JXL_ENC_SUCCESS);
}

// colors: (height, width, 1 or 3), alpha: (height, width).
static void add_pictures(JxlEncoder *encoder, const struct written *w, const float *colors,
                         const float *alpha, size_t pixels)
{
    JxlEncoderFrameSettings *settings = JxlEncoderFrameSettingsCreate(encoder, NULL);
    const JxlPixelFormat format = {w->channels == 1 ? 1 : 3, JXL_TYPE_FLOAT, JXL_NATIVE_ENDIAN, 0};
    const size_t plane = sizeof(float) * pixels;

    if (w->lossy) {
        JxlEncoderSetFrameDistance(settings, 0.1f);
    } else {
        JxlEncoderSetFrameLossless(settings, JXL_TRUE);
    }
    for (int i = 0; i < MAX(w->pictures, 1); i++) {
        JxlFrameHeader header;

        JxlEncoderInitFrameHeader(&header);
        header.duration = w->pictures > 0 ? 1 : 0;
        g_assert_cmpint(JxlEncoderSetFrameHeader(settings, &header), ==, JXL_ENC_SUCCESS);
        g_assert_cmpint(
            JxlEncoderAddImageFrame(settings, &format, colors, format.num_channels * plane), ==,
            JXL_ENC_SUCCESS);
        if (w->channels == 4) {
            g_assert_cmpint(JxlEncoderSetExtraChannelBuffer(settings, &format, alpha, plane, 0), ==,
                            JXL_ENC_SUCCESS);
        }
    }
}

// Alpha is a ramp that begins at 0.
static GBytes *write_photo(const struct written *w, const struct image *photo)
{
    enum { ROOM = 1 << 20 };
    JxlEncoder *encoder = JxlEncoderCreate(NULL);
    const JxlBasicInfo info = basic_info(w, photo);
    const size_t pixels = (size_t)photo->width * photo->height, count = MIN(w->channels, 3);
    g_autofree float *colors = g_new(float, 3 * pixels), *alpha = g_new(float, pixels);
    guint8 *bytes = g_malloc(ROOM), *next = bytes;
    size_t left = ROOM;

    for (size_t i = 0; i < pixels; i++) {
        alpha[i] = (float)(i % (size_t)photo->width * 5) / 255.0f;
        for (size_t c = 0; c < count; c++) {
            colors[i * count + c] = photo->rgb[3 * i + c] * (w->premultiplied ? alpha[i] : 1.0f);
        }
    }
    if (w->exif != NULL || w->xmp != NULL) {
        g_assert_cmpint(JxlEncoderUseBoxes(encoder), ==, JXL_ENC_SUCCESS);
    }
    JxlEncoderSetCodestreamLevel(encoder, 10);
    g_assert_cmpint(JxlEncoderSetBasicInfo(encoder, &info), ==, JXL_ENC_SUCCESS);
    set_color(encoder, w);
    add_box(encoder, "Exif", w->exif, 4);
    add_pictures(encoder, w, colors, alpha, pixels);
    add_box(encoder, "xml ", w->xmp, 0);
    JxlEncoderCloseInput(encoder);
    g_assert_cmpint(JxlEncoderProcessOutput(encoder, &next, &left), ==, JXL_ENC_SUCCESS);
    JxlEncoderDestroy(encoder);
    return g_bytes_new_take(bytes, ROOM - left);
}

static struct image *read_stored(GBytes *file)
{
    g_autoptr(GError) error = NULL;

    g_assert_cmpstr(codec_sniff(file)->name, ==, "jxl");

    struct image *image = codec_sniff(file)->read(file, NULL, &error);

    g_assert_no_error(error);
    return image;
}

// ---- samples ------------------------------------------------------------------------------------

static void test_exact(void)
{
    static const int BITS[] = {8, 10, 16}, CHANNELS[] = {1, 3, 4};

    for (size_t b = 0; b < G_N_ELEMENTS(BITS); b++) {
        struct image *photo = picture_photo(WIDTH, HEIGHT, BITS[b], 4);
        const float most = (float)((1 << BITS[b]) - 1);

        for (size_t n = 0; n < G_N_ELEMENTS(CHANNELS); n++) {
            const struct written w = {.bits = BITS[b], .channels = CHANNELS[n]};
            g_autoptr(GBytes) file = write_photo(&w, photo);
            struct image *back = read_stored(file);

            g_assert_cmpint(back->meta.bits, ==, BITS[b] > 8 ? 16 : 8);
            g_assert_true((back->alpha != NULL) == (CHANNELS[n] == 4));
            g_assert_null(back->meta.icc);
            g_assert_null(back->meta.note);
            for (int i = 0; i < WIDTH * HEIGHT * 3; i++) {
                const float value = photo->rgb[CHANNELS[n] == 1 ? i / 3 * 3 : i];

                g_assert_cmpuint(image_quantize(back->rgb[i], most), ==,
                                 image_quantize(value, most));
            }
            for (int i = 0; back->alpha != NULL && i < WIDTH * HEIGHT; i++) {
                g_assert_cmpuint(image_quantize(back->alpha[i], 255.0f), ==, i % WIDTH * 5);
            }
            image_free(back);
        }
        image_free(photo);
    }
}

static void test_floats(void)
{
    const struct written w = {.bits = 32, .channels = 3};
    struct image *photo = picture_photo(WIDTH, HEIGHT, 16, 4);

    photo->rgb[0] = -0.25f;
    photo->rgb[1] = 1.5f;

    g_autoptr(GBytes) file = write_photo(&w, photo);
    struct image *back = read_stored(file);

    g_assert_cmpint(back->meta.bits, ==, 16);
    picture_assert_same(back, photo);
    image_free(photo);
    image_free(back);
}

static bool says_premultiplied(const guint8 *data, gsize size)
{
    JxlDecoder *decoder = JxlDecoderCreate(NULL);
    JxlBasicInfo info = {0};

    JxlDecoderSubscribeEvents(decoder, JXL_DEC_BASIC_INFO);
    JxlDecoderSetInput(decoder, data, size);

    const bool ok = JxlDecoderProcessInput(decoder) == JXL_DEC_BASIC_INFO &&
                    JxlDecoderGetBasicInfo(decoder, &info) == JXL_DEC_SUCCESS;

    JxlDecoderDestroy(decoder);
    return ok && info.alpha_premultiplied;
}

// libjxl 0.7 writes no such file, so the bit is set afterwards: the one that makes it say so.
static GBytes *as_premultiplied(GBytes *file)
{
    const gsize size = g_bytes_get_size(file);
    guint8 *bytes = g_memdup2(g_bytes_get_data(file, NULL), size);
    gsize bit = 16;

    for (;; bit++) {
        g_assert_cmpuint(bit, <, 8 * size);
        bytes[bit / 8] ^= (guint8)(1 << bit % 8);
        if (says_premultiplied(bytes, size)) {
            return g_bytes_new_take(bytes, size);
        }
        bytes[bit / 8] ^= (guint8)(1 << bit % 8);
    }
}

// Colours of what cannot be seen are lost.
static void test_premultiplied(void)
{
    const struct written w = {.bits = 16, .channels = 4, .premultiplied = true};
    struct image *photo = picture_photo(WIDTH, HEIGHT, 8, 4);
    g_autoptr(GBytes) straight = write_photo(&w, photo);
    g_autoptr(GBytes) file = as_premultiplied(straight);
    struct image *back = read_stored(file);

    for (int i = 0; i < WIDTH * HEIGHT; i++) {
        for (int c = 0; c < 3 && i % WIDTH > 0; c++) {
            g_assert_cmpfloat_with_epsilon(back->rgb[3 * i + c], photo->rgb[3 * i + c], 0.001f);
        }
    }
    image_free(photo);
    image_free(back);
}

static void clip(struct image *image)
{
    for (int i = 0; i < 3 * image->width * image->height; i++) {
        image->rgb[i] = CLAMP(image->rgb[i], 0.0f, 1.0f);
    }
}

// In libjxl's own space, back to sRGB whatever the original's profile is. What sRGB cannot say,
// libjxl and lcms2 say differently.
static void test_lossy(void)
{
    static const double WIDE[] = {0.3127, 0.3290, 0.64, 0.33, 0.21, 0.71, 0.15, 0.06};
    g_autoptr(GBytes) icc = color_profile_from_primaries(WIDE, 2.2);

    for (int i = 0; i < 2; i++) {
        const struct written w = {
            .bits = 16, .channels = 3, .lossy = true, .icc = i == 0 ? NULL : icc};
        struct image *photo = picture_photo(WIDTH, HEIGHT, 16, 4);
        g_autoptr(GBytes) file = write_photo(&w, photo);
        struct image *back = read_stored(file);

        g_assert_cmpint(back->meta.bits, ==, 16);
        g_assert_null(back->meta.icc);
        if (i == 1) {
            g_assert_true(color_to_srgb(photo, icc, NULL));
        }
        clip(photo);
        clip(back);
        g_test_message("%.1f dB", compare_psnr(photo, back));
        g_assert_cmpfloat(compare_psnr(photo, back), >, 30.0);
        image_free(photo);
        image_free(back);
    }
}

// ---- what the files say -------------------------------------------------------------------------

static void test_colors(void)
{
    static const struct {
        JxlPrimaries primaries;
        JxlTransferFunction transfer;
        bool profile;
        const char *note;
    } CASES[] = {
        {JXL_PRIMARIES_SRGB, JXL_TRANSFER_FUNCTION_SRGB, false, NULL},
        {JXL_PRIMARIES_P3, JXL_TRANSFER_FUNCTION_SRGB, true, NULL},
        {JXL_PRIMARIES_2100, JXL_TRANSFER_FUNCTION_709, true, NULL},
        {JXL_PRIMARIES_SRGB, JXL_TRANSFER_FUNCTION_LINEAR, true, NULL},
        {JXL_PRIMARIES_2100, JXL_TRANSFER_FUNCTION_PQ, false,
         "its HDR colours are shown as if they were sRGB"},
        {JXL_PRIMARIES_2100, JXL_TRANSFER_FUNCTION_HLG, false,
         "its HDR colours are shown as if they were sRGB"},
    };

    for (size_t i = 0; i < G_N_ELEMENTS(CASES); i++) {
        const JxlColorEncoding color = {
            .color_space = JXL_COLOR_SPACE_RGB,
            .white_point = JXL_WHITE_POINT_D65,
            .primaries = CASES[i].primaries,
            .transfer_function = CASES[i].transfer,
            .rendering_intent = JXL_RENDERING_INTENT_RELATIVE,
        };
        const struct written w = {.bits = 16, .channels = 3, .color = &color};
        struct image *photo = picture_photo(WIDTH, HEIGHT, 16, 4);
        g_autoptr(GBytes) file = write_photo(&w, photo);
        struct image *back = read_stored(file);

        g_assert_true((back->meta.icc != NULL) == CASES[i].profile);
        g_assert_cmpstr(back->meta.note, ==, CASES[i].note);
        image_free(photo);
        image_free(back);
    }
}

static void test_profile(void)
{
    static const double WIDE[] = {0.3127, 0.3290, 0.64, 0.33, 0.21, 0.71, 0.15, 0.06};
    g_autoptr(GBytes) icc = color_profile_from_primaries(WIDE, 2.2);
    const struct written w = {.bits = 16, .channels = 3, .icc = icc};
    struct image *photo = picture_photo(WIDTH, HEIGHT, 16, 4);
    g_autoptr(GBytes) file = write_photo(&w, photo);
    struct image *back = read_stored(file);

    g_assert_true(back->meta.icc != NULL && g_bytes_equal(back->meta.icc, icc));
    image_free(photo);
    image_free(back);
}

// What EXIF says of the picture as it is stored.
static void test_turned_density(void)
{
    for (int orientation = 1; orientation <= 8; orientation++) {
        g_autoptr(GBytes) exif = picture_exif_density(orientation);
        const struct written w = {
            .bits = 8, .channels = 3, .orientation = orientation, .exif = exif};
        struct image *photo = picture_photo(WIDTH, HEIGHT, 8, 4);
        g_autoptr(GBytes) file = write_photo(&w, photo);
        struct image *back = image_load_bytes(file, NULL, NULL);

        g_assert_nonnull(back);
        g_assert_cmpfloat_with_epsilon(back->meta.density[0], orientation >= 5 ? 127 : 254, 1e-9);
        g_assert_cmpfloat_with_epsilon(back->meta.density[1], orientation >= 5 ? 254 : 127, 1e-9);
        image_free(photo);
        image_free(back);
    }
}

// The header turns the picture, and EXIF, in a box that brotli has packed, says the same.
static void test_turned_once(void)
{
    static const char XMP[] =
        "<x:xmpmeta xmlns:x=\"adobe:ns:meta/\"><rdf:RDF "
        "xmlns:rdf=\"http://www.w3.org/1999/02/22-rdf-syntax-ns#\"><rdf:Description "
        "xmlns:dc=\"http://purl.org/dc/elements/1.1/\" dc:format=\"image/jxl\"/>"
        "</rdf:RDF></x:xmpmeta>";
    g_autoptr(GBytes) xmp = g_bytes_new_static(XMP, strlen(XMP));

    for (int orientation = 1; orientation <= 8; orientation++) {
        g_autoptr(GBytes) exif = picture_exif(orientation, true);
        const struct written w = {
            .bits = 8, .channels = 4, .orientation = orientation, .exif = exif, .xmp = xmp};
        struct image *photo = picture_photo(WIDTH, HEIGHT, 8, 4);
        struct image *expected = image_orient(photo, orientation, NULL);
        g_autoptr(GBytes) file = write_photo(&w, photo);
        struct image *back = image_load_bytes(file, NULL, NULL);
        struct image_info info = {0};

        g_assert_nonnull(back);
        g_assert_cmpint(back->width, ==, expected->width);
        g_assert_cmpint(back->height, ==, expected->height);
        g_assert_cmpfloat(picture_difference(back, expected), <, 1e-6);
        g_assert_cmpint(metadata_orientation(back->meta.exif), ==, 1);
        g_assert_nonnull(back->meta.exif);
        g_assert_true(back->meta.xmp != NULL && g_bytes_equal(back->meta.xmp, xmp));
        g_assert_true(codec_find("jxl")->read_info(file, &info, NULL));
        g_assert_cmpint(info.width, ==, expected->width);
        g_assert_true(g_bytes_equal(info.meta.exif, back->meta.exif));
        image_meta_clear(&info.meta);
        image_free(photo);
        image_free(expected);
        image_free(back);
    }
}

static void test_film(void)
{
    for (int pictures = 1; pictures <= 2; pictures++) {
        const struct written w = {.bits = 8, .channels = 3, .pictures = pictures};
        struct image *photo = picture_photo(WIDTH, HEIGHT, 8, 4);
        g_autoptr(GBytes) file = write_photo(&w, photo);
        struct image *back = read_stored(file);

        g_assert_cmpfloat(picture_difference(back, photo), <, 1e-6);
        g_assert_cmpstr(back->meta.note, ==, pictures == 1 ? NULL : CODEC_FIRST_NOTE);
        image_free(photo);
        image_free(back);
    }
}

// ---- hostile files ------------------------------------------------------------------------------

// One sentence, or the picture in a coarse form and with a note: it is of two parts, and larger
// than what libjxl packs at once.
static void test_cut_short(void)
{
    enum { LONG_SIDE = 300 };
    const struct written w = {.bits = 8, .channels = 3, .lossy = true};
    struct image *photo = picture_photo(LONG_SIDE, HEIGHT, 8, 4);
    g_autoptr(GBytes) file = write_photo(&w, photo);
    const gsize size = g_bytes_get_size(file);
    int partial = 0;

    for (gsize cut = 12; cut < size; cut += 7) { // behind the signature
        g_autofree guint8 *copy = g_memdup2(g_bytes_get_data(file, NULL), cut);
        g_autoptr(GBytes) part = g_bytes_new_static(copy, cut);
        g_autoptr(GError) error = NULL;
        struct image *image = image_load_bytes(part, NULL, &error);

        if (image != NULL) {
            g_assert_cmpint(image->width, ==, LONG_SIDE);
            g_assert_cmpstr(image->meta.note, ==, CODEC_PARTIAL_NOTE);
            g_assert_cmpfloat(compare_psnr(photo, image), >, 15.0);
            partial++;
        } else {
            g_assert_error(error, TINCTURE_ERROR, TINCTURE_ERROR_FILE);
        }
        image_free(image);
    }
    g_test_message("%d of %d", partial, (int)(size / 7));
    g_assert_cmpint(partial, >, 0);
    image_free(photo);
}

// A header of 40000 x 40000: one bit says that the sizes are not small, two that 18 bits follow,
// then the height less one, and the shape that makes the width the same.
static void test_huge(void)
{
    static const guint8 HEAD[] = {0xff, 0x0a, 0xfc, 0xe1, 0x24, 0x01, 0, 0, 0, 0};
    g_autoptr(GBytes) file = g_bytes_new_static(HEAD, sizeof(HEAD));
    g_autoptr(GError) error = NULL;

    g_assert_null(image_load_bytes(file, NULL, &error));
    g_assert_error(error, TINCTURE_ERROR, TINCTURE_ERROR_UNSUPPORTED);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/jxl/exact", test_exact);
    g_test_add_func("/jxl/floats", test_floats);
    g_test_add_func("/jxl/premultiplied", test_premultiplied);
    g_test_add_func("/jxl/lossy", test_lossy);
    g_test_add_func("/jxl/colors", test_colors);
    g_test_add_func("/jxl/profile", test_profile);
    g_test_add_func("/jxl/turned-once", test_turned_once);
    g_test_add_func("/jxl/turned-density", test_turned_density);
    g_test_add_func("/jxl/film", test_film);
    g_test_add_func("/jxl/cut-short", test_cut_short);
    g_test_add_func("/jxl/huge", test_huge);
    return g_test_run();
}
