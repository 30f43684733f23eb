// Stickers: where everything lies, what the layers give, what a cut-out's colours are, and files
// that fit.
#include "compute/error.h"
#include "render/file.h"
#include "render/sticker.h"
#include "tests/render/pictures.h"

#include <math.h>
#include <string.h>

static const float white[3] = {1, 1, 1};

// A page with an opaque rectangle of one colour; the rest is transparent.
static struct image *block(int width, int height, struct image_region at, const float rgb[3])
{
    struct image *image = image_new(width, height, true, NULL);

    for (int i = 0; i < width * height; i++) {
        const int x = i % width - at.x, y = i / width - at.y;

        memcpy(image->rgb + 3 * i, rgb, 3 * sizeof(float));
        image->alpha[i] = x >= 0 && y >= 0 && x < at.width && y < at.height ? 1.0f : 0.0f;
    }
    return image;
}

static struct image *make(const struct image *cut, const struct sticker_params *params)
{
    g_autoptr(GError) error = NULL;
    struct image *sticker = sticker_make(cut, params, &error);

    g_assert_no_error(error);
    return sticker;
}

static float alpha(const struct image *image, int x, int y)
{
    return image->alpha[y * image->width + x];
}

static const float *color(const struct image *image, int x, int y)
{
    return image->rgb + 3 * (y * image->width + x);
}

// A square of 108 pixels is shown at its own size: 10 pixels of outline on each side of it.
static void test_outline(void)
{
    static const float red[3] = {0.8f, 0.1f, 0.1f};
    struct image *cut = block(140, 150, (struct image_region){17, 23, 108, 108}, red);
    struct image *s = make(
        cut,
        &(struct sticker_params){.side = 128, .square = true, .outline = 10, .color = {1, 1, 1}});

    g_assert_cmpint(s->width, ==, 128);
    g_assert_cmpint(s->height, ==, 128);
    for (int c = 0; c < 3; c++) {
        g_assert_cmpfloat_with_epsilon(color(s, 64, 64)[c], red[c], 1e-4);
        g_assert_cmpfloat_with_epsilon(color(s, 5, 64)[c], white[c], 1e-4);
    }
    g_assert_cmpfloat(alpha(s, 64, 64), ==, 1);
    g_assert_cmpfloat(alpha(s, 5, 64), ==, 1);
    g_assert_cmpfloat(alpha(s, 64, 3), ==, 1);
    // Around a corner it is round: (10 - 3, 10 - 3) is nearer than 10 to it, (1, 1) is not.
    g_assert_cmpfloat(alpha(s, 4, 4), ==, 1);
    g_assert_cmpfloat(alpha(s, 1, 1), ==, 0);
    image_free(s);

    s = make(cut, &(struct sticker_params){.side = 128, .square = true, .margin = 10});
    g_assert_cmpfloat(alpha(s, 8, 64), ==, 0);
    g_assert_cmpfloat(alpha(s, 11, 64), ==, 1);
    image_free(s);
    image_free(cut);
}

// The longest side is what was asked for, whichever it is, and the margin is empty.
static void test_size(void)
{
    for (int tall = 0; tall < 2; tall++) {
        struct image *cut =
            block(90, 90, (struct image_region){10, 20, tall ? 20 : 60, tall ? 60 : 20}, white);
        struct image *s = make(cut, &(struct sticker_params){.side = 512, .margin = 16});

        g_assert_cmpint(tall ? s->height : s->width, ==, 512);
        g_assert_cmpint(tall ? s->width : s->height, ==, 192);
        for (int i = 0; i < s->width; i++) {
            g_assert_cmpfloat(alpha(s, i, 12), ==, 0);
            g_assert_cmpfloat(alpha(s, i, s->height - 13), ==, 0);
        }
        g_assert_cmpfloat(alpha(s, s->width / 2, s->height / 2), ==, 1);
        image_free(s);
        image_free(cut);
    }
}

// A thing that is magnified eight times has a contour that is as sharp as the result's pixels.
static void test_magnified(void)
{
    struct image *cut = image_new(64, 64, true, NULL);
    int soft = 0;

    for (int i = 0; i < 64 * 64; i++) {
        const double d = hypot(i % 64 - 31.5, i / 64 - 31.5);

        memcpy(cut->rgb + 3 * i, white, sizeof(white));
        cut->alpha[i] = (float)CLAMP(24.5 - d, 0.0, 1.0);
    }

    struct image *s = make(cut, &(struct sticker_params){.side = 512, .square = true, .margin = 8});

    for (int x = 0; x < 256; x++) {
        const float a = alpha(s, x, 256);

        soft += a > 0.05f && a < 0.95f;
        g_assert_true(x == 0 || a >= alpha(s, x - 1, 256) - 1e-4f);
    }
    g_assert_cmpint(soft, >=, 1);
    g_assert_cmpint(soft, <=, 4);
    image_free(s);
    image_free(cut);
}

// Black that covers half over white is half of its light, not half of the value in the file.
static void test_linear_light(void)
{
    static const float black[3] = {0, 0, 0};
    struct image *cut = block(40, 40, (struct image_region){0, 0, 40, 40}, black);

    for (int y = 18; y < 22; y++) {
        for (int x = 18; x < 22; x++) {
            cut->alpha[y * 40 + x] = 0.5f;
        }
    }

    struct image *s = make(cut, &(struct sticker_params){
                                    .side = 80, .square = true, .outline = 20, .color = {1, 1, 1}});

    g_assert_cmpfloat(alpha(s, 40, 40), ==, 1);
    g_assert_cmpfloat_with_epsilon(color(s, 40, 40)[0], 0.7354f, 1e-3);
    image_free(s);
    // Where nothing lies below, alpha and colour are the thing's own.
    s = make(cut, &(struct sticker_params){.side = 64, .square = true, .margin = 12});
    g_assert_cmpfloat_with_epsilon(alpha(s, 32, 32), 0.5f, 1e-4);
    g_assert_cmpfloat_with_epsilon(color(s, 32, 32)[0], 0.0f, 1e-4);
    image_free(s);
    image_free(cut);
}

static void test_shadow(void)
{
    struct image *cut = block(50, 50, (struct image_region){5, 5, 40, 40}, white);
    struct image *s =
        make(cut, &(struct sticker_params){.side = 512, .square = true, .shadow = 0.5});
    int top = 0, bottom = 511;

    while (alpha(s, 256, top) < 1.0f) {
        top++;
    }
    while (alpha(s, 256, bottom) < 1.0f) {
        bottom--;
    }
    // It is below the thing more than above, black, and nowhere stronger than was said.
    g_assert_cmpfloat(alpha(s, 256, bottom + 3), >, alpha(s, 256, top - 3) + 0.05f);
    g_assert_cmpfloat(alpha(s, 256, bottom + 3), <=, 0.5f);
    g_assert_cmpfloat(color(s, 256, bottom + 3)[1], ==, 0);
    g_assert_cmpfloat(alpha(s, 256, 511), <, 0.01f);
    image_free(s);
    image_free(cut);
}

static void test_refused(void)
{
    g_autoptr(GError) error = NULL;
    struct image *empty = block(20, 20, (struct image_region){0}, white);
    struct image *full = block(20, 20, (struct image_region){0, 0, 20, 20}, white);
    struct raster *nothing = raster_new(20, 20, NULL);

    g_assert_null(sticker_make(empty, &(struct sticker_params){.side = 100}, &error));
    g_assert_error(error, TINCTURE_ERROR, TINCTURE_ERROR_ARGUMENT);
    g_clear_error(&error);
    g_assert_null(sticker_make(full, &(struct sticker_params){.side = 100, .outline = 50}, &error));
    g_assert_error(error, TINCTURE_ERROR, TINCTURE_ERROR_ARGUMENT);
    g_clear_error(&error);
    g_assert_null(sticker_cut(full, nothing, &error));
    g_assert_error(error, TINCTURE_ERROR, TINCTURE_ERROR_ARGUMENT);
    raster_free(nothing);
    image_free(empty);
    image_free(full);
}

// A red disc with a border five pixels wide on green: what is cut out is red alone.
static void test_cut(void)
{
    enum { SIDE = 120 };
    g_autoptr(GError) error = NULL;
    struct image *photo = image_new(SIDE, SIDE, false, NULL);
    struct raster *mask = raster_new(SIDE, SIDE, NULL);

    for (int i = 0; i < SIDE * SIDE; i++) {
        const double d = hypot(i % SIDE - 60, i / SIDE - 60);
        const float a = (float)image_quantize((float)((40 - d) / 5), 255.0f) / 255.0f;
        const float front[3] = {0.9f, 0.1f, 0.2f}, back[3] = {0.1f, 0.7f, 0.2f};

        mask->values[i] = (uint8_t)image_quantize(a, 255.0f);
        for (int c = 0; c < 3; c++) {
            photo->rgb[3 * i + c] = a * front[c] + (1 - a) * back[c];
        }
    }

    struct image *cut = sticker_cut(photo, mask, &error);

    g_assert_no_error(error);
    g_assert_cmpint(cut->width, ==, 79);
    g_assert_cmpint(cut->height, ==, 79);
    for (int i = 0; i < cut->width * cut->height; i++) {
        // As it will be seen: what is hardly there counts little. Uncorrected it would be 0.2.
        const float a = cut->alpha[i];

        g_assert_cmpfloat(a * fabsf(cut->rgb[3 * i] - 0.9f), <, 0.06f);
        g_assert_cmpfloat(a * fabsf(cut->rgb[3 * i + 1] - 0.1f), <, 0.06f);
    }
    image_free(cut);
    // What was transparent before stays so.
    photo->alpha = g_new0(float, SIDE *SIDE);
    cut = sticker_cut(photo, mask, &error);
    g_assert_no_error(error);
    g_assert_cmpfloat(cut->alpha[39 * 79 + 39], ==, 0);
    image_free(cut);
    image_free(photo);
    raster_free(mask);
}

// A speck and a hole of four pixels go, a window and a second thing stay.
static void test_tidy(void)
{
    struct image *cut = block(60, 40, (struct image_region){5, 5, 30, 30}, white);

    for (int y = 0; y < 40; y++) {
        for (int x = 0; x < 60; x++) {
            float *a = &cut->alpha[y * 60 + x];

            *a = x >= 10 && x < 12 && y >= 10 && y < 12 ? 0.2f : *a; // a hole
            *a = x >= 20 && x < 28 && y >= 20 && y < 28 ? 0.0f : *a; // a window
            *a = x >= 45 && x < 55 && y >= 5 && y < 15 ? 1.0f : *a;  // a second thing
            *a = x >= 50 && x < 52 && y >= 30 && y < 32 ? 0.9f : *a; // a speck
        }
    }
    sticker_tidy(cut);
    g_assert_cmpfloat(alpha(cut, 11, 11), ==, 1);
    g_assert_cmpfloat(alpha(cut, 24, 24), ==, 0);
    g_assert_cmpfloat(alpha(cut, 50, 10), ==, 1);
    g_assert_cmpfloat(alpha(cut, 51, 31), ==, 0);
    g_assert_cmpfloat(alpha(cut, 6, 6), ==, 1);
    image_free(cut);
}

// A haze beside the thing is no thing: it gets no outline.
static void test_haze(void)
{
    struct image *cut = block(140, 140, (struct image_region){20, 20, 100, 100}, white);

    cut->alpha[70 * 140 + 132] = 0.2f;

    struct image *s = make(cut, &(struct sticker_params){
                                    .side = 140, .square = true, .outline = 4, .color = {1, 1, 1}});

    for (int y = 0; y < 140; y++) {
        g_assert_cmpfloat(alpha(s, 134, y), <, 0.3f);
    }
    image_free(s);
    image_free(cut);
}

static void test_sheet(void)
{
    static const float red[3] = {1, 0, 0};
    struct image *a = block(20, 10, (struct image_region){0, 0, 20, 10}, red);
    struct image *b = block(10, 30, (struct image_region){0, 0, 10, 30}, white);
    g_autoptr(GError) error = NULL;
    struct image *page = sticker_sheet((struct image *[]){a, b, a}, 3, 2, 4, &error);

    g_assert_no_error(error);
    g_assert_cmpint(page->width, ==, 2 * 24 + 4);
    g_assert_cmpint(page->height, ==, 2 * 34 + 4);
    g_assert_cmpfloat(alpha(page, 4, 14), ==, 1); // centred in a cell of 20 x 30
    g_assert_cmpfloat(alpha(page, 4, 13), ==, 0);
    g_assert_cmpfloat(alpha(page, 33, 4), ==, 1);
    g_assert_cmpfloat(alpha(page, 32, 4), ==, 0);
    g_assert_cmpfloat(color(page, 10, 34 + 15)[0], ==, 1);
    g_assert_cmpfloat(alpha(page, 30, 50), ==, 0);
    image_free(page);
    image_free(a);
    image_free(b);
}

static const struct sticker_target *target(const char *name)
{
    const struct sticker_target *t = sticker_targets;

    while (strcmp(t->name, name) != 0) {
        t++;
    }
    return t;
}

// Noise compresses worst: its quality is lowered until it fits, and no further than it has to be.
static void test_files(void)
{
    g_autoptr(GError) error = NULL;
    struct image *noise = image_new(512, 512, true, NULL);
    g_autoptr(GRand) random = g_rand_new_with_seed(5);
    int quality = 0;

    for (int i = 0; i < 512 * 512; i++) {
        noise->alpha[i] = (float)(i % 512) / 511.0f;
        for (int c = 0; c < 3; c++) {
            noise->rgb[3 * i + c] = (float)g_rand_double(random);
        }
    }

    g_autoptr(GBytes) file =
        sticker_encode(noise, target("whatsapp"), "webp", NULL, &quality, NULL, &error);

    g_assert_no_error(error);
    g_assert_cmpuint(g_bytes_get_size(file), <=, 100000);
    g_assert_cmpint(quality, <, 100);
    g_assert_cmpint(quality, >=, 1);

    struct image *back = image_load_bytes(file, NULL, &error);

    g_assert_no_error(error);
    g_assert_cmpfloat_with_epsilon(back->alpha[255], noise->alpha[255], 0.01);
    image_free(back);

    const struct image_save_params better = {.format = "webp", .quality = quality + 1};
    g_autoptr(GBytes) larger = image_encode(noise, &better, &error);

    g_assert_cmpuint(g_bytes_get_size(larger), >, 100000);

    g_autoptr(GBytes) whole =
        sticker_encode(noise, target("any"), "webp", NULL, &quality, NULL, &error);

    g_assert_no_error(error);
    g_assert_cmpuint(g_bytes_get_size(whole), >, g_bytes_get_size(file));
    g_assert_cmpint(quality, ==, 100);
    g_assert_null(sticker_encode(noise, target("whatsapp"), "png", NULL, NULL, NULL, &error));
    g_assert_error(error, TINCTURE_ERROR, TINCTURE_ERROR_ARGUMENT);
    g_clear_error(&error);
    g_assert_null(sticker_encode(noise, target("telegram"), "png", NULL, NULL, NULL, &error));
    g_assert_error(error, TINCTURE_ERROR, TINCTURE_ERROR_UNSUPPORTED); // 512 kB of noise
    g_clear_error(&error);

    char *folder = folder_create();
    g_autofree char *path = g_build_filename(folder, "a.webp", NULL);
    g_autofree char *wrong = g_build_filename(folder, "a.jpg", NULL);

    g_assert_true(
        sticker_save(noise, path, target("signal"), "a cat\nSteps: 20", &quality, NULL, &error));
    g_assert_no_error(error);

    g_autoptr(GFile) saved = g_file_new_for_path(path);
    struct image *read = image_load(saved, NULL, &error);

    g_assert_no_error(error);
    g_assert_cmpstr(read->meta.recipe, ==, "a cat\nSteps: 20");
    image_free(read);
    g_assert_false(sticker_save_check(wrong, target("any"), &error));
    g_assert_true(g_str_has_prefix(error->message, "a.jpg: "));
    g_clear_error(&error);
    g_assert_false(sticker_save(noise, wrong, target("any"), NULL, NULL, NULL, &error));
    g_clear_error(&error);
    g_assert_cmpint(folder_count(folder), ==, 1);
    folder_remove(folder);

    g_autoptr(GCancellable) cancel = g_cancellable_new();
    struct task task = {.cancellable = cancel};

    g_cancellable_cancel(cancel);
    g_assert_null(sticker_encode(noise, target("signal"), "webp", NULL, NULL, &task, &error));
    g_assert_error(error, G_IO_ERROR, G_IO_ERROR_CANCELLED);
    image_free(noise);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/sticker/outline", test_outline);
    g_test_add_func("/sticker/size", test_size);
    g_test_add_func("/sticker/magnified", test_magnified);
    g_test_add_func("/sticker/linear-light", test_linear_light);
    g_test_add_func("/sticker/shadow", test_shadow);
    g_test_add_func("/sticker/refused", test_refused);
    g_test_add_func("/sticker/cut", test_cut);
    g_test_add_func("/sticker/tidy", test_tidy);
    g_test_add_func("/sticker/haze", test_haze);
    g_test_add_func("/sticker/sheet", test_sheet);
    g_test_add_func("/sticker/files", test_files);
    return g_test_run();
}
