// Pictures that are written band by band: files are those of the whole picture.
#include "render/codec.h"
#include "render/file.h"
#include "tests/render/pictures.h"

#include <glib/gstdio.h>
#include <math.h>
#include <string.h>

// A picture in bands of some rows; the one that is asked for at row `broken` fails.
struct banded {
    const struct image *image;
    struct image band;
    int rows, broken;
    int asked; // of the next band
};

static const struct image *next_band(void *data, int y, GError **error)
{
    struct banded *b = data;
    const size_t at = (size_t)y * b->image->width;

    g_assert_cmpint(y, ==, b->asked);
    if (b->broken > 0 && y >= b->broken) {
        g_set_error_literal(error, G_IO_ERROR, G_IO_ERROR_FAILED, "no more rows");
        return NULL;
    }
    b->band = (struct image){.width = b->image->width,
                             .height = MIN(b->rows, b->image->height - y),
                             .rgb = b->image->rgb + 3 * at,
                             .alpha = b->image->alpha != NULL ? b->image->alpha + at : NULL};
    b->asked = y + b->band.height < b->image->height ? y + b->band.height : 0;
    return &b->band;
}

static struct image_rows rows_of(struct banded *b)
{
    struct image_rows rows = image_rows_of(b->image);

    rows.band = next_band;
    rows.data = b;
    return rows;
}

static GBytes *write_bands(const struct image *image, const char *format, int bits, int rows)
{
    struct banded b = {.image = image, .rows = rows};
    const struct image_rows bands = rows_of(&b);
    const struct codec_write params = {.bits = bits, .quality = 90};
    g_autoptr(GError) error = NULL;
    GBytes *file = codec_find(format)->write(&bands, &params, &error);

    g_assert_no_error(error);
    return file;
}

static void check_same(const struct image *image, const struct image *other, int bits)
{
    const size_t pixels = (size_t)image->width * image->height;
    const float max = bits == 16 ? 65535.0f : 255.0f;

    g_assert_cmpint(other->width, ==, image->width);
    g_assert_cmpint(other->height, ==, image->height);
    for (size_t i = 0; i < 3 * pixels; i++) {
        g_assert_cmpuint(image_quantize(other->rgb[i], max), ==,
                         image_quantize(image->rgb[i], max));
    }
    for (size_t i = 0; image->alpha != NULL && i < pixels; i++) {
        g_assert_cmpuint(image_quantize(other->alpha[i], max), ==,
                         image_quantize(image->alpha[i], max));
    }
}

// A picture of several stripes with alpha, and what no format can hold: below 0, above 1, no
// number.
static struct image *picture_with_alpha(int width, int height)
{
    struct image *photo = picture_photo(width, height, 16, 5);
    struct image *image = image_new(width, height, true, NULL);
    const size_t pixels = (size_t)width * height;

    memcpy(image->rgb, photo->rgb, 3 * pixels * sizeof(float));
    for (size_t i = 0; i < pixels; i++) {
        image->alpha[i] = (float)(i % 251) / 250.0f;
    }
    image->rgb[0] = -0.5f;
    image->rgb[4] = 1.5f;
    image->rgb[8] = NAN;
    image_free(photo);
    return image;
}

// More than one group of stripes; libpng looks at the sums of chunks and of the pixels.
static void check_png(const struct image *image, int bits)
{
    g_autoptr(GBytes) whole = write_bands(image, "png", bits, image->height);

    for (int rows = 1; rows < image->height; rows = 7 * rows + 3) {
        g_autoptr(GBytes) file = write_bands(image, "png", bits, rows);
        struct image *loaded = image_load_bytes(file, NULL, NULL);

        g_assert_nonnull(loaded);
        g_assert_null(loaded->meta.note);
        g_assert_cmpint(loaded->meta.bits, ==, bits);
        check_same(image, loaded, bits);
        image_free(loaded);
    }

    struct image *loaded = image_load_bytes(whole, NULL, NULL);

    check_same(image, loaded, bits);
    image_free(loaded);
}

static void test_png(void)
{
    struct image *opaque = picture_photo(701, 900, 8, 3), *clear = picture_with_alpha(301, 400);
    struct image *column = picture_photo(1, 300, 8, 2), *row = picture_photo(5000, 1, 8, 2);

    check_png(opaque, 8);
    check_png(clear, 8);
    check_png(clear, 16);
    check_png(column, 16);
    check_png(row, 8);
    image_free(opaque);
    image_free(clear);
    image_free(column);
    image_free(row);
}

// Above 16 MiB as bytes: more stripes than are worked on at once.
static void test_png_of_groups(void)
{
    struct image *image = picture_photo(3000, 2000, 8, 3);
    g_autoptr(GBytes) file = write_bands(image, "png", 8, image->height);
    struct image *loaded = image_load_bytes(file, NULL, NULL);

    g_assert_null(loaded->meta.note);
    check_same(image, loaded, 8);
    image_free(image);
    image_free(loaded);
}

static void test_others(void)
{
    static const char *const FORMATS[] = {"jpeg", "tiff", "webp"};
    struct image *image = picture_photo(301, 200, 8, 3);

    for (size_t i = 0; i < G_N_ELEMENTS(FORMATS); i++) {
        g_autoptr(GBytes) whole = write_bands(image, FORMATS[i], 8, image->height);
        g_autoptr(GBytes) file = write_bands(image, FORMATS[i], 8, 7);

        struct image *a = image_load_bytes(whole, NULL, NULL);
        struct image *b = image_load_bytes(file, NULL, NULL);

        picture_assert_same(a, b); // the profile in it has the time
        image_free(a);
        image_free(b);
    }
    image_free(image);
}

// Rows that cannot be made end the work with what was said of them, and nothing is left.
static void test_no_more_rows(void)
{
    g_autofree char *dir = g_dir_make_tmp("tincture-rows-XXXXXX", NULL);
    static const char *const NAMES[] = {"a.png", "a.jpg", "a.tif", "a.webp"};
    struct image *image = picture_photo(301, 200, 8, 3);

    for (size_t i = 0; i < G_N_ELEMENTS(NAMES); i++) {
        struct banded b = {.image = image, .rows = 20, .broken = 100};
        const struct image_rows rows = rows_of(&b);
        const struct image_save_params params = {.bits = 8};
        g_autoptr(GFile) file = g_file_new_build_filename(dir, NAMES[i], NULL);
        g_autoptr(GError) error = NULL;

        g_assert_false(image_rows_save(&rows, file, &params, &error));
        g_assert_error(error, G_IO_ERROR, G_IO_ERROR_FAILED);
        g_assert_nonnull(strstr(error->message, "no more rows"));
    }
    g_assert_no_errno(g_rmdir(dir)); // empty
    image_free(image);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/rows/png", test_png);
    g_test_add_func("/rows/png-of-groups", test_png_of_groups);
    g_test_add_func("/rows/others", test_others);
    g_test_add_func("/rows/no-more-rows", test_no_more_rows);
    return g_test_run();
}
