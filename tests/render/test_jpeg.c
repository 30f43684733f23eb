// What is special to JPEG: kinds of colour and of coding.
#include "compute/error.h"
#include "render/file.h"
#include "tests/render/pictures.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <jpeglib.h>

struct recording {
    J_COLOR_SPACE space;
    int components;
    bool adobe, progressive;
    uint8_t pixel[4]; // colour of the whole picture
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

// 100 % cyan ink and 20 % black: inverted in Adobe's files, plain in others.
static void test_cmyk(void)
{
    struct recording adobe = {JCS_CMYK, 4, true, false, {0, 255, 255, 204}};
    struct recording plain = {JCS_CMYK, 4, false, false, {255, 0, 0, 51}};

    assert_color(&adobe, 0.0f, 0.8f, 0.8f);
    assert_color(&plain, 0.0f, 0.8f, 0.8f);
}

static void test_progressive_cut_short(void)
{
    struct recording recording = {JCS_RGB, 3, false, true, {51, 102, 204}};
    g_autoptr(GBytes) file = record(&recording);
    gsize size = g_bytes_get_size(file);

    for (gsize cut = 0; cut < size; cut++) {
        g_autoptr(GBytes) part = g_bytes_new_from_bytes(file, 0, cut);

        g_assert_null(image_load_bytes(part, NULL, NULL));
    }
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
    g_test_add_func("/jpeg/progressive-cut-short", test_progressive_cut_short);
    g_test_add_func("/jpeg/huge-header", test_huge_header);
    return g_test_run();
}
