// A sticker's thing out of a photo, and stickers on one page.
#include "render/sticker.h"

#include "compute/error.h"
#include "compute/i18n.h"
#include "render/filter.h"
#include "render/resample.h"

#include <math.h>
#include <string.h>

// The neighbourhoods from which the colours on both sides of a soft border are taken, as shares of
// the longer side: first far enough to reach what is not mixed, then near.
static const double neighbourhoods[] = {1.0 / 10, 1.0 / 60};

// ---- the thing's own colours --------------------------------------------------------------------

// One channel of what is on one side of the border, and of means over a neighbourhood.
struct side {
    float *colors, *means, *shares;
};

// The side's mean colour around each pixel; where it has no part there, what was known of it.
static void take_means(struct side *side, const struct image *image, bool inside, int radius)
{
    const int count = image->width * image->height;

    for (int i = 0; i < count; i++) {
        side->shares[i] = inside ? image->alpha[i] : 1.0f - image->alpha[i];
        side->means[i] = side->shares[i] * side->colors[i];
    }
    filter_box(side->shares, image->width, image->height, radius);
    filter_box(side->means, image->width, image->height, radius);
    for (int i = 0; i < count; i++) {
        side->means[i] =
            side->shares[i] > 1e-4f ? side->means[i] / side->shares[i] : side->colors[i];
    }
}

// Equations 6 and 7: F = F' + a (I - a F' - (1 - a) B').
static void part_channel(const struct image *image, int channel, struct side *thing,
                         struct side *ground, int radius)
{
    take_means(thing, image, true, radius);
    take_means(ground, image, false, radius);
    for (int i = 0; i < image->width * image->height; i++) {
        const float a = image->alpha[i], front = thing->means[i], back = ground->means[i];
        const float color = front + a * (image->rgb[3 * i + channel] - a * front - (1 - a) * back);

        thing->colors[i] = CLAMP(color, 0.0f, 1.0f);
        ground->colors[i] = back;
    }
}

static void own_colors(struct image *image)
{
    const int count = image->width * image->height, longest = MAX(image->width, image->height);
    g_autofree float *planes = g_new(float, 6 * (gsize)count);
    struct side thing = {planes, planes + count, planes + 2 * count},
                ground = {planes + 3 * count, planes + 4 * count, planes + 5 * count};

    for (int c = 0; c < 3; c++) {
        for (int i = 0; i < count; i++) {
            thing.colors[i] = ground.colors[i] = image->rgb[3 * i + c];
        }
        for (size_t k = 0; k < G_N_ELEMENTS(neighbourhoods); k++) {
            part_channel(image, c, &thing, &ground,
                         MAX((int)lround(longest * neighbourhoods[k]), 2));
        }
        for (int i = 0; i < count; i++) {
            if (image->alpha[i] < 1.0f) {
                image->rgb[3 * i + c] = thing.colors[i];
            }
        }
    }
}

// ---- cutting out --------------------------------------------------------------------------------

// The rows and columns where the raster shows anything; width 0: none do.
static struct image_region shown_box(const struct raster *mask)
{
    int left = mask->width, right = -1, top = mask->height, bottom = -1;

    for (int y = 0; y < mask->height; y++) {
        for (int x = 0; x < mask->width; x++) {
            if (mask->values[(size_t)y * mask->width + x] != 0) {
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

// Colours and shares are made smaller each by itself: a pixel of the result is still what the
// border's mixture says. No sticker needs more pixels than the largest one has.
static struct image *small_part(const struct image *photo, const struct image_region *box,
                                GError **error)
{
    struct image *part = image_crop(photo, box->x, box->y, box->width, box->height, error);

    if (part == NULL) {
        return NULL;
    }
    g_clear_pointer(&part->alpha, g_free);
    image_meta_clear(&part->meta);

    struct image *small = image_shrink(part, STICKER_MAX_SIDE, error);

    image_free(part);
    return small;
}

// The photo's own alpha in the same part, times that.
static void times_own_alpha(const struct image *photo, const struct image_region *box,
                            struct image *cut)
{
    g_autofree float *part = g_new(float, (gsize)box->width *(gsize)box->height);
    g_autofree float *own = g_new(float, (gsize)cut->width *(gsize)cut->height);

    for (int y = 0; y < box->height; y++) {
        memcpy(part + (size_t)y * box->width,
               photo->alpha + (size_t)(box->y + y) * photo->width + box->x,
               sizeof(float) * (size_t)box->width);
    }
    resample_plane(part, box->width, box->height, 1, own, cut->width, cut->height, RESAMPLE_LINEAR);
    for (int i = 0; i < cut->width * cut->height; i++) {
        cut->alpha[i] *= own[i];
    }
}

struct image *sticker_cut(const struct image *photo, const struct raster *mask, GError **error)
{
    const struct image_region box = shown_box(mask);

    if (box.width == 0) {
        g_set_error_literal(
            error, TINCTURE_ERROR, TINCTURE_ERROR_ARGUMENT,
            _("the mask shows nothing of the photo, so there is nothing to cut out"));
        return NULL;
    }

    struct image *cut = small_part(photo, &box, error);

    if (cut == NULL) {
        return NULL;
    }
    cut->alpha = g_new(float, (gsize)cut->width *(gsize)cut->height);
    raster_resize(mask, &box, cut->width, cut->height, cut->alpha);
    own_colors(cut);
    if (photo->alpha != NULL) {
        times_own_alpha(photo, &box, cut);
    }
    return cut;
}

// ---- a page of them -----------------------------------------------------------------------------

static void put(struct image *page, const struct image *from, int x, int y)
{
    for (int v = 0; v < from->height; v++) {
        const size_t to = (size_t)(y + v) * page->width + x, at = (size_t)v * from->width;

        memcpy(page->rgb + 3 * to, from->rgb + 3 * at, sizeof(float) * 3 * (size_t)from->width);
        for (int u = 0; u < from->width; u++) {
            page->alpha[to + u] = from->alpha != NULL ? from->alpha[at + u] : 1.0f;
        }
    }
}

struct image *sticker_sheet(struct image *const *stickers, int n, int columns, int gap,
                            GError **error)
{
    int width = 0, height = 0;

    columns = MIN(columns, n);
    for (int i = 0; i < n; i++) {
        width = MAX(width, stickers[i]->width);
        height = MAX(height, stickers[i]->height);
    }

    const int rows = (n + columns - 1) / columns;
    const gint64 wide = (gint64)columns * (width + gap) + gap,
                 high = (gint64)rows * (height + gap) + gap;

    if (!image_check_size(wide, high, error)) {
        return NULL;
    }

    struct image *page = image_new((int)wide, (int)high, true, error);

    if (page == NULL) {
        return NULL;
    }
    memset(page->rgb, 0, sizeof(float) * 3 * (size_t)wide * (size_t)high);
    memset(page->alpha, 0, sizeof(float) * (size_t)wide * (size_t)high);
    for (int i = 0; i < n; i++) {
        const struct image *one = stickers[i];

        put(page, one, gap + i % columns * (width + gap) + (width - one->width) / 2,
            gap + i / columns * (height + gap) + (height - one->height) / 2);
    }
    return page;
}
