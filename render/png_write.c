// PNG written by libpng: 8 or 16 bit RGB(A), with what is said of the picture. Its pixels come
// compressed from png_pixels.c, and libpng makes chunks of them.
#include "render/png_parts.h"

#include "compute/error.h"
#include "compute/i18n.h"
#include "render/png_pixels.h"
#include "render/raw_profile.h"

#include <math.h>

void png_no_memory(GError **error)
{
    g_clear_error(error);
    g_set_error_literal(error, TINCTURE_ERROR, TINCTURE_ERROR_MEMORY,
                        _("there is not enough memory for it"));
}

struct writer {
    png_structp png;
    png_infop info;
    GByteArray *bytes;
    char *latin1; // the recipe as tEXt wants it, or NULL
    GError *error;
};

static G_GNUC_NORETURN void writer_fail(png_structp png, png_const_charp text)
{
    struct writer *writer = png_get_error_ptr(png);

    g_set_error(&writer->error, TINCTURE_ERROR, TINCTURE_ERROR_FAILED,
                _("the picture cannot be written as PNG (%s)"), text);
    png_longjmp(png, 1);
}

static void writer_warn(png_structp png, png_const_charp text)
{
    g_debug("png: %s", text);
}

static void writer_bytes(png_structp png, png_bytep bytes, size_t count)
{
    struct writer *writer = png_get_io_ptr(png);

    if (count > G_MAXUINT - writer->bytes->len) {
        png_error(png, "larger than 4 GB");
    }
    g_byte_array_append(writer->bytes, bytes, (guint)count);
}

static void writer_flush(png_structp png)
{
}

static void put_recipe(struct writer *writer, const char *recipe)
{
    png_text text = {.key = (png_charp)(uintptr_t)PNG_RECIPE_KEY};

    writer->latin1 = g_convert(recipe, -1, "ISO-8859-1", "UTF-8", NULL, NULL, NULL);
    if (writer->latin1 != NULL) {
        text.compression = PNG_TEXT_COMPRESSION_NONE;
        text.text = writer->latin1;
    } else {
        text.compression = PNG_ITXT_COMPRESSION_NONE;
        text.text = (png_charp)(uintptr_t)recipe;
    }
    png_set_text(writer->png, writer->info, &text, 1);
}

// The packet in one piece and not compressed, so that programs that look for it find it.
static void put_xmp(struct writer *writer, GBytes *xmp)
{
    g_autofree char *packet = g_strndup(g_bytes_get_data(xmp, NULL), g_bytes_get_size(xmp));
    png_text text = {.key = (png_charp)(uintptr_t)PNG_XMP_KEY,
                     .compression = PNG_ITXT_COMPRESSION_NONE,
                     .text = packet};

    png_set_text(writer->png, writer->info, &text, 1);
}

static void put_iptc(struct writer *writer, GBytes *iptc)
{
    g_autofree char *digits = raw_profile_write("iptc", iptc);
    png_text text = {.key = (png_charp)(uintptr_t)PNG_IPTC_KEY,
                     .compression = PNG_TEXT_COMPRESSION_zTXt,
                     .text = digits};

    png_set_text(writer->png, writer->info, &text, 1);
}

static void put_meta(struct writer *writer, const struct codec_write *params)
{
    if (params->icc != NULL) {
        png_set_iCCP(writer->png, writer->info, "ICC profile", PNG_COMPRESSION_TYPE_BASE,
                     g_bytes_get_data(params->icc, NULL),
                     (png_uint_32)g_bytes_get_size(params->icc));
    } else {
        png_set_sRGB_gAMA_and_cHRM(writer->png, writer->info, PNG_sRGB_INTENT_PERCEPTUAL);
    }
    if (params->density[0] > 0.0) {
        png_set_pHYs(writer->png, writer->info, (png_uint_32)lround(params->density[0] / PNG_INCH),
                     (png_uint_32)lround(params->density[1] / PNG_INCH), PNG_RESOLUTION_METER);
    }
    if (params->exif != NULL) {
        png_set_eXIf_1(writer->png, writer->info, (png_uint_32)g_bytes_get_size(params->exif),
                       (png_bytep)(uintptr_t)g_bytes_get_data(params->exif, NULL));
    }
    if (params->xmp != NULL) {
        put_xmp(writer, params->xmp);
    }
    if (params->iptc != NULL) {
        put_iptc(writer, params->iptc);
    }
    if (params->recipe != NULL) {
        put_recipe(writer, params->recipe);
    }
}

// All that stands before the pixels.
static bool write_header(struct writer *writer, const struct image_rows *rows,
                         const struct codec_write *params)
{
    if (setjmp(png_jmpbuf(writer->png)) != 0) {
        return false;
    }
    png_set_write_fn(writer->png, writer, writer_bytes, writer_flush);
    png_set_IHDR(writer->png, writer->info, (png_uint_32)rows->width, (png_uint_32)rows->height,
                 params->bits, rows->alpha ? PNG_COLOR_TYPE_RGBA : PNG_COLOR_TYPE_RGB,
                 PNG_INTERLACE_NONE, PNG_COMPRESSION_TYPE_BASE, PNG_FILTER_TYPE_BASE);
    put_meta(writer, params);
    png_write_info(writer->png, writer->info);
    return true;
}

static bool write_chunk(struct writer *writer, const char *name, const uint8_t *bytes, size_t count)
{
    if (setjmp(png_jmpbuf(writer->png)) != 0) {
        return false;
    }
    png_write_chunk(writer->png, (png_const_bytep)name, bytes, count);
    return true;
}

static bool put_pixels(void *data, const uint8_t *bytes, size_t count, GError **error)
{
    struct writer *writer = data;

    if (!write_chunk(writer, "IDAT", bytes, count)) {
        g_propagate_error(error, g_steal_pointer(&writer->error));
        return false;
    }
    return true;
}

static bool write_all(struct writer *writer, const struct image_rows *rows,
                      const struct codec_write *params)
{
    return write_header(writer, rows, params) &&
           png_pixels_write(rows, params->bits, put_pixels, writer, params->task, &writer->error) &&
           write_chunk(writer, "IEND", NULL, 0);
}

GBytes *png_write(const struct image_rows *rows, const struct codec_write *params, GError **error)
{
    struct writer writer = {.bytes = g_byte_array_new()};
    GBytes *file = NULL;

    writer.png = png_create_write_struct(PNG_LIBPNG_VER_STRING, &writer, writer_fail, writer_warn);
    writer.info = writer.png ? png_create_info_struct(writer.png) : NULL;
    if (!writer.info) {
        png_no_memory(&writer.error);
        g_propagate_error(error, writer.error);
    } else if (write_all(&writer, rows, params)) {
        file = g_byte_array_free_to_bytes(g_steal_pointer(&writer.bytes));
    } else {
        g_propagate_error(error, writer.error);
    }
    png_destroy_write_struct(&writer.png, &writer.info);
    g_clear_pointer(&writer.bytes, g_byte_array_unref);
    g_free(writer.latin1);
    return file;
}
