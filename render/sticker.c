#include "render/sticker.h"

#include "compute/error.h"
#include "compute/i18n.h"
#include "compute/srgb.h"
#include "render/filter.h"
#include "render/resample.h"

#include <math.h>
#include <string.h>

// Pixels around the thing that go with it when it gets another size, so that its contour has two
// sides.
enum { FRINGE = 2 };

// Less alpha than this is none.
#define VISIBLE (8.0f / 255.0f)

// Of the shadow, as shares of the side: how soft it is, and how far below it lies.
#define SHADOW_BLUR 0.012
#define SHADOW_DROP 0.008
// Beyond so many of its sigmas nobody sees it.
#define SHADOW_REACH 2.5

// ---- the box around the thing -------------------------------------------------------------------

static float alpha_at(const struct image *image, size_t i)
{
    return image->alpha != NULL ? image->alpha[i] : 1.0f;
}

// width 0: nothing is visible.
static struct image_region visible_box(const struct image *image)
{
    int left = image->width, right = -1, top = image->height, bottom = -1;

    for (int y = 0; y < image->height; y++) {
        for (int x = 0; x < image->width; x++) {
            if (alpha_at(image, (size_t)y * image->width + x) >= VISIBLE) {
                left = MIN(left, x);
                right = MAX(right, x);
                top = MIN(top, y);
                bottom = y;
            }
        }
    }
    return right < 0 ? (struct image_region){0}
                     : (struct image_region){left, top, right - left + 1, bottom - top + 1};
}

// ---- where everything lies ----------------------------------------------------------------------

struct layout {
    int width, height;                   // of the sticker
    struct image_region part;            // of the picture: the thing with its fringe ...
    int x, y, thing_width, thing_height; // ... and where it lies, which may be partly outside
    double sigma;                        // of the shadow; 0: none
    int drop;
};

// Free pixels that outline, shadow and margin need beside the thing.
struct room {
    double sides, above, below;
};

static struct room room_for(const struct sticker_params *p, struct layout *l)
{
    l->sigma = p->shadow > 0 ? SHADOW_BLUR * p->side : 0;
    l->drop = p->shadow > 0 ? (int)lround(SHADOW_DROP * p->side) : 0;

    const double soft = SHADOW_REACH * l->sigma, around = p->margin + p->outline;

    return (struct room){around + soft, around + MAX(soft - l->drop, 0), around + soft + l->drop};
}

// The thing with its fringe, as far as the picture has one.
static struct image_region with_fringe(const struct image *image, const struct image_region *box)
{
    const int x = MAX(box->x - FRINGE, 0), y = MAX(box->y - FRINGE, 0);
    const int right = MIN(box->x + box->width + FRINGE, image->width);
    const int bottom = MIN(box->y + box->height + FRINGE, image->height);

    return (struct image_region){x, y, right - x, bottom - y};
}

static bool lay_out(const struct image *image, const struct image_region *box,
                    const struct sticker_params *p, struct layout *l, GError **error)
{
    const struct room room = room_for(p, l);
    const double wide = p->side - 2 * room.sides, high = p->side - room.above - room.below;

    if (MIN(wide, high) < 1) {
        g_set_error(error, TINCTURE_ERROR, TINCTURE_ERROR_ARGUMENT,
                    _("an outline of %g pixels leaves no room in a sticker of %d pixels"),
                    p->outline, p->side);
        return false;
    }
    const double scale = MIN(wide / box->width, high / box->height);
    const double needs_width = box->width * scale + 2 * room.sides,
                 needs_height = box->height * scale + room.above + room.below;
    const bool tall = needs_height >= needs_width;

    l->width = p->square || !tall ? p->side : MIN((int)ceil(needs_width - 1e-6), p->side);
    l->height = p->square || tall ? p->side : MIN((int)ceil(needs_height - 1e-6), p->side);
    l->part = with_fringe(image, box);
    l->thing_width = MAX((int)lround(l->part.width * scale), 1);
    l->thing_height = MAX((int)lround(l->part.height * scale), 1);
    l->x = (int)lround((l->width - box->width * scale) / 2 - (box->x - l->part.x) * scale);
    l->y = (int)lround(room.above + (l->height - needs_height) / 2 - (box->y - l->part.y) * scale);
    return true;
}

// ---- the thing at its size ----------------------------------------------------------------------

// A magnified contour is as wide as the magnification: smooth, and then steep again.
static void sharpen_contour(const struct image *cut, struct image *thing)
{
    const double scale = (double)thing->width / cut->width;
    const float steep = (float)MAX(0.6 * scale, 1.0);

    if (scale <= 1.5 || cut->alpha == NULL) {
        return;
    }
    resample_plane(cut->alpha, cut->width, cut->height, 1, thing->alpha, thing->width,
                   thing->height, RESAMPLE_SPLINE);
    for (int i = 0; i < thing->width * thing->height; i++) {
        thing->alpha[i] = (thing->alpha[i] - 0.5f) * steep + 0.5f;
    }
}

static struct image *thing_at_size(const struct image *picture, const struct layout *l,
                                   GError **error)
{
    const struct image_region *part = &l->part;
    struct image *cut = image_crop(picture, part->x, part->y, part->width, part->height, error);
    struct image *thing =
        cut != NULL ? image_resize(cut, l->thing_width, l->thing_height, error) : NULL;

    if (thing != NULL) {
        sharpen_contour(cut, thing);
    }
    image_free(cut);
    return thing;
}

// ---- outline and shadow -------------------------------------------------------------------------

// The squared distance transform of one line, of `step` between its values: the lower envelope of
// parabolas (Felzenszwalb and Huttenlocher, Distance Transforms of Sampled Functions, 2012).
static void distance_line(float *values, int n, size_t step, float *f, int *at, float *from)
{
    int k = 0;

    for (int i = 0; i < n; i++) {
        f[i] = values[(size_t)i * step];
    }
    at[0] = 0;
    from[0] = -INFINITY;
    from[1] = INFINITY;
    for (int q = 1; q < n; q++) {
        float s;

        do {
            const int r = at[k];

            s = (f[q] - f[r] + (float)(q * q - r * r)) / (float)(2 * (q - r));
        } while (s <= from[k] && --k >= 0);
        k++;
        at[k] = q;
        from[k] = s;
        from[k + 1] = INFINITY;
    }
    k = 0;
    for (int q = 0; q < n; q++) {
        while (from[k + 1] < (float)q) {
            k++;
        }
        values[(size_t)q * step] = (float)((q - at[k]) * (q - at[k])) + f[at[k]];
    }
}

// Whether the contour goes through the pixel, or it lies inside: a haze farther out has none.
static bool is_at_contour(const float *plane, int width, int height, int i)
{
    const int x = i % width, y = i / width;

    return plane[i] >= 0.5f || (x > 0 && plane[i - 1] >= 0.5f) ||
           (x < width - 1 && plane[i + 1] >= 0.5f) || (y > 0 && plane[i - width] >= 0.5f) ||
           (y < height - 1 && plane[i + width] >= 0.5f);
}

// The distance of each pixel's middle to the contour at one half of alpha, outside of it, in place.
static void distance_outside(float *plane, int width, int height)
{
    enum { FAR = 1 << 20 };
    const int longest = MAX(width, height);
    g_autofree float *f = g_new(float, longest), *from = g_new(float, longest + 1);
    g_autofree float *alpha = g_memdup2(plane, sizeof(float) * (gsize)width * (gsize)height);
    g_autofree int *at = g_new(int, longest);

    for (int i = 0; i < width * height; i++) {
        const float short_of = MAX(0.5f - alpha[i], 0.0f); // a pixel partly covered is that near

        plane[i] = is_at_contour(alpha, width, height, i) ? short_of * short_of : FAR;
    }
    for (int x = 0; x < width; x++) {
        distance_line(plane + x, height, (size_t)width, f, at, from);
    }
    for (int y = 0; y < height; y++) {
        distance_line(plane + (size_t)y * width, width, 1, f, at, from);
    }
    for (int i = 0; i < width * height; i++) {
        plane[i] = sqrtf(plane[i]);
    }
}

// How much of each pixel the thing with its outline covers.
static void outline_around(const float *alpha, int width, int height, double outline, float *plane)
{
    memcpy(plane, alpha, sizeof(float) * (size_t)width * (size_t)height);
    if (outline <= 0) {
        return;
    }
    distance_outside(plane, width, height);
    for (int i = 0; i < width * height; i++) {
        const float covered = CLAMP((float)outline - plane[i] + 0.5f, 0.0f, 1.0f);

        plane[i] = MAX(covered, alpha[i]);
    }
}

static void shadow_below(const float *shape, const struct layout *l, double strength, float *plane)
{
    const size_t row = (size_t)l->width;

    memset(plane, 0, sizeof(float) * row * (size_t)l->height);
    for (int y = l->drop; strength > 0 && y < l->height; y++) {
        for (int x = 0; x < l->width; x++) {
            plane[(size_t)y * row + x] = (float)strength * shape[(size_t)(y - l->drop) * row + x];
        }
    }
    filter_gaussian(plane, l->width, l->height, l->sigma);
}

// ---- layers -------------------------------------------------------------------------------------

// A layer of that colour and alpha over what lies there, premultiplied and linear.
static void lay_over(float below[4], const float rgb[3], float alpha)
{
    for (int c = 0; c < 3; c++) {
        below[c] = alpha * srgb_linear(CLAMP(rgb[c], 0.0f, 1.0f)) + (1 - alpha) * below[c];
    }
    below[3] = alpha + (1 - alpha) * below[3];
}

// Everything on an empty page.
static void lay_all(struct image *page, const struct image *thing, const struct layout *l,
                    const float *shape, const float *shadow, const float color[3])
{
    static const float black[3];

    for (int y = 0; y < page->height; y++) {
        for (int x = 0; x < page->width; x++) {
            const size_t i = (size_t)y * page->width + x;
            const int u = x - l->x, v = y - l->y;
            float pixel[4] = {0};

            lay_over(pixel, black, shadow[i]);
            lay_over(pixel, color, shape[i]);
            if (u >= 0 && v >= 0 && u < thing->width && v < thing->height) {
                const size_t k = (size_t)v * thing->width + u;

                lay_over(pixel, thing->rgb + 3 * k, CLAMP(alpha_at(thing, k), 0.0f, 1.0f));
            }
            page->alpha[i] = pixel[3];
            for (int c = 0; c < 3; c++) {
                page->rgb[3 * i + c] = pixel[3] > 0 ? srgb_encoded(pixel[c] / pixel[3]) : 0.0f;
            }
        }
    }
}

// The thing's alpha on the page.
static void place_alpha(const struct image *thing, const struct layout *l, float *plane)
{
    memset(plane, 0, sizeof(float) * (size_t)l->width * (size_t)l->height);
    for (int y = MAX(-l->y, 0); y < MIN(thing->height, l->height - l->y); y++) {
        for (int x = MAX(-l->x, 0); x < MIN(thing->width, l->width - l->x); x++) {
            plane[(size_t)(y + l->y) * l->width + x + l->x] =
                CLAMP(alpha_at(thing, (size_t)y * thing->width + x), 0.0f, 1.0f);
        }
    }
}

static struct image *compose(const struct image *thing, const struct layout *l,
                             const struct sticker_params *p, GError **error)
{
    struct image *page = image_new(l->width, l->height, true, error);
    const gsize count = (gsize)l->width * (gsize)l->height;

    if (page == NULL) {
        return NULL;
    }
    g_autofree float *alpha = g_new(float, count), *shape = g_new(float, count),
                     *shadow = g_new(float, count);

    place_alpha(thing, l, alpha);
    outline_around(alpha, l->width, l->height, p->outline, shape);
    shadow_below(shape, l, p->shadow, shadow);
    if (p->outline <= 0) {
        memset(shape, 0, count * sizeof(float));
    }
    lay_all(page, thing, l, shape, shadow, p->color);
    return page;
}

struct image *sticker_make(const struct image *cut, const struct sticker_params *params,
                           GError **error)
{
    const struct image_region box = visible_box(cut);
    struct layout layout = {0};

    if (box.width == 0) {
        g_set_error_literal(error, TINCTURE_ERROR, TINCTURE_ERROR_ARGUMENT,
                            _("nothing is left of the picture: all of it is transparent"));
        return NULL;
    }
    if (!lay_out(cut, &box, params, &layout, error)) {
        return NULL;
    }

    struct image *thing = thing_at_size(cut, &layout, error);
    struct image *page = thing != NULL ? compose(thing, &layout, params, error) : NULL;

    image_free(thing);
    return page;
}
