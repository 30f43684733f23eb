// What is special to JPEG: kinds of colour and of coding.
#define _GNU_SOURCE // memmem
#include "compute/error.h"
#include "render/file.h"
#include "tests/render/pictures.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <jpeglib.h>
#include <lcms2.h>

struct recording {
    J_COLOR_SPACE space;
    int components;
    bool adobe, progressive;
    uint8_t pixel[4]; // colour of the whole picture
    GBytes *icc;      // borrowed, or NULL
};

enum { SIDE = 24 };

static GBytes *record(const struct recording *recording)
{
    struct jpeg_compress_struct jpeg;
    struct jpeg_error_mgr manager;
    unsigned char *bytes = NULL;
    unsigned long size = 0;
    uint8_t row[SIDE * 4];
    JSAMPROW rows[1] = {row};

    for (int i = 0; i < SIDE * recording->components; i++) {
        row[i] = recording->pixel[i % recording->components];
    }
    jpeg.err = jpeg_std_error(&manager);
    jpeg_create_compress(&jpeg);
    jpeg_mem_dest(&jpeg, &bytes, &size);
    jpeg.image_width = jpeg.image_height = SIDE;
    jpeg.input_components = recording->components;
    jpeg.in_color_space = recording->space;
    jpeg_set_defaults(&jpeg);
    jpeg_set_quality(&jpeg, 100, TRUE);
    jpeg.write_Adobe_marker = recording->adobe;
    if (recording->progressive) {
        jpeg_simple_progression(&jpeg);
    }
    jpeg_start_compress(&jpeg, TRUE);
    if (recording->icc != NULL) {
        jpeg_write_icc_profile(&jpeg, g_bytes_get_data(recording->icc, NULL),
                               (unsigned)g_bytes_get_size(recording->icc));
    }
    for (int y = 0; y < SIDE; y++) {
        jpeg_write_scanlines(&jpeg, rows, 1);
    }
    jpeg_finish_compress(&jpeg);
    jpeg_destroy_compress(&jpeg);
    return g_bytes_new_with_free_func(bytes, size, free, bytes);
}

static void assert_color(const struct recording *recording, float red, float green, float blue)
{
    g_autoptr(GBytes) file = record(recording);
    g_autoptr(GError) error = NULL;
    struct image *image = image_load_bytes(file, NULL, &error);
    struct image *expected = picture_flat(SIDE, SIDE, red, green, blue);

    g_assert_no_error(error);
    g_assert_cmpfloat(picture_difference(image, expected), <, 0.012);
    image_free(image);
    image_free(expected);
}

static void test_gray(void)
{
    struct recording recording = {JCS_GRAYSCALE, 1, false, false, {51}};

    assert_color(&recording, 0.2f, 0.2f, 0.2f);
}

static void test_progressive(void)
{
    struct recording recording = {JCS_RGB, 3, false, true, {51, 102, 204}};

    assert_color(&recording, 0.2f, 0.4f, 0.8f);
}

// 100 % cyan ink and 20 % black, inverted with and without Adobe's marker: what Pillow, ImageMagick
// and browsers make of both.
static void test_cmyk(void)
{
    struct recording adobe = {JCS_CMYK, 4, true, false, {0, 255, 255, 204}};
    struct recording plain = {JCS_CMYK, 4, false, false, {0, 255, 255, 204}};

    assert_color(&adobe, 0.0f, 0.8f, 0.8f);
    assert_color(&plain, 0.0f, 0.8f, 0.8f);
}

// Of an imaginary press: black ink takes lightness, the others half of it, and none has a hue.
static GBytes *press_profile(void)
{
    enum { NODES = 16, LIGHT = 0xff00, NEUTRAL = 0x8000 }; // Lab as the second version has it
    cmsUInt16Number table[NODES][3];
    cmsHPROFILE profile = cmsCreateProfilePlaceholder(NULL);
    cmsPipeline *pipeline = cmsPipelineAlloc(NULL, 4, 3);
    cmsUInt32Number size = 0;

    for (int i = 0; i < NODES; i++) { // C, M, Y, K from the highest bit on
        table[i][0] = (cmsUInt16Number)(i & 1 ? 0 : i > 0 ? LIGHT / 2 : LIGHT);
        table[i][1] = table[i][2] = NEUTRAL;
    }
    cmsSetProfileVersion(profile, 2.1);
    cmsSetDeviceClass(profile, cmsSigInputClass);
    cmsSetColorSpace(profile, cmsSigCmykData);
    cmsSetPCS(profile, cmsSigLabData);
    cmsPipelineInsertStage(pipeline, cmsAT_BEGIN, cmsStageAllocCLut16bit(NULL, 2, 4, 3, table[0]));
    g_assert_true(cmsWriteTag(profile, cmsSigAToB0Tag, pipeline));
    g_assert_true(cmsSaveProfileToMem(profile, NULL, &size));

    void *data = g_malloc(size);

    cmsSaveProfileToMem(profile, data, &size);
    cmsPipelineFree(pipeline);
    cmsCloseProfile(profile);
    return g_bytes_new_take(data, size);
}

// Half the black ink is L* 50, in sRGB 0.466; without the profile it would be 0.5.
static void test_cmyk_profile(void)
{
    g_autoptr(GBytes) icc = press_profile();
    struct recording black = {JCS_CMYK, 4, true, false, {255, 255, 255, 128}, icc};
    struct recording paper = {JCS_CMYK, 4, true, false, {255, 255, 255, 255}, icc};
    struct recording cyan = {JCS_CMYK, 4, false, false, {0, 255, 255, 255}, icc};

    assert_color(&black, 0.466f, 0.466f, 0.466f);
    assert_color(&paper, 1.0f, 1.0f, 1.0f);
    assert_color(&cyan, 0.466f, 0.466f, 0.466f);
}

static GBytes *srgb_profile(void)
{
    cmsHPROFILE profile = cmsCreate_sRGBProfile();
    cmsUInt32Number size = 0;

    g_assert_true(cmsSaveProfileToMem(profile, NULL, &size));

    void *data = g_malloc(size);

    cmsSaveProfileToMem(profile, data, &size);
    cmsCloseProfile(profile);
    return g_bytes_new_take(data, size);
}

// A profile of which a part is missing is not taken, and that is said.
static void test_part_of_a_profile(void)
{
    g_autoptr(GBytes) icc = srgb_profile();
    struct recording whole = {JCS_RGB, 3, false, false, {200, 100, 50}, icc};
    g_autoptr(GBytes) file = record(&whole);
    gsize size = 0;
    guint8 *data = g_memdup2(g_bytes_get_data(file, &size), g_bytes_get_size(file));
    guint8 *name = memmem(data, size, "ICC_PROFILE", 12);

    name[13] = 2; // of so many
    g_autoptr(GBytes) part = g_bytes_new_take(data, size);
    g_autoptr(GError) error = NULL;
    struct image *image = image_load_bytes(part, NULL, &error);

    g_assert_no_error(error);
    g_assert_nonnull(strstr(image->meta.note, "profile is damaged"));
    image_free(image);
}

// The profile with its only table under a name that nobody looks for.
static GBytes *without_table(GBytes *icc)
{
    enum { FIRST_TAG = 132 };
    gsize size = 0;
    guint8 *data = g_memdup2(g_bytes_get_data(icc, &size), g_bytes_get_size(icc));

    g_assert_cmpmem(data + FIRST_TAG, 4, "A2B0", 4);
    data[FIRST_TAG] = 'x';
    return g_bytes_new_take(data, size);
}

// A profile that cannot be used is ignored, which is said.
static void test_cmyk_bad_profile(void)
{
    enum { CUT = 100 }; // bytes that are left, of a head of 128
    static const char *const NOTES[] = {
        NULL,
        "the colour profile is damaged and was ignored",
        "the colour profile is not for CMYK pictures and was ignored",
        "the colour profile cannot be used and was ignored",
    };
    g_autoptr(GBytes) sound = press_profile(), rgb = srgb_profile();
    g_autoptr(GBytes) cut = g_bytes_new_from_bytes(sound, 0, CUT);
    g_autoptr(GBytes) untold = without_table(sound);
    GBytes *const profiles[] = {sound, cut, rgb, untold};

    for (size_t i = 0; i < G_N_ELEMENTS(NOTES); i++) {
        const struct recording black = {JCS_CMYK,   4, true, false, {255, 255, 255, 128},
                                        profiles[i]};
        g_autoptr(GBytes) file = record(&black);
        struct image *image = image_load_bytes(file, NULL, NULL);

        g_assert_nonnull(image);
        g_assert_cmpstr(image->meta.note, ==, NOTES[i]);
        g_assert_cmpfloat_with_epsilon(image->rgb[0], i == 0 ? 0.466f : 128 / 255.0f, 0.012);
        image_free(image);
    }
}

// ---- damage -------------------------------------------------------------------------------------

static GBytes *record_photo(bool progressive)
{
    struct image_save_params params = {.format = "jpeg", .quality = 95};
    struct recording recording = {JCS_RGB, 3, false, true, {51, 102, 204}};
    struct image *photo = picture_photo(61, 47, 8, 1);
    GBytes *file = progressive ? record(&recording) : image_encode(photo, &params, NULL);

    image_free(photo);
    return file;
}

// What may stand where the end of the picture is to be marked: nothing, nothing that means
// anything, and what looks like parts of a picture.
static void test_without_end(void)
{
    static const char *const TRAILERS[] = {"",
                                           "trailer",
                                           "x\xff\x02y",
                                           "\xff\xc4\x01\x01zzz",
                                           "\xff\xda\x01\x08\x01\x02zzzzzz",
                                           "\xff\xd8\xff\xdb"};

    for (size_t i = 0; i < 2 * G_N_ELEMENTS(TRAILERS); i++) {
        g_autoptr(GBytes) whole = record_photo(i % 2);
        g_autoptr(GByteArray) bytes = g_byte_array_new();
        const char *trailer = TRAILERS[i / 2];
        g_autoptr(GError) error = NULL;

        g_byte_array_append(bytes, g_bytes_get_data(whole, NULL),
                            (guint)g_bytes_get_size(whole) - 2);
        g_byte_array_append(bytes, (const guint8 *)trailer, (guint)strlen(trailer));

        g_autoptr(GBytes) file = g_bytes_new(bytes->data, bytes->len);
        struct image *expected = image_load_bytes(whole, NULL, NULL);
        struct image *image = image_load_bytes(file, NULL, &error);

        g_assert_no_error(error);
        picture_assert_same(image, expected);
        g_assert_nonnull(strstr(image->meta.note, "cut short"));
        g_assert_null(expected->meta.note);
        image_free(image);
        image_free(expected);
    }
}

// The same bytes behind a picture that has an end are none of its.
static void test_behind_the_end(void)
{
    g_autoptr(GBytes) whole = record_photo(false);
    g_autoptr(GByteArray) bytes = g_byte_array_new();

    g_byte_array_append(bytes, g_bytes_get_data(whole, NULL), (guint)g_bytes_get_size(whole));
    g_byte_array_append(bytes, (const guint8 *)"\xff\x02trailer", 9);

    g_autoptr(GBytes) file = g_bytes_new(bytes->data, bytes->len);
    struct image *image = image_load_bytes(file, NULL, NULL);

    g_assert_null(image->meta.note);
    image_free(image);
}

// Wherever a file is cut, what was there before is shown; a part of one row is not a picture.
static void test_cut_in_the_pixels(void)
{
    g_autoptr(GBytes) file = record_photo(false);
    gsize size = g_bytes_get_size(file);
    struct image *expected = image_load_bytes(file, NULL, NULL);
    g_autoptr(GBytes) most = g_bytes_new_from_bytes(file, 0, size - size / 10);
    g_autoptr(GBytes) little = g_bytes_new_from_bytes(file, 0, size / 5);
    g_autoptr(GError) error = NULL;
    struct image *image = image_load_bytes(most, NULL, NULL);

    g_assert_nonnull(image->meta.note);
    g_assert_cmpmem(image->rgb, 61 * 32 * 3 * sizeof(float), expected->rgb,
                    61 * 32 * 3 * sizeof(float));
    g_assert_null(image_load_bytes(little, NULL, &error));
    g_assert_nonnull(strstr(error->message, "cut short"));
    image_free(image);
    image_free(expected);
}

static void test_huge_header(void)
{
    struct recording recording = {JCS_RGB, 3, false, false, {51, 102, 204}};
    g_autoptr(GBytes) file = record(&recording);
    gsize size = g_bytes_get_size(file);
    guint8 *bytes = g_memdup2(g_bytes_get_data(file, NULL), size);
    guint8 *frame = bytes_find(bytes, size, "\xff\xc0", 2);

    g_assert_nonnull(frame);
    memcpy(frame + 5, "\xea\x60\xea\x60", 4); // height and width 60000

    g_autoptr(GBytes) bomb = g_bytes_new_take(bytes, size);
    g_autoptr(GError) error = NULL;

    g_assert_null(image_load_bytes(bomb, NULL, &error));
    g_assert_error(error, TINCTURE_ERROR, TINCTURE_ERROR_UNSUPPORTED);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/jpeg/gray", test_gray);
    g_test_add_func("/jpeg/progressive", test_progressive);
    g_test_add_func("/jpeg/cmyk", test_cmyk);
    g_test_add_func("/jpeg/cmyk-profile", test_cmyk_profile);
    g_test_add_func("/jpeg/cmyk-bad-profile", test_cmyk_bad_profile);
    g_test_add_func("/jpeg/part-of-a-profile", test_part_of_a_profile);
    g_test_add_func("/jpeg/without-end", test_without_end);
    g_test_add_func("/jpeg/behind-the-end", test_behind_the_end);
    g_test_add_func("/jpeg/cut-in-the-pixels", test_cut_in_the_pixels);
    g_test_add_func("/jpeg/huge-header", test_huge_header);
    return g_test_run();
}
