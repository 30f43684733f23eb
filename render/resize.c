#include "render/resize.h"

#include "compute/error.h"
#include "compute/i18n.h"
#include "compute/srgb.h"
#include "render/filter.h"
#include "render/luma.h"
#include "render/parallel.h"
#include "render/resample.h"

#include <math.h>
#include <string.h>

// Rows that are made at once, and those beside them that an unsharp mask of that sigma looks at.
enum { BAND = 64, MARGIN = 3 };
#define SIGMA 0.8

// How much of what a blur takes away is added.
static const float AMOUNTS[] = {
    [IMAGE_SHARPEN_NONE] = 0.0f,
    [IMAGE_SHARPEN_LOW] = 0.35f,
    [IMAGE_SHARPEN_STANDARD] = 0.7f,
    [IMAGE_SHARPEN_HIGH] = 1.2f,
};

struct resize {
    const struct image_rows *source;
    struct resampler *resampler; // NULL: the size stays
    int width, height, channels; // channels: 3, or 4 with alpha
    float amount;

    const struct image *given; // the source's band that begins at row given_top; NULL: none yet
    int given_top;

    // rows from <= y < to of the source: linear and with alpha premultiplied, or where the size
    // stays as they are
    float *rows;
    int from, to, room;

    struct image *made; // a band with its margins: rows top <= y < top + made->height
    int top;
    struct image band; // what of it is given away
};

// ---- sizes --------------------------------------------------------------------------------------

static int scaled(int side, double factor)
{
    return (int)CLAMP(round(side * factor), 1.0, (double)IMAGE_MAX_SIDE + 1.0);
}

bool image_sizing_apply(const struct image_sizing *sizing, int width, int height, int *to_width,
                        int *to_height, GError **error)
{
    const int longer = MAX(width, height);
    const double factor = sizing->long_edge > 0   ? (double)sizing->long_edge / longer
                          : sizing->percent > 0.0 ? sizing->percent / 100.0
                                                  : 1.0;

    *to_width = scaled(width, factor);
    *to_height = scaled(height, factor);
    return image_check_size(*to_width, *to_height, error);
}

// ---- the source in linear light -----------------------------------------------------------------

// Colours outside sRGB are values outside 0..1: mirrored around black, and the curve goes on.
static float to_linear(float value)
{
    return value < 0.0f ? -srgb_linear(-value) : srgb_linear(value);
}

static float from_linear(float value)
{
    const float size = fabsf(value);
    const float encoded =
        size <= 1.0f ? srgb_encoded(size) : 1.055f * powf(size, 1.0f / 2.4f) - 0.055f;

    return value < 0.0f ? -encoded : encoded;
}

struct taking {
    const struct image *band;
    int first; // row of the band
    float *to;
    int width, channels;
    bool linear;
};

static void take_pixel(const struct taking *t, size_t i, float *to)
{
    const float *rgb = t->band->rgb + 3 * i;
    const float alpha = t->channels == 4 ? t->band->alpha[i] : 1.0f;
    const float weight = CLAMP(alpha, 0.0f, 1.0f);

    for (int c = 0; c < 3; c++) {
        to[c] = t->linear ? weight * to_linear(rgb[c]) : rgb[c];
    }
    if (t->channels == 4) {
        to[3] = t->linear ? weight : alpha;
    }
}

static void take_rows(int begin, int end, void *data)
{
    const struct taking *t = data;
    const size_t first = (size_t)t->first * t->width, last = (size_t)end * t->width;

    for (size_t i = (size_t)begin * t->width; i < last; i++) {
        take_pixel(t, first + i, t->to + i * t->channels);
    }
}

// Those before `from` are not looked at any more.
static void forget_rows(struct resize *r, int from)
{
    const size_t row = (size_t)r->source->width * r->channels;
    const int gone = CLAMP(from - r->from, 0, r->to - r->from);

    if (gone > 0) {
        memmove(r->rows, r->rows + gone * row,
                (size_t)(r->to - r->from - gone) * row * sizeof(float));
    }
    r->from += gone;
}

static bool make_room(struct resize *r, int rows, GError **error)
{
    if (rows > r->room) {
        const size_t row = (size_t)r->source->width * r->channels;
        float *larger = g_try_realloc_n(r->rows, (size_t)rows * row, sizeof(float));

        if (larger == NULL) {
            g_set_error_literal(error, TINCTURE_ERROR, TINCTURE_ERROR_MEMORY,
                                _("there is not enough memory for the picture"));
            return false;
        }
        r->rows = larger;
        r->room = rows;
    }
    return true;
}

// The source's band that holds its row r->to.
static bool find_band(struct resize *r, GError **error)
{
    if (r->given == NULL || r->to >= r->given_top + r->given->height) {
        r->given = r->source->band(r->source->data, r->to, error);
        r->given_top = r->to;
    }
    return r->given != NULL;
}

// Rows from .. to - 1 of the source are there.
static bool read_rows(struct resize *r, int from, int to, GError **error)
{
    const size_t row = (size_t)r->source->width * r->channels;

    forget_rows(r, from);
    while (r->to < to) {
        if (!find_band(r, error) || !make_room(r, to - r->from, error)) {
            return false;
        }

        const int end = MIN(to, r->given_top + r->given->height);
        struct taking t = {.band = r->given,
                           .first = r->to - r->given_top,
                           .to = r->rows + (size_t)(r->to - r->from) * row,
                           .width = r->source->width,
                           .channels = r->channels,
                           .linear = r->resampler != NULL};

        parallel_rows(end - r->to, take_rows, &t);
        r->to = end;
    }
    return true;
}

// ---- a band of the result -----------------------------------------------------------------------

struct making {
    const struct resize *r;
    int top; // row of the result that the band begins at
    struct image *band;
};

static void give_pixel(const struct making *m, const float *from, size_t i)
{
    const bool linear = m->r->resampler != NULL, has_alpha = m->r->channels == 4;
    const float alpha = has_alpha && linear ? CLAMP(from[3], 0.0f, 1.0f) : has_alpha ? from[3] : 1;

    for (int c = 0; c < 3; c++) {
        m->band->rgb[3 * i + c] =
            linear ? from_linear(from[c] / MAX(alpha, 1.0f / 65535.0f)) : from[c];
    }
    if (has_alpha) {
        m->band->alpha[i] = alpha;
    }
}

static void give_rows(int begin, int end, void *data)
{
    const struct making *m = data;
    const struct resize *r = m->r;
    const size_t first = (size_t)begin * r->width, pixels = (size_t)(end - begin) * r->width;
    const size_t row = (size_t)r->source->width * r->channels;
    g_autofree float *mixed = r->resampler != NULL ? g_new(float, pixels * r->channels) : NULL;
    const float *from = mixed != NULL ? mixed : r->rows + (size_t)(m->top + begin - r->from) * row;

    if (mixed != NULL) {
        resampler_run_rows(r->resampler, r->rows, r->from, r->channels, m->top + begin, end - begin,
                           mixed);
    }
    for (size_t i = 0; i < pixels; i++) {
        give_pixel(m, from + i * r->channels, first + i);
    }
}

static bool make_rows(struct resize *r, GError **error)
{
    int from = r->top, to = r->top + r->made->height;
    struct making m = {r, r->top, r->made};

    if (r->resampler != NULL) {
        resampler_source_rows(r->resampler, r->top, r->made->height, &from, &to);
    }
    if (!read_rows(r, from, to, error)) {
        return false;
    }
    parallel_rows(r->made->height, give_rows, &m);
    return true;
}

// Unsharp mask: what a blur would take away of the brightness is added. As every row has its
// neighbours within the blur's reach, neither bands nor their parts show.
struct sharpening {
    const struct resize *r;
    const float *bright; // of all rows that were made
};

static void sharpen_rows(int begin, int end, void *data)
{
    const struct sharpening *s = data;
    struct image *made = s->r->made;
    const size_t width = (size_t)made->width;
    const int from = MAX(begin - MARGIN, 0), to = MIN(end + MARGIN, made->height);
    const float *bright = s->bright + (size_t)from * width;
    g_autofree float *blurred = g_memdup2(bright, (size_t)(to - from) * width * sizeof(float));

    filter_gaussian(blurred, made->width, to - from, SIGMA);
    for (size_t i = (size_t)(begin - from) * width; i < (size_t)(end - from) * width; i++) {
        const float more = s->r->amount * (bright[i] - blurred[i]);

        for (int c = 0; c < 3; c++) {
            made->rgb[3 * ((size_t)from * width + i) + c] += more;
        }
    }
}

static void sharpen(const struct resize *r)
{
    g_autofree float *bright = luma_plane(r->made->rgb, (size_t)r->made->width * r->made->height);
    struct sharpening s = {r, bright};

    parallel_rows(r->made->height, sharpen_rows, &s);
}

// ---- rows ---------------------------------------------------------------------------------------

static void begin_again(struct resize *r)
{
    r->given = NULL;
    r->from = r->to = 0;
}

static const struct image *next_band(void *data, int y, GError **error)
{
    struct resize *r = data;
    const int margin = r->amount > 0.0f ? MARGIN : 0, bottom = MIN(y + BAND, r->height);
    const int end = MIN(bottom + margin, r->height);

    if (y == 0) {
        begin_again(r);
    }
    r->top = MAX(y - margin, 0);
    image_free(r->made);
    r->made = image_new(r->width, end - r->top, r->channels == 4, error);
    if (r->made == NULL || !make_rows(r, error)) {
        return NULL;
    }
    if (r->amount > 0.0f) {
        sharpen(r);
    }

    const size_t at = (size_t)(y - r->top) * r->width;

    r->band = (struct image){.width = r->width,
                             .height = bottom - y,
                             .rgb = r->made->rgb + 3 * at,
                             .alpha = r->channels == 4 ? r->made->alpha + at : NULL};
    return &r->band;
}

struct resize *resize_new(const struct image_rows *source, int width, int height,
                          enum image_sharpening sharpening)
{
    const bool stays = width == source->width && height == source->height;
    struct resize *r = g_new0(struct resize, 1);

    r->source = source;
    r->resampler =
        stays ? NULL
              : resampler_new(source->width, source->height, width, height, RESAMPLE_LANCZOS3);
    r->width = width;
    r->height = height;
    r->channels = source->alpha ? 4 : 3;
    r->amount = AMOUNTS[sharpening];
    return r;
}

struct image_rows resize_rows(struct resize *r)
{
    return (struct image_rows){.width = r->width,
                               .height = r->height,
                               .alpha = r->channels == 4,
                               .meta = r->source->meta,
                               .band = next_band,
                               .data = r};
}

void resize_free(struct resize *r)
{
    if (r == NULL) {
        return;
    }
    image_free(r->made);
    resampler_free(r->resampler);
    g_free(r->rows);
    g_free(r);
}
