// TIFF through libtiff: gray and RGB of 8 or 16 bits, with or without alpha, in strips or tiles,
// the first picture of a file. What is rarer (palettes, fax, YCbCr, CMYK, channels apart, colours
// multiplied by alpha) is not sniffed here and is left to gdk-pixbuf, which reads it with 8 bits.
#include "render/codec.h"

#include "compute/error.h"
#include "render/iptc.h"

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
    int colors; // of the channels: 1 or 3; 0: not for this file to read
    bool alpha; // the channel after them
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
    bool plain = (colors == 3 || r->photometric == PHOTOMETRIC_MINISBLACK) &&
                 (r->bits == 8 || r->bits == 16) && format == SAMPLEFORMAT_UINT &&
                 planes == PLANARCONFIG_CONTIG &&
                 (extra == 0 || kinds[0] != EXTRASAMPLE_ASSOCALPHA);

    if (unpacks && plain && r->channels >= colors && r->channels <= MAX_CHANNELS) {
        r->colors = colors;
        r->alpha = extra > 0 && r->channels > colors && kinds[0] == EXTRASAMPLE_UNASSALPHA;
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

    meta->bits = r->bits;
    meta->icc = take_tag(r, TIFFTAG_ICCPROFILE);
    meta->xmp = take_tag(r, TIFFTAG_XMLPACKET);
    meta->iptc = iptc_from_resources(data, size);
}

// ---- pixels -------------------------------------------------------------------------------------

// A tile or a strip, which is as wide as the picture: each is packed on its own.
struct block {
    uint32_t width, height; // as packed; a tile may reach beyond the picture
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
    b->row = (tmsize_t)b->width * r->channels * (r->bits / 8);
    b->samples = g_try_malloc_n(b->height, (gsize)b->row);
    return b->samples != NULL ||
           fail(r, TINCTURE_ERROR_MEMORY, "there is not enough memory for it");
}

// The part of the block that lies in the picture.
static void block_put(const struct reader *r, const struct block *b, struct image *image,
                      uint32_t x0, uint32_t y0)
{
    const uint8_t *bytes = b->samples;
    const uint16_t *words = b->samples;

    for (uint32_t y = y0; y < MIN(y0 + b->height, r->height); y++) {
        size_t from = (size_t)(y - y0) * b->width * r->channels, to = (size_t)y * r->width + x0;

        for (uint32_t x = x0; x < MIN(x0 + b->width, r->width); x++, to++, from += r->channels) {
            for (int c = 0; c < (r->alpha ? 4 : 3); c++) { // gray is three times the same
                size_t i = from + (size_t)(c == 3 ? r->colors : MIN(c, r->colors - 1));
                float value = r->bits == 16 ? words[i] / 65535.0f : bytes[i] / 255.0f;

                *(c == 3 ? &image->alpha[to] : &image->rgb[3 * to + c]) = value;
            }
        }
    }
}

static bool block_read(struct reader *r, const struct block *b, uint32_t x, uint32_t y)
{
    TIFF *tiff = r->tiff;
    bool tiled = TIFFIsTiled(tiff);
    tmsize_t wanted = b->row * (tiled ? b->height : MIN(b->height, r->height - y));
    tmsize_t got =
        tiled ? TIFFReadEncodedTile(tiff, TIFFComputeTile(tiff, x, y, 0, 0), b->samples, wanted)
              : TIFFReadEncodedStrip(tiff, TIFFComputeStrip(tiff, y, 0), b->samples, wanted);

    return (got == wanted && r->error == NULL) || fail(r, TINCTURE_ERROR_FILE, "it is cut short");
}

static struct image *read_pixels(struct reader *r)
{
    struct block block = {0};
    struct image *image = image_new((int)r->width, (int)r->height, r->alpha, &r->error);
    bool ok = image != NULL && block_init(r, &block);

    for (uint32_t y = 0; ok && y < r->height; y += block.height) {
        for (uint32_t x = 0; ok && x < r->width; x += block.width) {
            ok = !task_cancelled(r->task, &r->error) && block_read(r, &block, x, y);
            if (ok) {
                block_put(r, &block, image, x, y);
            }
        }
    }
    g_free(block.samples);
    if (!ok) {
        g_clear_pointer(&image, image_free);
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

const struct codec tiff_codec = {
    .name = "tiff",
    .title = "TIFF",
    .suffixes = (const char *const[]){"tif", "tiff", NULL},
    .sniff = sniff,
    .read_info = read_info,
    .read = read_image,
};
