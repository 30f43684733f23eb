// What leaves in another size, and sharpened: in linear light, and in bands as of a piece.
#include "render/file.h"
#include "render/filter.h"
#include "render/luma.h"
#include "render/resize.h"
#include "tests/render/pictures.h"

#include <glib/gstdio.h>
#include <math.h>

static struct image *resized(const struct image *image, int width, int height,
                             enum image_sharpening sharpening)
{
    const struct image_rows rows = image_rows_of(image);
    struct resize *resize = resize_new(&rows, width, height, sharpening);
    const struct image_rows made = resize_rows(resize);
    g_autoptr(GError) error = NULL;
    struct image *result = image_rows_gather(&made, &error);

    g_assert_no_error(error);
    resize_free(resize);
    return result;
}

static struct image *noise(int width, int height, bool with_alpha)
{
    struct image *image = image_new(width, height, with_alpha, NULL);

    for (size_t i = 0; i < 3 * (size_t)width * height; i++) {
        image->rgb[i] = (float)g_test_rand_double_range(0.0, 1.0);
    }
    for (size_t i = 0; with_alpha && i < (size_t)width * height; i++) {
        image->alpha[i] = (float)g_test_rand_double_range(0.0, 1.0);
    }
    return image;
}

// ---- sizes --------------------------------------------------------------------------------------

static void test_sizing(void)
{
    const struct {
        struct image_sizing sizing;
        int width, height, to_width, to_height;
    } cases[] = {{{0}, 300, 200, 300, 200},
                 {{.long_edge = 150}, 300, 200, 150, 100},
                 {{.long_edge = 150}, 200, 300, 100, 150},
                 {{.percent = 50}, 301, 200, 151, 100},
                 {{.long_edge = 600}, 300, 200, 600, 400},
                 {{.long_edge = 10}, 3000, 2, 10, 1}};

    for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
        int width, height;

        g_assert_true(image_sizing_apply(&cases[i].sizing, cases[i].width, cases[i].height, &width,
                                         &height, NULL));
        g_assert_cmpint(width, ==, cases[i].to_width);
        g_assert_cmpint(height, ==, cases[i].to_height);
    }
}

static void test_too_large(void)
{
    const struct image_sizing sizing = {.percent = 400};
    g_autoptr(GError) error = NULL;
    int width, height;

    g_assert_false(image_sizing_apply(&sizing, 20000, 20000, &width, &height, &error));
    g_assert_nonnull(error);
}

// ---- light --------------------------------------------------------------------------------------

// Lines of black and white are half of white's light, which is stored as 188, not as 128.
static void test_linear(void)
{
    struct image *lines = image_new(400, 400, false, NULL), *small;

    for (int i = 0; i < 3 * 400 * 400; i++) {
        lines->rgb[i] = (i / 1200) % 2 ? 1.0f : 0.0f;
    }
    small = resized(lines, 50, 50, IMAGE_SHARPEN_NONE);
    g_assert_cmpfloat_with_epsilon(small->rgb[3 * (25 * 50 + 25)] * 255.0f, 188.0f, 1.0f);
    image_free(small);
    image_free(lines);
}

// Colours that sRGB has not stay what they are.
static void test_wide(void)
{
    struct image *wide = image_new(90, 70, false, NULL), *other;
    const float color[3] = {1.09f, -0.2f, 0.5f};

    for (int i = 0; i < 3 * 90 * 70; i++) {
        wide->rgb[i] = color[i % 3];
    }
    other = resized(wide, 40, 31, IMAGE_SHARPEN_HIGH);
    for (int i = 0; i < 3 * 40 * 31; i++) {
        g_assert_cmpfloat_with_epsilon(other->rgb[i], color[i % 3], 1e-3);
    }
    image_free(other);
    image_free(wide);
}

// What is transparent gives nothing of its colour.
static void test_alpha(void)
{
    struct image *image = image_new(80, 80, true, NULL), *small;

    for (int i = 0; i < 80 * 80; i++) {
        const bool shown = i % 80 < 40;

        image->alpha[i] = shown ? 1.0f : 0.0f;
        image->rgb[3 * i] = shown ? 1.0f : 0.0f;
        image->rgb[3 * i + 1] = shown ? 0.0f : 1.0f;
        image->rgb[3 * i + 2] = 0.0f;
    }
    small = resized(image, 30, 30, IMAGE_SHARPEN_NONE);
    for (int i = 0; i < 30 * 30; i++) {
        if (small->alpha[i] > 0.01f) {
            g_assert_cmpfloat(small->rgb[3 * i + 1], <=, 0.01f);
        }
    }
    image_free(small);
    image_free(image);
}

// ---- bands --------------------------------------------------------------------------------------

// With the size as it is: the unsharp mask of the whole plane at once.
static void test_sharpening(void)
{
    enum { W = 53, H = 301 };
    struct image *image = noise(W, H, false), *sharp = resized(image, W, H, IMAGE_SHARPEN_STANDARD);
    g_autofree float *bright = luma_plane(image->rgb, W * H);
    g_autofree float *blurred = luma_plane(image->rgb, W * H);

    filter_gaussian(blurred, W, H, 0.8);
    for (int i = 0; i < 3 * W * H; i++) {
        const float expected = image->rgb[i] + 0.7f * (bright[i / 3] - blurred[i / 3]);

        g_assert_cmpfloat_with_epsilon(sharp->rgb[i], expected, 1e-5);
    }
    image_free(sharp);
    image_free(image);
}

// A row of the result is the same wherever bands begin: of a picture that repeats itself from the
// edge of a band on.
static void test_seams(void)
{
    struct image *image = image_new(64, 1024, false, NULL), *small;

    for (int y = 0; y < 1024; y++) {
        for (int i = 0; i < 3 * 64; i++) {
            image->rgb[3 * 64 * y + i] = (float)((y % 8) * 0.1 + 0.02 * (i % 5));
        }
    }
    small = resized(image, 32, 512, IMAGE_SHARPEN_HIGH);
    for (int y = 40; y < 470; y++) {
        for (int i = 0; i < 3 * 32; i++) {
            g_assert_cmpfloat_with_epsilon(small->rgb[3 * 32 * y + i],
                                           small->rgb[3 * 32 * (y + 4) + i], 1e-4);
        }
    }
    image_free(small);
    image_free(image);
}

static void test_stays(void)
{
    struct image *image = noise(70, 150, true), *same = resized(image, 70, 150, IMAGE_SHARPEN_NONE);

    g_assert_cmpmem(image->rgb, 3 * 70 * 150 * sizeof(float), same->rgb,
                    3 * 70 * 150 * sizeof(float));
    g_assert_cmpmem(image->alpha, 70 * 150 * sizeof(float), same->alpha, 70 * 150 * sizeof(float));
    image_free(same);
    image_free(image);
}

// ---- files --------------------------------------------------------------------------------------

// In every format, also with a task that is stopped: then nothing is left.
static void test_files(void)
{
    struct image *image = noise(200, 100, false);
    const char *const formats[] = {"png", "jpeg", "tiff", "webp"};
    g_autofree char *dir = g_dir_make_tmp("tincture-XXXXXX", NULL);

    for (gsize i = 0; i < G_N_ELEMENTS(formats); i++) {
        g_autofree char *path = g_build_filename(dir, formats[i], NULL);
        g_autoptr(GFile) file = g_file_new_for_path(path);
        g_autoptr(GCancellable) cancellable = g_cancellable_new();
        struct task task = {.cancellable = cancellable};
        struct image_save_params params = {.format = formats[i],
                                           .sizing = {.long_edge = 50},
                                           .sharpening = IMAGE_SHARPEN_LOW,
                                           .task = &task};
        struct image_info info;
        g_autoptr(GError) error = NULL;

        g_cancellable_cancel(cancellable);
        g_assert_false(image_save(image, file, &params, &error));
        g_assert_error(error, G_IO_ERROR, G_IO_ERROR_CANCELLED);
        g_assert_false(g_file_test(path, G_FILE_TEST_EXISTS));
        params.task = NULL;
        g_assert_true(image_save(image, file, &params, NULL));
        g_assert_true(image_probe(file, &info, NULL));
        g_assert_cmpint(info.width, ==, 50);
        g_assert_cmpint(info.height, ==, 25);
        image_meta_clear(&info.meta);
        g_unlink(path);
    }
    g_assert_cmpint(g_rmdir(dir), ==, 0); // nothing else is in it
    image_free(image);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/resize/sizing", test_sizing);
    g_test_add_func("/resize/too-large", test_too_large);
    g_test_add_func("/resize/linear", test_linear);
    g_test_add_func("/resize/wide", test_wide);
    g_test_add_func("/resize/alpha", test_alpha);
    g_test_add_func("/resize/sharpening", test_sharpening);
    g_test_add_func("/resize/seams", test_seams);
    g_test_add_func("/resize/stays", test_stays);
    g_test_add_func("/resize/files", test_files);
    return g_test_run();
}
