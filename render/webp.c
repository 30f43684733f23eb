// WebP: written by libwebp, with alpha, without loss at quality 100; read as the loader of
// gdk-pixbuf reads it. EXIF, XMP and the profile are pieces of the file; the recipe is in EXIF.
#include "render/codec.h"

#include "compute/error.h"
#include "compute/i18n.h"

#include <string.h>
#include <webp/encode.h>
#include <webp/mux.h>

// The loader's codec knows its animations, pieces and damage.
extern const struct codec pixbuf_codec;

static bool sniff(const uint8_t *data, size_t size)
{
    return size >= 12 && memcmp(data, "RIFF", 4) == 0 && memcmp(data + 8, "WEBP", 4) == 0;
}

static bool read_info(GBytes *file, struct image_info *info, GError **error)
{
    return pixbuf_codec.read_info(file, info, error);
}

static struct image *read_image(GBytes *file, struct task *task, GError **error)
{
    return pixbuf_codec.read(file, task, error);
}

// ---- writing ------------------------------------------------------------------------------------

enum {
    LOSSLESS = 100,
    EFFORT = 6
}; // the quality that means it; 0 to 9, of the way to the smallest

static int go_on(int percent, const WebPPicture *picture)
{
    return !task_cancelled(picture->user_data, NULL);
}

static bool configure(WebPConfig *config, int quality)
{
    if (quality >= LOSSLESS) {
        if (!WebPConfigInit(config) || !WebPConfigLosslessPreset(config, EFFORT)) {
            return false;
        }
        config->exact = 1; // colours also where alpha is 0
        return true;
    }
    if (!WebPConfigPreset(config, WEBP_PRESET_PICTURE, (float)quality)) {
        return false;
    }
    config->use_sharp_yuv = 1; // colours are stored at half the size, and edges would show it
    config->alpha_quality = 100;
    return true;
}

// libwebp wants all of it at once, in 8 bits.
static bool take_pixels(WebPPicture *picture, const struct image_rows *rows, GError **error)
{
    g_autofree uint8_t *rgba = g_malloc((gsize)rows->width * (gsize)rows->height * 4);

    for (int y = 0; y < rows->height;) {
        const struct image *band = rows->band(rows->data, y, error);

        if (band == NULL) {
            return false;
        }
        image_to_rgba8(band, rgba + 4 * (gsize)y * rows->width);
        y += band->height;
    }
    return rows->alpha ? WebPPictureImportRGBA(picture, rgba, 4 * rows->width)
                       : WebPPictureImportRGBX(picture, rgba, 4 * rows->width);
}

static void fail(const WebPPicture *picture, GError **error)
{
    const bool memory = picture->error_code == VP8_ENC_ERROR_OUT_OF_MEMORY ||
                        picture->error_code == VP8_ENC_ERROR_BITSTREAM_OUT_OF_MEMORY;

    g_set_error(error, TINCTURE_ERROR, memory ? TINCTURE_ERROR_MEMORY : TINCTURE_ERROR_FILE,
                memory ? _("there is not enough memory to write it as WebP")
                       : _("libwebp cannot write it (error %d)"),
                picture->error_code);
}

// The picture alone; its memory is libwebp's.
static bool encode(const struct image_rows *rows, const struct codec_write *params,
                   WebPMemoryWriter *writer, GError **error)
{
    GError *failure = NULL;
    WebPConfig config;
    WebPPicture picture;

    if (!configure(&config, params->quality) || !WebPPictureInit(&picture)) {
        g_set_error_literal(error, TINCTURE_ERROR, TINCTURE_ERROR_FILE,
                            _("libwebp is another one than the program was built for"));
        return false;
    }
    picture.use_argb = 1;
    picture.width = rows->width;
    picture.height = rows->height;
    picture.writer = WebPMemoryWrite;
    picture.custom_ptr = writer;
    picture.progress_hook = go_on;
    picture.user_data = params->task;

    const bool ok = take_pixels(&picture, rows, &failure) && WebPEncode(&config, &picture);

    if (failure != NULL) {
        g_propagate_error(error, failure);
    } else if (!ok && !task_cancelled(params->task, error)) {
        fail(&picture, error);
    }
    WebPPictureFree(&picture);
    return ok;
}

static bool add_piece(WebPMux *mux, const char name[4], GBytes *bytes)
{
    gsize size = 0;
    const uint8_t *data = bytes != NULL ? g_bytes_get_data(bytes, &size) : NULL;
    const WebPData piece = {data, size};

    return size == 0 || WebPMuxSetChunk(mux, name, &piece, 1) == WEBP_MUX_OK;
}

// With what is said of the picture; NULL: no memory.
static GBytes *assemble(const WebPMemoryWriter *picture, const struct codec_write *params)
{
    const WebPData coded = {picture->mem, picture->size};
    WebPMux *mux = WebPMuxNew();
    WebPData file = {0};
    GBytes *bytes = NULL;

    if (mux != NULL && WebPMuxSetImage(mux, &coded, 0) == WEBP_MUX_OK &&
        add_piece(mux, "ICCP", params->icc) && add_piece(mux, "EXIF", params->exif) &&
        add_piece(mux, "XMP ", params->xmp) && WebPMuxAssemble(mux, &file) == WEBP_MUX_OK) {
        bytes = g_bytes_new(file.bytes, file.size);
    }
    WebPDataClear(&file);
    WebPMuxDelete(mux);
    return bytes;
}

static GBytes *write_image(const struct image_rows *rows, const struct codec_write *params,
                           GError **error)
{
    WebPMemoryWriter writer;
    GBytes *file = NULL;

    if (MAX(rows->width, rows->height) > WEBP_MAX_DIMENSION) {
        g_set_error(error, TINCTURE_ERROR, TINCTURE_ERROR_UNSUPPORTED,
                    _("a WebP picture has at most %d pixels a side; save as PNG"),
                    WEBP_MAX_DIMENSION);
        return NULL;
    }
    WebPMemoryWriterInit(&writer);
    if (encode(rows, params, &writer, error) && (file = assemble(&writer, params)) == NULL) {
        g_set_error_literal(error, TINCTURE_ERROR, TINCTURE_ERROR_MEMORY,
                            _("there is not enough memory to write it as WebP"));
    }
    WebPMemoryWriterClear(&writer);
    return file;
}

const struct codec webp_codec = {
    .name = "webp",
    .title = N_("WebP"),
    .suffixes = (const char *const[]){"webp", NULL},
    .lossy = true,
    .exif_recipe = true,
    .alpha = true,
    .sniff = sniff,
    .read_info = read_info,
    .read = read_image,
    .write = write_image,
};
