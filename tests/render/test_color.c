// Embedded profiles: the numbers, and profiles that are damaged or of the wrong kind.
#include "render/codec.h"
#include "render/color.h"
#include "render/compare.h"
#include "render/file.h"
#include "tests/render/pictures.h"

#include <lcms2.h>
#include <math.h>
#include <string.h>

static GBytes *save_profile(cmsHPROFILE profile)
{
    cmsUInt32Number size = 0;

    g_assert_true(cmsSaveProfileToMem(profile, NULL, &size));

    void *data = g_malloc(size);

    g_assert_true(cmsSaveProfileToMem(profile, data, &size));
    cmsCloseProfile(profile);
    return g_bytes_new_take(data, size);
}

// Takes the curve.
static GBytes *rgb_profile(const cmsCIExyYTRIPLE *primaries, cmsToneCurve *curve)
{
    cmsCIExyY d65 = {0.3127, 0.3290, 1.0};
    cmsToneCurve *curves[3] = {curve, curve, curve};
    GBytes *profile = save_profile(cmsCreateRGBProfile(&d65, primaries, curves));

    cmsFreeToneCurve(curve);
    return profile;
}

static const double ADOBE_GAMMA = 563.0 / 256.0;

static GBytes *adobe_rgb(void)
{
    static const cmsCIExyYTRIPLE PRIMARIES = {
        {0.64, 0.33, 1.0}, {0.21, 0.71, 1.0}, {0.15, 0.06, 1.0}};

    return rgb_profile(&PRIMARIES, cmsBuildGamma(NULL, ADOBE_GAMMA));
}

static GBytes *display_p3(void)
{
    static const cmsCIExyYTRIPLE PRIMARIES = {
        {0.680, 0.320, 1.0}, {0.265, 0.690, 1.0}, {0.150, 0.060, 1.0}};
    static const double SRGB_CURVE[] = {2.4, 1.0 / 1.055, 0.055 / 1.055, 1.0 / 12.92, 0.04045};

    return rgb_profile(&PRIMARIES, cmsBuildParametricToneCurve(NULL, 4, SRGB_CURVE));
}

static GBytes *linear_gray(void)
{
    cmsToneCurve *linear = cmsBuildGamma(NULL, 1.0);
    GBytes *profile = save_profile(cmsCreateGrayProfile(cmsD50_xyY(), linear));

    cmsFreeToneCurve(linear);
    return profile;
}

// Adobe RGB (1998), section 4.3.5.3, and IEC 61966-2-1, both for D65.
static const double ADOBE_TO_XYZ[3][3] = {
    {0.57667, 0.18556, 0.18823}, {0.29734, 0.62736, 0.07529}, {0.02703, 0.07069, 0.99134}};
static const double XYZ_TO_SRGB[3][3] = {
    {3.2406, -1.5372, -0.4986}, {-0.9689, 1.8758, 0.0415}, {0.0557, -0.2040, 1.0570}};

static void multiply(const double m[3][3], const double in[3], double out[3])
{
    for (int i = 0; i < 3; i++) {
        out[i] = m[i][0] * in[0] + m[i][1] * in[1] + m[i][2] * in[2];
    }
}

static double srgb_encode(double linear)
{
    return linear <= 0.0031308 ? 12.92 * linear : 1.055 * pow(linear, 1.0 / 2.4) - 0.055;
}

static void test_adobe_rgb(void)
{
    // All within sRGB's gamut.
    static const float COLORS[][3] = {
        {0.5f, 0.5f, 0.5f}, {0.7f, 0.4f, 0.3f}, {0.3f, 0.5f, 0.6f}, {1.0f, 1.0f, 1.0f}};
    g_autoptr(GBytes) icc = adobe_rgb();

    for (size_t i = 0; i < G_N_ELEMENTS(COLORS); i++) {
        struct image *image = picture_flat(2, 2, COLORS[i][0], COLORS[i][1], COLORS[i][2]);
        double linear[3], xyz[3], expected[3];

        for (int c = 0; c < 3; c++) {
            linear[c] = pow(COLORS[i][c], ADOBE_GAMMA);
        }
        multiply(ADOBE_TO_XYZ, linear, xyz);
        multiply(XYZ_TO_SRGB, xyz, expected);
        g_assert_true(color_to_srgb(image, icc, NULL));
        for (int c = 0; c < 3; c++) {
            g_assert_cmpfloat_with_epsilon(image->rgb[c], srgb_encode(expected[c]), 0.003);
        }
        image_free(image);
    }
}

// Colours outside sRGB survive the way there and back.
static void test_there_and_back(void)
{
    g_autoptr(GBytes) icc = adobe_rgb();
    struct image *photo = picture_photo(64, 600, 8, 4), *image = image_copy(photo, NULL);

    image->rgb[0] = photo->rgb[0] = 0.0f;
    image->rgb[1] = photo->rgb[1] = 1.0f;
    image->rgb[2] = photo->rgb[2] = 0.0f;
    g_assert_true(color_to_srgb(image, icc, NULL));
    g_assert_cmpfloat(image->rgb[0], <, 0.0f);

    const struct image_rows rows = image_rows_of(image);
    struct color_export *export = color_export_new(&rows, icc, NULL);
    const struct image_rows converted = color_export_rows(export);
    struct image *back = image_rows_gather(&converted, NULL);

    g_assert_cmpfloat(picture_difference(back, photo), <, 0.4 / 255.0);
    color_export_free(export);
    image_free(back);
    image_free(photo);
    image_free(image);
}

// The file as a whole: embedded, converted, exported again in its own space without a changed
// value.
static void test_file_with_profile(void)
{
    struct image_save_params keep = {.format = "png", .keep_profile = true};
    struct image_save_params plain = {.format = "png"};
    struct image *photo = picture_photo(32, 32, 8, 4);

    photo->meta.icc = adobe_rgb();

    g_autoptr(GBytes) first = image_encode(photo, &keep, NULL);
    struct image *loaded = image_load_bytes(first, NULL, NULL);
    g_autoptr(GBytes) second = image_encode(loaded, &keep, NULL);
    g_autoptr(GBytes) as_srgb = image_encode(loaded, &plain, NULL);
    struct image *srgb = image_load_bytes(as_srgb, NULL, NULL);

    g_assert_nonnull(loaded->meta.icc);
    g_assert_true(g_bytes_equal(first, second));
    g_assert_null(srgb->meta.icc);
    g_assert_cmpfloat(compare_psnr(srgb, loaded), >, 45.0);
    image_free(photo);
    image_free(loaded);
    image_free(srgb);
}

// A 16-bit photo with colours outside sRGB comes back to the bit, without the depth being given.
static void test_deep_file_with_profile(void)
{
    struct image_save_params deep = {.format = "png", .bits = 16, .keep_profile = true};
    struct image_save_params as_source = {.format = "png", .keep_profile = true};
    struct image *photo = picture_photo(32, 32, 16, 4);
    g_autoptr(GBytes) p3 = display_p3();

    memcpy(photo->rgb, (float[]){0.0f, 1.0f, 0.0f}, 3 * sizeof(float));
    g_assert_true(color_to_srgb(photo, p3, NULL));
    g_assert_cmpfloat(photo->rgb[0], <, 0.0f);
    photo->meta.icc = g_steal_pointer(&p3);

    g_autoptr(GBytes) first = image_encode(photo, &deep, NULL);
    struct image *loaded = image_load_bytes(first, NULL, NULL);
    g_autoptr(GBytes) second = image_encode(loaded, &as_source, NULL);

    g_assert_cmpint(loaded->meta.bits, ==, 16);
    g_assert_cmpfloat(loaded->rgb[0], <, 0.0f);
    g_assert_true(g_bytes_equal(first, second));
    image_free(photo);
    image_free(loaded);
}

// Profiles in which a coloured picture cannot be written: for gray, or with a header that lcms2
// accepts and libpng refuses. The picture is then an sRGB one.
static void test_profile_not_for_writing(void)
{
    enum { RENDERING_INTENT = 64 };
    static const char *const FORMATS[] = {"png", "jpeg"};
    g_autoptr(GBytes) good = adobe_rgb();
    guint8 *slip = g_memdup2(g_bytes_get_data(good, NULL), g_bytes_get_size(good));

    slip[RENDERING_INTENT] = 0x77;

    GBytes *profiles[] = {linear_gray(), g_bytes_new_take(slip, g_bytes_get_size(good))};

    for (size_t i = 0; i < G_N_ELEMENTS(profiles) * G_N_ELEMENTS(FORMATS); i++) {
        struct image_save_params params = {
            .format = FORMATS[i % 2], .quality = 100, .keep_profile = true};
        struct image *photo = picture_photo(32, 32, 8, 4);
        g_autoptr(GError) error = NULL;

        photo->meta.icc = g_bytes_ref(profiles[i / 2]);

        g_autoptr(GBytes) file = image_encode(photo, &params, &error);

        g_assert_no_error(error);

        struct image *back = image_load_bytes(file, NULL, NULL);

        g_assert_null(back->meta.note);
        g_assert_cmpfloat(compare_psnr(photo, back), >, 40.0);
        image_free(photo);
        image_free(back);
    }
    g_bytes_unref(profiles[0]);
    g_bytes_unref(profiles[1]);
}

static void test_srgb_is_untouched(void)
{
    g_autoptr(GBytes) icc = color_srgb_profile();
    struct image *photo = picture_photo(32, 32, 16, 4), *image = image_copy(photo, NULL);

    g_assert_true(color_to_srgb(image, icc, NULL));
    picture_assert_same(image, photo);
    image_free(photo);
    image_free(image);
}

static void test_gray_profile(void)
{
    g_autoptr(GBytes) icc = linear_gray();
    struct image *image = picture_flat(3, 3, 0.2f, 0.2f, 0.2f);

    g_assert_true(color_to_srgb(image, icc, NULL));
    for (int c = 0; c < 3; c++) {
        g_assert_cmpfloat_with_epsilon(image->rgb[c], srgb_encode(0.2), 0.004);
    }
    image_free(image);
}

// A JPEG file may hold any profile, whatever the picture.
static void test_gray_profile_on_colours(void)
{
    g_autoptr(GBytes) icc = linear_gray();
    struct image *photo = picture_photo(32, 32, 8, 4);
    struct codec_write write = {.bits = 8, .quality = 100, .icc = icc};
    const struct image_rows rows = image_rows_of(photo);
    g_autoptr(GBytes) file = codec_find("jpeg")->write(&rows, &write, NULL);
    struct image *image = image_load_bytes(file, NULL, NULL);

    g_assert_nonnull(image->meta.note);
    g_assert_nonnull(strstr(image->meta.note, "gray"));
    g_assert_null(image->meta.icc);
    g_assert_cmpfloat(compare_psnr(photo, image), >, 40.0);
    image_free(photo);
    image_free(image);
}

static void test_useless_profiles(void)
{
    g_autoptr(GBytes) good = adobe_rgb();
    g_autoptr(GBytes) lab = save_profile(cmsCreateLab4Profile(NULL));
    g_autoptr(GBytes) junk = g_bytes_new_static("this is no profile", 18);
    struct image *photo = picture_photo(8, 8, 8, 4), *image = image_copy(photo, NULL);
    g_autoptr(GError) error = NULL;

    g_assert_false(color_to_srgb(image, lab, &error));
    g_assert_nonnull(error);
    g_assert_false(color_to_srgb(image, junk, NULL));
    picture_assert_same(image, photo);
    for (gsize cut = 0; cut < g_bytes_get_size(good); cut++) {
        g_autoptr(GBytes) part = g_bytes_new_from_bytes(good, 0, cut);

        color_to_srgb(image, part, NULL);
    }
    image_free(photo);
    image_free(image);
}

static void test_broken_profile_in_jpeg(void)
{
    struct image_save_params params = {.format = "jpeg"};
    struct image *photo = picture_photo(32, 32, 8, 4);
    g_autoptr(GBytes) file = image_encode(photo, &params, NULL);
    gsize size = g_bytes_get_size(file);
    guint8 *bytes = g_memdup2(g_bytes_get_data(file, NULL), size);
    guint8 *profile = bytes_find(bytes, size, "acsp", 4);

    g_assert_nonnull(profile);
    memcpy(profile, "oops", 4);

    g_autoptr(GBytes) broken = g_bytes_new_take(bytes, size);
    struct image *image = image_load_bytes(broken, NULL, NULL);

    g_assert_nonnull(image);
    g_assert_nonnull(image->meta.note);
    g_assert_null(image->meta.icc);
    image_free(photo);
    image_free(image);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/color/adobe-rgb", test_adobe_rgb);
    g_test_add_func("/color/there-and-back", test_there_and_back);
    g_test_add_func("/color/file-with-profile", test_file_with_profile);
    g_test_add_func("/color/deep-file-with-profile", test_deep_file_with_profile);
    g_test_add_func("/color/profile-not-for-writing", test_profile_not_for_writing);
    g_test_add_func("/color/srgb-is-untouched", test_srgb_is_untouched);
    g_test_add_func("/color/gray-profile", test_gray_profile);
    g_test_add_func("/color/gray-profile-on-colours", test_gray_profile_on_colours);
    g_test_add_func("/color/useless-profiles", test_useless_profiles);
    g_test_add_func("/color/broken-profile-in-jpeg", test_broken_profile_in_jpeg);
    return g_test_run();
}
