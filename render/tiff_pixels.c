// Blocks of samples, as libtiff unpacks them, to colours.
#include "render/tiff_pixels.h"

#include "compute/i18n.h"

#include "render/color.h"

#include <math.h>
#include <string.h>

enum { MAX_CHANNELS = 32, MAX_NEEDED = 8 };

// ---- the layout ---------------------------------------------------------------------------------

static bool take_palette(struct tiff_reader *r)
{
    uint16_t most = 0;

    if (r->bits > 16 ||
        !TIFFGetField(r->tiff, TIFFTAG_COLORMAP, &r->palette[0], &r->palette[1], &r->palette[2])) {
        return false;
    }
    for (int c = 0; c < 3; c++) {
        for (uint32_t i = 0; i < 1u << r->bits; i++) {
            most = MAX(most, r->palette[c][i]);
        }
    }
    // Some writers make 65280 of 255 and some 65535, and old ones put bytes there.
    r->palette_shift = most < 256 ? 0 : 8;
    return true;
}

// JPEG's own conversion is asked for, so that YCbCr comes as RGB.
static bool is_jpeg_ycc(struct tiff_reader *r, uint16_t packing)
{
    return r->photometric == PHOTOMETRIC_YCBCR && packing == COMPRESSION_JPEG && r->bits == 8 &&
           r->channels == 3 && !r->apart &&
           TIFFSetField(r->tiff, TIFFTAG_JPEGCOLORMODE, JPEGCOLORMODE_RGB) == 1;
}

static enum tiff_color color_of(struct tiff_reader *r, uint16_t packing)
{
    uint16_t ink = 0;

    switch (r->photometric) {
    case PHOTOMETRIC_MINISWHITE:
    case PHOTOMETRIC_MINISBLACK: return TIFF_COLOR_GRAY;
    case PHOTOMETRIC_RGB: return TIFF_COLOR_RGB;
    case PHOTOMETRIC_YCBCR: return is_jpeg_ycc(r, packing) ? TIFF_COLOR_RGB : TIFF_COLOR_OTHER;
    case PHOTOMETRIC_PALETTE:
        return !r->floats && take_palette(r) ? TIFF_COLOR_PALETTE : TIFF_COLOR_OTHER;
    case PHOTOMETRIC_SEPARATED:
        TIFFGetFieldDefaulted(r->tiff, TIFFTAG_INKSET, &ink);
        return ink == INKSET_CMYK && !r->floats ? TIFF_COLOR_CMYK : TIFF_COLOR_OTHER;
    case PHOTOMETRIC_CIELAB:
    case PHOTOMETRIC_ICCLAB:
        return (r->bits == 8 || r->bits == 16) && !r->floats ? TIFF_COLOR_LAB : TIFF_COLOR_OTHER;
    default: return TIFF_COLOR_OTHER;
    }
}

static bool is_lab(const struct tiff_reader *r)
{
    return r->photometric == PHOTOMETRIC_CIELAB || r->photometric == PHOTOMETRIC_ICCLAB;
}

// Signed samples of Lab are read as what their bits are.
static bool is_sized(const struct tiff_reader *r, uint16_t format)
{
    switch (format) {
    case SAMPLEFORMAT_IEEEFP: return r->bits == 16 || r->bits == 32 || r->bits == 64;
    case SAMPLEFORMAT_UINT:
    case SAMPLEFORMAT_VOID: return (r->bits >= 1 && r->bits <= 16) || r->bits == 32;
    case SAMPLEFORMAT_INT:
        return is_lab(r) || (r->photometric <= PHOTOMETRIC_RGB &&
                             (r->bits == 8 || r->bits == 16 || r->bits == 32));
    default: return false;
    }
}

bool tiff_pixels_init(struct tiff_reader *r)
{
    static const int COLORS[] = {[TIFF_COLOR_GRAY] = 1,
                                 [TIFF_COLOR_RGB] = 3,
                                 [TIFF_COLOR_PALETTE] = 1,
                                 [TIFF_COLOR_CMYK] = 4,
                                 [TIFF_COLOR_LAB] = 3};
    uint16_t packing = 0, format = 0, planes = 0, extra = 0, *kinds = NULL;
    char reason[1024] = "";

    TIFFGetFieldDefaulted(r->tiff, TIFFTAG_COMPRESSION, &packing);
    TIFFGetFieldDefaulted(r->tiff, TIFFTAG_SAMPLEFORMAT, &format);
    TIFFGetFieldDefaulted(r->tiff, TIFFTAG_PLANARCONFIG, &planes);
    TIFFGetFieldDefaulted(r->tiff, TIFFTAG_EXTRASAMPLES, &extra, &kinds);
    r->apart = planes == PLANARCONFIG_SEPARATE;
    r->floats = format == SAMPLEFORMAT_IEEEFP;
    r->negative = format == SAMPLEFORMAT_INT && !is_lab(r);
    r->color = packing != COMPRESSION_OJPEG && is_sized(r, format) ? color_of(r, packing)
                                                                   : TIFF_COLOR_OTHER;
    r->colors = COLORS[r->color];
    if (r->channels < r->colors || r->channels > MAX_CHANNELS) {
        r->color = TIFF_COLOR_OTHER;
    }
    if (r->color == TIFF_COLOR_OTHER) {
        return TIFFRGBAImageOK(r->tiff, reason) == 1 ||
               tiff_fail(r, TINCTURE_ERROR_UNSUPPORTED, reason);
    }

    // The first extra channel that is alpha, whatever else there is; a palette's colours are whole.
    for (int i = 0; i < extra && r->colors + i < MIN(r->channels, MAX_NEEDED) && !r->alpha; i++) {
        if (kinds[i] == EXTRASAMPLE_ASSOCALPHA || kinds[i] == EXTRASAMPLE_UNASSALPHA) {
            r->alpha = r->colors + i;
            r->premultiplied = kinds[i] == EXTRASAMPLE_ASSOCALPHA && r->color != TIFF_COLOR_PALETTE;
        }
    }
    return true;
}

// ---- blocks -------------------------------------------------------------------------------------

// A tile or a strip, which is as wide as the picture: each is packed on its own. Where channels are
// apart, one after another of those that are needed.
struct block {
    uint32_t width, height; // as packed; a tile may reach beyond the picture
    int planes, channels;   // of each plane
    gsize row, plane;       // bytes
    uint8_t *samples;
    float *values; // of one row, (planes, width, channels)
};

// Of the channels of a pixel so many are looked at.
static int needed(const struct tiff_reader *r)
{
    return MAX(r->colors, r->alpha + 1);
}

static bool block_init(struct tiff_reader *r, struct block *b)
{
    const bool tiled = TIFFIsTiled(r->tiff);

    b->width = r->width;
    if (tiled) {
        TIFFGetField(r->tiff, TIFFTAG_TILEWIDTH, &b->width);
        TIFFGetField(r->tiff, TIFFTAG_TILELENGTH, &b->height);
    } else {
        TIFFGetFieldDefaulted(r->tiff, TIFFTAG_ROWSPERSTRIP, &b->height);
        b->height = MIN(b->height, r->height);
    }
    if (!image_check_size(b->width, b->height, &r->error)) {
        return false;
    }
    b->planes = r->apart ? needed(r) : 1;
    b->channels = r->apart ? 1 : r->channels;
    b->row = ((gsize)b->width * (guint)b->channels * r->bits + 7) / 8;
    b->plane = b->row * b->height;
    if ((tmsize_t)b->row != (tiled ? TIFFTileRowSize(r->tiff) : TIFFScanlineSize(r->tiff))) {
        return tiff_fail(r, TINCTURE_ERROR_UNSUPPORTED, _("it is of a rare kind"));
    }
    b->samples = g_try_malloc_n(b->plane, (gsize)b->planes);
    b->values = g_try_new(float, (gsize)b->width *(guint)(b->planes * b->channels));
    return (b->samples != NULL && b->values != NULL) ||
           tiff_fail(r, TINCTURE_ERROR_MEMORY, _("there is not enough memory for it"));
}

static void block_clear(struct block *b)
{
    g_free(b->samples);
    g_free(b->values);
}

static bool any_set(const uint8_t *bytes, gsize count)
{
    for (gsize i = 0; i < count; i++) {
        if (bytes[i] != 0) {
            return true;
        }
    }
    return false;
}

// A block that the file does not claim to have is no damage but a lie about the size.
static bool keep_part(struct tiff_reader *r, uint32_t index)
{
    const bool claimed = TIFFGetStrileByteCount(r->tiff, index) > 0;

    if (r->lenient && claimed && g_error_matches(r->error, TINCTURE_ERROR, TINCTURE_ERROR_FILE)) {
        g_clear_error(&r->error);
        r->damaged = true;
        return true;
    }
    return false;
}

static bool is_cut(const struct tiff_reader *r, uint32_t index)
{
    const uint64_t at = TIFFGetStrileOffset(r->tiff, index);

    return at > r->size || TIFFGetStrileByteCount(r->tiff, index) > r->size - at;
}

// Row by row, so that those before the damage are whole: of a strip that fails libtiff gives back
// samples without undoing predictor and byte order. A tile it gives back whole or not at all.
static bool unpack_part(struct tiff_reader *r, const struct block *b, uint32_t index, uint32_t y,
                        int plane, uint8_t *to)
{
    const uint32_t rows = MIN(b->height, r->height - y);
    bool ok = true;

    if (TIFFIsTiled(r->tiff)) {
        ok = TIFFReadEncodedTile(r->tiff, index, to, (tmsize_t)b->plane) == (tmsize_t)b->plane;
        if (!ok) {
            memset(to, 0, b->plane);
        }
        return ok;
    }
    for (uint32_t row = 0; ok && row < rows; row++) {
        uint8_t *at = to + (gsize)row * b->row;

        ok = TIFFReadScanline(r->tiff, at, y + row, (uint16_t)plane) == 1;
        if (!ok) {
            memset(at, 0, b->row);
        }
    }
    return ok;
}

static bool unpack_all(struct tiff_reader *r, const struct block *b, uint32_t index, uint32_t y,
                       uint8_t *to)
{
    const bool tiled = TIFFIsTiled(r->tiff);
    const tmsize_t wanted =
        (tmsize_t)(b->row * (tiled ? b->height : MIN(b->height, r->height - y)));

    return !is_cut(r, index) &&
           (tiled ? TIFFReadEncodedTile(r->tiff, index, to, wanted)
                  : TIFFReadEncodedStrip(r->tiff, index, to, wanted)) == wanted;
}

// *some: whether it holds anything of the picture.
static bool plane_read(struct tiff_reader *r, const struct block *b, uint32_t x, uint32_t y,
                       int plane, bool *some)
{
    uint8_t *to = b->samples + (gsize)plane * b->plane;
    const uint32_t index = TIFFIsTiled(r->tiff) ? TIFFComputeTile(r->tiff, x, y, 0, (uint16_t)plane)
                                                : TIFFComputeStrip(r->tiff, y, (uint16_t)plane);

    memset(to, 0, b->plane);

    const bool ok =
        r->lenient ? unpack_part(r, b, index, y, plane, to) : unpack_all(r, b, index, y, to);

    if ((!ok || r->error != NULL) &&
        (tiff_fail(r, TINCTURE_ERROR_FILE, _("it is cut short")) || !keep_part(r, index))) {
        return false;
    }
    r->damaged = r->damaged || is_cut(r, index);
    *some = *some || !r->lenient ||
            (TIFFGetStrileOffset(r->tiff, index) < r->size && any_set(to, b->plane));
    return true;
}

// ---- samples ------------------------------------------------------------------------------------

static float half_value(uint16_t half)
{
    const int exponent = half >> 10 & 31, fraction = half & 1023;
    const float value = exponent > 0 ? ldexpf((float)(1024 + fraction), exponent - 25)
                                     : ldexpf((float)fraction, -24);

    return exponent == 31 ? NAN : half & 0x8000 ? -value : value;
}

static void unpack_floats(int bits, const void *row, gsize count, float *to)
{
    enum { LIMIT = 65504 }; // of the shortest float; far from what is light on a photo

    for (gsize i = 0; i < count; i++) {
        const float value = bits == 16   ? half_value(((const uint16_t *)row)[i])
                            : bits == 32 ? ((const float *)row)[i]
                                         : (float)((const double *)row)[i];

        to[i] = isnan(value) ? 0.0f : CLAMP(value, -LIMIT, LIMIT);
    }
}

// The first bit of a byte is its highest.
static void unpack_bits(int bits, const uint8_t *row, gsize count, float *to)
{
    const uint32_t most = (1u << bits) - 1;
    uint32_t held = 0;
    int have = 0;

    for (gsize i = 0; i < count; i++) {
        for (; have < bits; have += 8) {
            held = held << 8 | *row++;
        }
        have -= bits;
        to[i] = (float)(held >> have & most) / (float)most;
    }
}

// As scikit-image has it: 0 is black and the largest number white, as of numbers without a sign.
static void unpack_signed(int bits, const void *row, gsize count, float *to)
{
    const double most = (double)(((int64_t)1 << (bits - 1)) - 1);

    for (gsize i = 0; i < count; i++) {
        const int32_t value = bits == 8    ? ((const int8_t *)row)[i]
                              : bits == 16 ? ((const int16_t *)row)[i]
                                           : ((const int32_t *)row)[i];

        to[i] = (float)(MAX(value, 0) / most);
    }
}

// 0 is 0 and the largest integer is 1.
static void unpack_row(const struct tiff_reader *r, const void *row, gsize count, float *to)
{
    if (r->floats) {
        unpack_floats(r->bits, row, count, to);
    } else if (r->negative) {
        unpack_signed(r->bits, row, count, to);
    } else if (r->bits == 8) {
        for (gsize i = 0; i < count; i++) {
            to[i] = ((const uint8_t *)row)[i] / 255.0f;
        }
    } else if (r->bits == 16) {
        for (gsize i = 0; i < count; i++) {
            to[i] = ((const uint16_t *)row)[i] / 65535.0f;
        }
    } else if (r->bits == 32) {
        for (gsize i = 0; i < count; i++) {
            to[i] = (float)(((const uint32_t *)row)[i] / 4294967295.0);
        }
    } else {
        unpack_bits(r->bits, row, count, to);
    }
}

// ---- colours ------------------------------------------------------------------------------------

struct canvas {
    struct image *image;
    uint8_t *ink; // (height, width, 4), inverted; NULL: the samples are no ink
};

// TIFF 6.0, section 23: L from 0 to 100, a and b as signed numbers. ICC's has them with an offset,
// and in 16 bits ends at 0xff00 (ICC.1:2001-04, table 1).
static void lab_of(const struct tiff_reader *r, const float *v, float *lab)
{
    const bool icc = r->photometric == PHOTOMETRIC_ICCLAB, wide = r->bits == 16;
    const float most = wide ? 65535.0f : 255.0f, unit = wide ? 256.0f : 1.0f;

    lab[0] = v[0] * 100.0f * (icc && wide ? 65535.0f / 65280.0f : 1.0f);
    for (int c = 1; c < 3; c++) {
        const float raw = v[c] * most;

        lab[c] = (icc ? raw - 128.0f * unit : raw < 128.0f * unit ? raw : raw - most - 1) / unit;
    }
}

static void put_pixel(const struct tiff_reader *r, const float *v, const struct canvas *canvas,
                      gsize at)
{
    const bool negative = r->photometric == PHOTOMETRIC_MINISWHITE;
    float *rgb = canvas->image->rgb + 3 * at;

    switch (r->color) {
    case TIFF_COLOR_PALETTE: {
        const uint32_t index = (uint32_t)(v[0] * (float)((1u << r->bits) - 1) + 0.5f);

        for (int c = 0; c < 3; c++) {
            rgb[c] = (float)(r->palette[c][index] >> r->palette_shift) / 255.0f;
        }
        break;
    }
    case TIFF_COLOR_CMYK:
        for (int c = 0; c < 4; c++) {
            canvas->ink[4 * at + c] = (uint8_t)(255 - image_quantize(v[c], 255.0f));
        }
        break;
    case TIFF_COLOR_LAB: lab_of(r, v, rgb); break;
    default:
        for (int c = 0; c < 3; c++) {
            rgb[c] = r->color == TIFF_COLOR_RGB ? v[c] : negative ? 1.0f - v[0] : v[0];
        }
    }
    if (r->alpha) {
        canvas->image->alpha[at] = v[r->alpha];
    }
}

static void block_put(const struct tiff_reader *r, const struct block *b,
                      const struct canvas *canvas, uint32_t x0, uint32_t y0)
{
    const gsize next = r->apart ? b->width : 1, step = (gsize)b->channels;

    for (uint32_t y = y0; y < MIN(y0 + b->height, r->height); y++) {
        for (int plane = 0; plane < b->planes; plane++) {
            unpack_row(r, b->samples + (gsize)plane * b->plane + (y - y0) * b->row,
                       (gsize)b->width * step, b->values + (gsize)plane * b->width);
        }
        for (uint32_t x = x0; x < MIN(x0 + b->width, r->width); x++) {
            float v[MAX_NEEDED];

            for (int c = 0; c < needed(r); c++) {
                v[c] = b->values[(x - x0) * step + (gsize)c * next];
            }
            put_pixel(r, v, canvas, (gsize)y * r->width + x);
        }
    }
}

static bool read_blocks(struct tiff_reader *r, struct block *b, const struct canvas *canvas)
{
    bool some = false;

    for (uint32_t y = 0; y < r->height; y += b->height) {
        for (uint32_t x = 0; x < r->width; x += b->width) {
            for (int plane = 0; plane < b->planes; plane++) {
                if (task_cancelled(r->task, &r->error) || !plane_read(r, b, x, y, plane, &some)) {
                    return false;
                }
            }
            block_put(r, b, canvas, x, y);
        }
    }
    return some || tiff_fail(r, TINCTURE_ERROR_FILE, _("it is cut short"));
}

static bool read_samples(struct tiff_reader *r, const struct canvas *canvas, GBytes *icc)
{
    struct block block = {0};
    const gsize pixels = (gsize)r->width * r->height;
    bool ok = block_init(r, &block) && read_blocks(r, &block, canvas);

    block_clear(&block);
    if (ok && r->color == TIFF_COLOR_CMYK) {
        color_cmyk_to_srgb(canvas->ink, pixels, icc, canvas->image->rgb, &canvas->image->meta);
    } else if (ok && r->color == TIFF_COLOR_LAB) {
        ok = color_lab_to_srgb(canvas->image->rgb, pixels, &r->error);
    }
    if (ok && r->negative) {
        image_meta_note(&canvas->image->meta,
                        _("its numbers have signs: 0 is shown as black, and what is below it too"));
    }
    if (ok && r->premultiplied) { // integers end at white; light has no end
        image_divide_by_alpha(canvas->image, r->floats ? INFINITY : 1.0f);
    }
    return ok;
}

// libtiff takes a whole strip or tile into memory, of as many channels as the file says it has.
static bool has_small_blocks(const struct tiff_reader *r)
{
    enum { PIXEL = 16, SMALL = 16 << 20 }; // bytes: of eight channels; of a tile about nothing
    const uint64_t bytes =
        TIFFIsTiled(r->tiff) ? TIFFTileSize64(r->tiff) : TIFFStripSize64(r->tiff);

    return bytes <= MAX((uint64_t)r->width * r->height * PIXEL, SMALL);
}

// What is rare is libtiff's to interpret, opaque and of eight bits. It would turn the picture to
// the orientation that is asked for, so that is the picture's own.
static bool read_other(struct tiff_reader *r, struct image *image)
{
    const gsize pixels = (gsize)r->width * r->height;
    g_autofree uint32_t *raster = NULL;

    if (!has_small_blocks(r)) {
        return tiff_fail(r, TINCTURE_ERROR_UNSUPPORTED, _("it is of a rare kind"));
    }
    raster = g_try_new0(uint32_t, pixels);
    if (raster == NULL) {
        return tiff_fail(r, TINCTURE_ERROR_MEMORY, _("there is not enough memory for it"));
    }

    const int read = TIFFReadRGBAImageOriented(r->tiff, r->width, r->height, raster, r->orientation,
                                               r->lenient ? 0 : 1);

    if (r->lenient && any_set((const uint8_t *)raster, pixels * sizeof(*raster))) {
        g_clear_error(&r->error);
        r->damaged = true;
    } else if (read != 1 || r->error != NULL) {
        return tiff_fail(r, TINCTURE_ERROR_FILE, _("it is cut short"));
    }
    for (gsize i = 0; i < pixels; i++) {
        image->rgb[3 * i] = TIFFGetR(raster[i]) / 255.0f;
        image->rgb[3 * i + 1] = TIFFGetG(raster[i]) / 255.0f;
        image->rgb[3 * i + 2] = TIFFGetB(raster[i]) / 255.0f;
    }
    return true;
}

struct image *tiff_pixels_read(struct tiff_reader *r, GBytes *icc)
{
    const gsize pixels = (gsize)r->width * r->height;
    struct canvas canvas = {image_new((int)r->width, (int)r->height, r->alpha > 0, &r->error),
                            NULL};
    bool ok = canvas.image != NULL;

    if (ok && r->color == TIFF_COLOR_CMYK) {
        canvas.ink = g_try_malloc_n(pixels, 4);
        ok = canvas.ink != NULL ||
             tiff_fail(r, TINCTURE_ERROR_MEMORY, _("there is not enough memory for it"));
    }
    ok = ok && (r->color == TIFF_COLOR_OTHER ? read_other(r, canvas.image)
                                             : read_samples(r, &canvas, icc));
    g_free(canvas.ink);
    if (!ok) {
        g_clear_pointer(&canvas.image, image_free);
    }
    return canvas.image;
}
