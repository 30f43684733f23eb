// TIFF through libtiff: gray and RGB of 8, 16 or 32 bits or of floats, with or without alpha, in
// strips or tiles, the first picture of a file. What is rarer (palettes, fax, YCbCr, CMYK) is not
// sniffed here and is left to gdk-pixbuf, which reads it with 8 bits. Written: RGB(A) of 8 or 16
// bits.
#include "render/codec.h"

#include "compute/error.h"
#include "render/color.h"
#include "render/iptc.h"
#include "render/metadata.h"
#include "render/tiff_exif.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include <tiffio.h>

enum { MAX_CHANNELS = 5 };

struct reader {
    TIFF *tiff;
    const uint8_t *data; // borrowed
    uint64_t size, offset;
    struct task *task; // borrowed
    GError *error;     // first failure

    uint32_t width, height;
    uint16_t bits, channels, photometric, orientation;
    int colors;         // of the channels: 1 or 3; 0: not for this file to read
    bool alpha;         // the channel after them
    bool premultiplied; // the colours are, by alpha
    bool floats;        // else unsigned integers
    bool apart;         // each channel in blocks of its own
};

// ---- the file in memory -------------------------------------------------------------------------

static tmsize_t source_read(thandle_t handle, void *to, tmsize_t count)
{
    struct reader *r = handle;
    uint64_t at = MIN(r->offset, r->size), n = MIN((uint64_t)MAX(count, 0), r->size - at);

    memcpy(to, r->data + at, n);
    r->offset = at + n;
    return (tmsize_t)n;
}

static toff_t source_seek(thandle_t handle, toff_t offset, int whence)
{
    struct reader *r = handle;

    r->offset = offset + (whence == SEEK_CUR ? r->offset : whence == SEEK_END ? r->size : 0);
    return r->offset;
}

static int source_close(thandle_t handle)
{
    return 0;
}

static toff_t source_size(thandle_t handle)
{
    return ((struct reader *)handle)->size;
}

// ---- the header ---------------------------------------------------------------------------------

static bool fail(struct reader *r, enum tincture_error code, const char *reason)
{
    if (r->error == NULL) {
        g_set_error(&r->error, TINCTURE_ERROR, code, "the TIFF data cannot be read (%s)", reason);
    }
    return false;
}

static G_GNUC_PRINTF(4, 0) int take_error(TIFF *tiff, void *reader, const char *module,
                                          const char *format, va_list args)
{
    g_autofree char *text = g_strdup_vprintf(format, args);

    fail(reader, TINCTURE_ERROR_FILE, text);
    return 1; // said
}

static int take_warning(TIFF *tiff, void *r, const char *module, const char *format, va_list args)
{
    return 1; // mostly of tags that nobody knows
}

static void read_channels(struct reader *r)
{
    uint16_t packing = 0, format = 0, planes = 0, extra = 0, *kinds = NULL;

    TIFFGetFieldDefaulted(r->tiff, TIFFTAG_COMPRESSION, &packing);
    TIFFGetFieldDefaulted(r->tiff, TIFFTAG_SAMPLEFORMAT, &format);
    TIFFGetFieldDefaulted(r->tiff, TIFFTAG_PLANARCONFIG, &planes);
    TIFFGetFieldDefaulted(r->tiff, TIFFTAG_EXTRASAMPLES, &extra, &kinds);

    int colors = r->photometric == PHOTOMETRIC_RGB ? 3 : 1;
    bool unpacks = packing == COMPRESSION_NONE || packing == COMPRESSION_LZW ||
                   packing == COMPRESSION_ADOBE_DEFLATE || packing == COMPRESSION_DEFLATE ||
                   packing == COMPRESSION_PACKBITS || packing == COMPRESSION_ZSTD;
    bool sized =
        format == SAMPLEFORMAT_IEEEFP
            ? r->bits == 16 || r->bits == 32 || r->bits == 64
            : format == SAMPLEFORMAT_UINT && (r->bits == 8 || r->bits == 16 || r->bits == 32);

    if (unpacks && sized &&
        (colors == 3 || r->photometric == PHOTOMETRIC_MINISBLACK ||
         r->photometric == PHOTOMETRIC_MINISWHITE) &&
        r->channels >= colors && r->channels <= MAX_CHANNELS) {
        bool more = extra > 0 && r->channels > colors;

        r->colors = colors;
        r->premultiplied = more && kinds[0] == EXTRASAMPLE_ASSOCALPHA;
        r->alpha = more && (r->premultiplied || kinds[0] == EXTRASAMPLE_UNASSALPHA);
        r->floats = format == SAMPLEFORMAT_IEEEFP;
        r->apart = planes == PLANARCONFIG_SEPARATE;
    }
}

static bool reader_open(struct reader *r, const uint8_t *data, size_t size, struct task *task)
{
    TIFFOpenOptions *options = TIFFOpenOptionsAlloc();

    *r = (struct reader){.data = data, .size = size, .task = task};
    TIFFOpenOptionsSetErrorHandlerExtR(options, take_error, r);
    TIFFOpenOptionsSetWarningHandlerExtR(options, take_warning, r);
    TIFFOpenOptionsSetMaxSingleMemAlloc(options, G_MAXINT);
    r->tiff = TIFFClientOpenExt("TIFF", "rm", r, source_read, source_read, source_seek,
                                source_close, source_size, NULL, NULL, options); // never writes
    TIFFOpenOptionsFree(options);
    if (r->tiff == NULL || !TIFFGetField(r->tiff, TIFFTAG_IMAGEWIDTH, &r->width) ||
        !TIFFGetField(r->tiff, TIFFTAG_IMAGELENGTH, &r->height) ||
        !TIFFGetField(r->tiff, TIFFTAG_PHOTOMETRIC, &r->photometric)) {
        return fail(r, TINCTURE_ERROR_FILE, "its header is cut short");
    }
    TIFFGetFieldDefaulted(r->tiff, TIFFTAG_BITSPERSAMPLE, &r->bits);
    TIFFGetFieldDefaulted(r->tiff, TIFFTAG_SAMPLESPERPIXEL, &r->channels);
    TIFFGetFieldDefaulted(r->tiff, TIFFTAG_ORIENTATION, &r->orientation);
    read_channels(r);
    return (r->colors > 0 || fail(r, TINCTURE_ERROR_UNSUPPORTED, "it is of a rare kind")) &&
           r->error == NULL && image_check_size(r->width, r->height, &r->error);
}

static void reader_clear(struct reader *r)
{
    if (r->tiff != NULL) {
        TIFFClose(r->tiff);
    }
    g_clear_error(&r->error);
}

static GBytes *take_tag(const struct reader *r, uint32_t tag)
{
    uint32_t size = 0;
    void *data = NULL;

    return TIFFGetField(r->tiff, tag, &size, &data) && size > 0 ? g_bytes_new(data, size) : NULL;
}

static void take_meta(const struct reader *r, struct image_meta *meta)
{
    g_autoptr(GBytes) list = take_tag(r, TIFFTAG_PHOTOSHOP);
    gsize size = 0;
    const void *data = list != NULL ? g_bytes_get_data(list, &size) : NULL;

    meta->bits = r->bits > 8 ? 16 : 8;
    meta->exif = tiff_exif_read(r->data, r->size);
    meta->recipe = metadata_recipe(meta->exif);
    meta->icc = take_tag(r, TIFFTAG_ICCPROFILE);
    meta->xmp = take_tag(r, TIFFTAG_XMLPACKET);
    meta->iptc = iptc_from_resources(data, size);
}

// ---- pixels -------------------------------------------------------------------------------------

// A tile or a strip, which is as wide as the picture: each is packed on its own.
struct block {
    uint32_t width, height; // as packed; a tile may reach beyond the picture
    int first, channels;    // those of the picture that it holds
    tmsize_t row;           // bytes
    void *samples;
};

static bool block_init(struct reader *r, struct block *b)
{
    b->width = r->width;
    if (TIFFIsTiled(r->tiff)) {
        TIFFGetField(r->tiff, TIFFTAG_TILEWIDTH, &b->width);
        TIFFGetField(r->tiff, TIFFTAG_TILELENGTH, &b->height);
    } else {
        TIFFGetFieldDefaulted(r->tiff, TIFFTAG_ROWSPERSTRIP, &b->height);
        b->height = MIN(b->height, r->height);
    }
    if (!image_check_size(b->width, b->height, &r->error)) {
        return false;
    }
    b->channels = r->apart ? 1 : r->channels;
    b->row = (tmsize_t)b->width * b->channels * (r->bits / 8);
    b->samples = g_try_malloc_n(b->height, (gsize)b->row);
    return b->samples != NULL ||
           fail(r, TINCTURE_ERROR_MEMORY, "there is not enough memory for it");
}

static float half_value(uint16_t half)
{
    const int exponent = half >> 10 & 31, fraction = half & 1023;
    const float value = exponent > 0 ? ldexpf((float)(1024 + fraction), exponent - 25)
                                     : ldexpf((float)fraction, -24);

    return exponent == 31 ? NAN : half & 0x8000 ? -value : value;
}

static float float_value(const struct reader *r, const struct block *b, size_t i)
{
    enum { LIMIT = 65504 }; // of the shortest float; far from what is light on a photo
    const float value = r->bits == 16   ? half_value(((const uint16_t *)b->samples)[i])
                        : r->bits == 32 ? ((const float *)b->samples)[i]
                                        : (float)((const double *)b->samples)[i];

    return isnan(value) ? 0.0f : CLAMP(value, -LIMIT, LIMIT);
}

static float value_at(const struct reader *r, const struct block *b, size_t i)
{
    if (r->floats) {
        return float_value(r, b, i);
    }
    return r->bits == 8    ? ((const uint8_t *)b->samples)[i] / 255.0f
           : r->bits == 16 ? ((const uint16_t *)b->samples)[i] / 65535.0f
                           : (float)(((const uint32_t *)b->samples)[i] / 4294967295.0);
}

// The part of the block that lies in the picture. Gray is three times the same.
static void block_put(const struct reader *r, const struct block *b, struct image *image,
                      uint32_t x0, uint32_t y0)
{
    const bool negative = r->photometric == PHOTOMETRIC_MINISWHITE;

    for (int c = 0; c < (r->alpha ? 4 : 3); c++) {
        const int channel = (c == 3 ? r->colors : MIN(c, r->colors - 1)) - b->first;

        if (channel < 0 || channel >= b->channels) {
            continue;
        }
        for (uint32_t y = y0; y < MIN(y0 + b->height, r->height); y++) {
            size_t from = (size_t)(y - y0) * b->width * b->channels + (size_t)channel;
            size_t to = (size_t)y * r->width + x0;

            for (uint32_t x = x0; x < MIN(x0 + b->width, r->width); x++, to++) {
                float value = value_at(r, b, from);

                *(c == 3 ? &image->alpha[to] : &image->rgb[3 * to + c]) =
                    negative && c < 3 ? 1.0f - value : value;
                from += (size_t)b->channels;
            }
        }
    }
}

static bool block_read(struct reader *r, const struct block *b, uint32_t x, uint32_t y)
{
    TIFF *tiff = r->tiff;
    bool tiled = TIFFIsTiled(tiff);
    uint16_t plane = (uint16_t)b->first;
    tmsize_t wanted = b->row * (tiled ? b->height : MIN(b->height, r->height - y));
    tmsize_t got =
        tiled ? TIFFReadEncodedTile(tiff, TIFFComputeTile(tiff, x, y, 0, plane), b->samples, wanted)
              : TIFFReadEncodedStrip(tiff, TIFFComputeStrip(tiff, y, plane), b->samples, wanted);

    return (got == wanted && r->error == NULL) || fail(r, TINCTURE_ERROR_FILE, "it is cut short");
}

static bool read_blocks(struct reader *r, struct block *b, struct image *image)
{
    for (uint32_t y = 0; y < r->height; y += b->height) {
        for (uint32_t x = 0; x < r->width; x += b->width) {
            if (task_cancelled(r->task, &r->error) || !block_read(r, b, x, y)) {
                return false;
            }
            block_put(r, b, image, x, y);
        }
    }
    return true;
}

// Colours of what is not seen are nobody's to know. Those of integers end at white; light has no
// end.
static void divide_by_alpha(const struct reader *r, struct image *image)
{
    const size_t pixels = (size_t)image->width * image->height;
    const float most = r->floats ? INFINITY : 1.0f;

    for (size_t i = 0; i < pixels; i++) {
        const float alpha = image->alpha[i];

        for (int c = 0; c < 3; c++) {
            float *value = &image->rgb[3 * i + c];

            *value = alpha > 0.0f ? MIN(*value / alpha, most) : 0.0f;
        }
    }
}

static struct image *read_pixels(struct reader *r)
{
    struct block block = {0};
    struct image *image = image_new((int)r->width, (int)r->height, r->alpha, &r->error);
    bool ok = image != NULL && block_init(r, &block);
    int planes = r->apart ? r->colors + r->alpha : 1;

    for (; ok && block.first < planes; block.first++) {
        ok = read_blocks(r, &block, image);
    }
    g_free(block.samples);
    if (!ok) {
        g_clear_pointer(&image, image_free);
    } else if (r->premultiplied) {
        divide_by_alpha(r, image);
    }
    return image;
}

// ---- the codec ----------------------------------------------------------------------------------

static bool sniff(const uint8_t *data, size_t size)
{
    struct reader r;

    if (size < 8 || (memcmp(data, "II", 2) != 0 && memcmp(data, "MM", 2) != 0)) {
        return false;
    }
    reader_open(&r, data, size, NULL);
    reader_clear(&r);
    return r.colors > 0; // also where the file is damaged: reading it will say so
}

static bool read_info(GBytes *file, struct image_info *info, GError **error)
{
    struct reader r;
    bool ok = reader_open(&r, g_bytes_get_data(file, NULL), g_bytes_get_size(file), NULL);

    if (ok) {
        info->width = (int)(r.orientation >= 5 ? r.height : r.width);
        info->height = (int)(r.orientation >= 5 ? r.width : r.height);
        take_meta(&r, &info->meta);
    } else {
        g_propagate_error(error, g_steal_pointer(&r.error));
    }
    reader_clear(&r);
    return ok;
}

// The orientation is a tag of TIFF's own, so the pixels are turned here.
static struct image *read_image(GBytes *file, struct task *task, GError **error)
{
    struct reader r;
    bool ok = reader_open(&r, g_bytes_get_data(file, NULL), g_bytes_get_size(file), task);
    struct image *stored = ok ? read_pixels(&r) : NULL, *image = stored;

    if (stored != NULL && r.orientation > 1) {
        image = image_orient(stored, r.orientation, &r.error);
        image_free(stored);
    }
    if (image != NULL) {
        take_meta(&r, &image->meta);
    } else {
        g_propagate_error(error, g_steal_pointer(&r.error));
    }
    reader_clear(&r);
    return image;
}

// ---- writing ------------------------------------------------------------------------------------

struct writer {
    TIFF *tiff;
    GByteArray *bytes;
    uint64_t offset;
    GError *error; // first failure
};

static bool write_fail(struct writer *w, const char *reason)
{
    if (w->error == NULL) {
        g_set_error(&w->error, TINCTURE_ERROR, TINCTURE_ERROR_FAILED,
                    "the picture cannot be written as TIFF (%s)", reason);
    }
    return false;
}

static G_GNUC_PRINTF(4, 0) int take_write_error(TIFF *tiff, void *writer, const char *module,
                                                const char *format, va_list args)
{
    g_autofree char *text = g_strdup_vprintf(format, args);

    write_fail(writer, text);
    return 1; // said
}

static tmsize_t target_write(thandle_t handle, void *from, tmsize_t count)
{
    struct writer *w = handle;

    if (count < 0 || w->offset + (uint64_t)count > G_MAXUINT) {
        write_fail(w, "it is larger than 4 GB");
        return -1;
    }
    if (w->offset + (uint64_t)count > w->bytes->len) {
        g_byte_array_set_size(w->bytes, (guint)(w->offset + (uint64_t)count));
    }
    memcpy(w->bytes->data + w->offset, from, (size_t)count);
    w->offset += (uint64_t)count;
    return count;
}

static tmsize_t target_read(thandle_t handle, void *to, tmsize_t count)
{
    struct writer *w = handle;
    uint64_t at = MIN(w->offset, w->bytes->len),
             n = MIN((uint64_t)MAX(count, 0), w->bytes->len - at);

    memcpy(to, w->bytes->data + at, n);
    w->offset = at + n;
    return (tmsize_t)n;
}

static toff_t target_seek(thandle_t handle, toff_t offset, int whence)
{
    struct writer *w = handle;

    w->offset = offset + (whence == SEEK_CUR ? w->offset : whence == SEEK_END ? w->bytes->len : 0);
    return w->offset;
}

static toff_t target_size(thandle_t handle)
{
    return ((struct writer *)handle)->bytes->len;
}

static bool writer_open(struct writer *w, GBytes *exif)
{
    const char mode[] = {'w', tiff_exif_order(exif), 'm', 0};
    TIFFOpenOptions *options = TIFFOpenOptionsAlloc();

    TIFFOpenOptionsSetErrorHandlerExtR(options, take_write_error, w);
    TIFFOpenOptionsSetWarningHandlerExtR(options, take_warning, w);
    w->tiff = TIFFClientOpenExt("TIFF", mode, w, target_read, target_write, target_seek,
                                source_close, target_size, NULL, NULL, options);
    TIFFOpenOptionsFree(options);
    return w->tiff != NULL || write_fail(w, "its header");
}

static void put_bytes(TIFF *tiff, uint32_t tag, GBytes *bytes)
{
    if (bytes != NULL) {
        TIFFSetField(tiff, tag, (uint32_t)g_bytes_get_size(bytes), g_bytes_get_data(bytes, NULL));
    }
}

static void put_tags(struct writer *w, const struct image *image, const struct codec_write *params)
{
    enum { STRIP = 1 << 18, LEVEL = 4 }; // bytes; what takes twice the time gains a percent
    static const uint16_t ALPHA[] = {EXTRASAMPLE_UNASSALPHA};
    const int channels = image->alpha != NULL ? 4 : 3;
    const int row = image->width * channels * params->bits / 8;
    g_autoptr(GBytes) srgb = color_srgb_profile();

    TIFFSetField(w->tiff, TIFFTAG_IMAGEWIDTH, (uint32_t)image->width);
    TIFFSetField(w->tiff, TIFFTAG_IMAGELENGTH, (uint32_t)image->height);
    TIFFSetField(w->tiff, TIFFTAG_BITSPERSAMPLE, params->bits);
    TIFFSetField(w->tiff, TIFFTAG_SAMPLESPERPIXEL, channels);
    TIFFSetField(w->tiff, TIFFTAG_PHOTOMETRIC, PHOTOMETRIC_RGB);
    TIFFSetField(w->tiff, TIFFTAG_PLANARCONFIG, PLANARCONFIG_CONTIG);
    TIFFSetField(w->tiff, TIFFTAG_ORIENTATION, ORIENTATION_TOPLEFT);
    TIFFSetField(w->tiff, TIFFTAG_COMPRESSION, COMPRESSION_ADOBE_DEFLATE);
    TIFFSetField(w->tiff, TIFFTAG_PREDICTOR, PREDICTOR_HORIZONTAL);
    TIFFSetField(w->tiff, TIFFTAG_ZIPQUALITY, LEVEL);
    TIFFSetField(w->tiff, TIFFTAG_ROWSPERSTRIP, (uint32_t)MAX(STRIP / row, 1));
    if (image->alpha != NULL) {
        TIFFSetField(w->tiff, TIFFTAG_EXTRASAMPLES, 1, ALPHA);
    }
    put_bytes(w->tiff, TIFFTAG_ICCPROFILE, params->icc != NULL ? params->icc : srgb);
    put_bytes(w->tiff, TIFFTAG_XMLPACKET, params->xmp);
    put_bytes(w->tiff, TIFFTAG_PHOTOSHOP, params->iptc);
    if (params->exif != NULL) {
        tiff_exif_write(w->tiff, w->bytes, params->exif);
    }
}

static void fill_row(const struct image *image, int y, int bits, void *row)
{
    const int channels = image->alpha != NULL ? 4 : 3;
    const size_t first = (size_t)y * image->width;

    for (int x = 0; x < image->width; x++) {
        for (int c = 0; c < channels; c++) {
            float value = c < 3 ? image->rgb[3 * (first + x) + c] : image->alpha[first + x];

            if (bits == 16) {
                ((uint16_t *)row)[x * channels + c] = (uint16_t)image_quantize(value, 65535.0f);
            } else {
                ((uint8_t *)row)[x * channels + c] = (uint8_t)image_quantize(value, 255.0f);
            }
        }
    }
}

static bool write_rows(struct writer *w, const struct image *image,
                       const struct codec_write *params)
{
    g_autofree uint16_t *row = g_new(uint16_t, (size_t)image->width * 4);

    for (int y = 0; y < image->height; y++) {
        if (task_cancelled(params->task, &w->error)) {
            return false;
        }
        fill_row(image, y, params->bits, row);
        if (TIFFWriteScanline(w->tiff, row, (uint32_t)y, 0) != 1) {
            return write_fail(w, "its pixels");
        }
    }
    return TIFFFlush(w->tiff) == 1 || write_fail(w, "its directory");
}

static GBytes *write_image(const struct image *image, const struct codec_write *params,
                           GError **error)
{
    struct writer w = {.bytes = g_byte_array_new()};
    GBytes *file = NULL;
    bool ok = writer_open(&w, params->exif);

    if (ok) {
        put_tags(&w, image, params);
        ok = write_rows(&w, image, params);
        TIFFClose(w.tiff);
    }
    if (ok && w.error == NULL) {
        file = g_byte_array_free_to_bytes(g_steal_pointer(&w.bytes));
    } else {
        g_propagate_error(error, g_steal_pointer(&w.error));
    }
    g_clear_pointer(&w.bytes, g_byte_array_unref);
    return file;
}

const struct codec tiff_codec = {
    .name = "tiff",
    .title = "TIFF",
    .suffixes = (const char *const[]){"tif", "tiff", NULL},
    .exif_recipe = true,
    .sniff = sniff,
    .read_info = read_info,
    .read = read_image,
    .write = write_image,
};
