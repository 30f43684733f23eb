// WebP: what is written comes back, with alpha and without loss, and what is said of the picture
// with it.
#include "compute/error.h"
#include "render/codec.h"
#include "render/color.h"
#include "render/compare.h"
#include "render/file.h"
#include "tests/render/pictures.h"

#include <string.h>
#include <webp/decode.h>
#include <webp/mux.h>

// A picture with every kind of alpha, colours also under none of it.
static struct image *sticker(int width, int height)
{
    struct image *image = image_new(width, height, true, NULL);

    for (int i = 0; i < width * height; i++) {
        for (int c = 0; c < 3; c++) {
            image->rgb[3 * i + c] = (float)((i * (c + 3)) % 256) / 255.0f;
        }
        image->alpha[i] = (float)((i % width) * 255 / (width - 1)) / 255.0f;
    }
    return image;
}

static GBytes *written(const struct image *image, struct codec_write params)
{
    g_autoptr(GError) error = NULL;
    const struct image_rows rows = image_rows_of(image);
    GBytes *file = codec_find("webp")->write(&rows, &params, &error);

    g_assert_no_error(error);
    return file;
}

// Read by libwebp's own decoder, not by ours.
static void test_lossless(void)
{
    struct image *image = sticker(40, 13);
    g_autofree uint8_t *wanted = g_malloc(40 * 13 * 4);
    g_autoptr(GBytes) file = written(image, (struct codec_write){.quality = 100});
    gsize size = 0;
    const uint8_t *data = g_bytes_get_data(file, &size);
    int width = 0, height = 0;
    uint8_t *rgba = WebPDecodeRGBA(data, size, &width, &height);

    image_to_rgba8(image, wanted);
    g_assert_cmpint(width, ==, 40);
    g_assert_cmpint(height, ==, 13);
    g_assert_cmpmem(rgba, 40 * 13 * 4, wanted, 40 * 13 * 4);
    WebPFree(rgba);
    image_free(image);
}

// Alpha is without loss at any quality; an opaque picture has none.
static void test_lossy(void)
{
    struct image *image = sticker(64, 64), *photo = picture_photo(64, 64, 8, 3);
    gsize sizes[2];

    for (int i = 0; i < 2; i++) {
        g_autoptr(GBytes) file = written(image, (struct codec_write){.quality = i ? 20 : 90});
        const uint8_t *data = g_bytes_get_data(file, &sizes[i]);
        int width = 0, height = 0;
        uint8_t *rgba = WebPDecodeRGBA(data, sizes[i], &width, &height);

        for (int k = 0; k < 64 * 64; k++) {
            g_assert_cmpint(rgba[4 * k + 3], ==, image_quantize(image->alpha[k], 255.0f));
        }
        WebPFree(rgba);
    }
    g_assert_cmpuint(sizes[1], <, sizes[0]);

    g_autoptr(GBytes) opaque = written(photo, (struct codec_write){.quality = 90});
    WebPBitstreamFeatures features;

    g_assert_cmpint(
        WebPGetFeatures(g_bytes_get_data(opaque, NULL), g_bytes_get_size(opaque), &features), ==,
        VP8_STATUS_OK);
    g_assert_false(features.has_alpha);
    image_free(photo);
    image_free(image);
}

static void test_pieces(void)
{
    struct image *image = sticker(8, 8);
    g_autoptr(GBytes) exif = g_bytes_new_static("MM\0*", 4), icc = color_srgb_profile();
    g_autoptr(GBytes) xmp = g_bytes_new_static("<x/>", 4);
    g_autoptr(GBytes) file =
        written(image, (struct codec_write){.quality = 80, .exif = exif, .icc = icc, .xmp = xmp});
    const WebPData data = {g_bytes_get_data(file, NULL), g_bytes_get_size(file)};
    WebPMux *mux = WebPMuxCreate(&data, 0);
    static const char *const NAMES[] = {"EXIF", "ICCP", "XMP "};
    GBytes *const pieces[] = {exif, icc, xmp};

    for (size_t i = 0; i < G_N_ELEMENTS(NAMES); i++) {
        WebPData piece;

        g_assert_cmpint(WebPMuxGetChunk(mux, NAMES[i], &piece), ==, WEBP_MUX_OK);
        g_assert_cmpmem(piece.bytes, piece.size, g_bytes_get_data(pieces[i], NULL),
                        g_bytes_get_size(pieces[i]));
    }
    WebPMuxDelete(mux);
    image_free(image);
}

static void test_refused(void)
{
    struct image *wide = picture_flat(16384, 1, 0.5f, 0.5f, 0.5f), *image = sticker(300, 300);
    g_autoptr(GCancellable) cancel = g_cancellable_new();
    struct task task = {.cancellable = cancel};
    const struct image_rows too_wide = image_rows_of(wide), rows = image_rows_of(image);
    g_autoptr(GError) error = NULL;

    g_assert_null(
        codec_find("webp")->write(&too_wide, &(struct codec_write){.quality = 90}, &error));
    g_assert_error(error, TINCTURE_ERROR, TINCTURE_ERROR_UNSUPPORTED);
    g_assert_nonnull(strstr(error->message, "16383"));
    g_clear_error(&error);
    g_cancellable_cancel(cancel);
    g_assert_null(codec_find("webp")->write(
        &rows, &(struct codec_write){.quality = 90, .task = &task}, &error));
    g_assert_error(error, G_IO_ERROR, G_IO_ERROR_CANCELLED);
    image_free(wide);
    image_free(image);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/webp/lossless", test_lossless);
    g_test_add_func("/webp/lossy", test_lossy);
    g_test_add_func("/webp/pieces", test_pieces);
    g_test_add_func("/webp/refused", test_refused);
    return g_test_run();
}
