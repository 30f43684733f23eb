// The photo is worked through in cells. A cell without changes costs nothing; one with changes that
// replace detail is cut out of the photo with a margin as one tile of the band split
// (overlap-save), so cells meet without seams.
//
//   result = photo + share * (weight * up(delta) - luma_fade * Y(high)
//                            - chroma_fade * (high - Y(high)))
//   high   = high band of (photo - up(reconstruction))
#include "render/detail.h"

#include "render/band.h"
#include "render/luma.h"
#include "render/resample.h"
#include "render/seam.h"

#include <math.h>
#include <string.h>

// A rectangle of the photo.
struct cell {
    int x, y, width, height;
};

// What is the same for all cells, and the scratch they share. Scratch holds BAND_TILE^2 values a
// channel.
struct restore {
    const struct image *photo, *reconstruction;
    const struct transform *transform;
    const struct raster *mask;
    struct image_region region; // what result shows
    struct image_region placed; // what reconstruction and edit show
    struct image *result;
    struct change *change;
    struct band *band;
    struct resampler *sharp, *soft;
    float *weight, *luma_fade, *chroma_fade; // (cell)
    float *delta;                            // (cell, 3)
    float *model;                            // (tile, 3): reconstruction, enlarged
    float *high[3];                          // (tile)
};

static const float BORDER_FADE = 0.03f; // of the placed rectangle's side
static const size_t TILE_PIXELS = (size_t)BAND_TILE * BAND_TILE;

static void restore_init(struct restore *restore, const struct image *edit)
{
    int w = edit->width, h = edit->height;
    int width = restore->placed.width, height = restore->placed.height;

    restore->band = band_new((double)width / w, (double)height / h);
    restore->sharp = resampler_new(w, h, width, height, RESAMPLE_LANCZOS3);
    restore->soft = resampler_new(w, h, width, height, RESAMPLE_LINEAR);
    restore->weight = g_new(float, TILE_PIXELS);
    restore->luma_fade = g_new(float, TILE_PIXELS);
    restore->chroma_fade = g_new(float, TILE_PIXELS);
    restore->delta = g_new(float, 3 * TILE_PIXELS);
    restore->model = g_new(float, 3 * TILE_PIXELS);
    for (int c = 0; c < 3; c++) {
        restore->high[c] = g_new(float, TILE_PIXELS);
    }
}

static void restore_clear(struct restore *restore)
{
    change_free(restore->change);
    band_free(restore->band);
    resampler_free(restore->sharp);
    resampler_free(restore->soft);
    g_free(restore->weight);
    g_free(restore->luma_fade);
    g_free(restore->chroma_fade);
    g_free(restore->delta);
    g_free(restore->model);
    for (int c = 0; c < 3; c++) {
        g_free(restore->high[c]);
    }
}

static bool any_nonzero(const float *values, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        if (values[i] != 0.0f) {
            return true;
        }
    }
    return false;
}

// A plane of the model's size, enlarged to what the cell shows.
static void enlarge(const struct restore *restore, const struct resampler *resampler,
                    const float *plane, int channels, const struct cell *cell, float *result)
{
    resampler_run(resampler, plane, channels, cell->x - restore->placed.x,
                  cell->y - restore->placed.y, cell->width, cell->height, result);
}

// Where the mask is closed nothing counts as changed.
static void enlarge_weight(struct restore *restore, const struct cell *cell)
{
    const struct raster *mask = restore->mask;

    enlarge(restore, restore->soft, restore->change->weight, 1, cell, restore->weight);
    for (int y = 0; mask != NULL && y < cell->height; y++) {
        const uint8_t *row = mask->values + (size_t)(cell->y + y) * mask->width + cell->x;

        for (int x = 0; x < cell->width; x++) {
            if (row[x] == 0) {
                restore->weight[y * cell->width + x] = 0.0f;
            }
        }
    }
}

// The rectangle around a cell that one tile covers, cut at the borders of what is placed.
static struct cell tile_around(const struct restore *restore, const struct cell *cell)
{
    int margin = band_margin(restore->band);
    const struct image_region *placed = &restore->placed;
    int left = MAX(cell->x - margin, placed->x), top = MAX(cell->y - margin, placed->y);
    int right = MIN(cell->x + cell->width + margin, placed->x + placed->width);
    int bottom = MIN(cell->y + cell->height + margin, placed->y + placed->height);

    return (struct cell){left, top, right - left, bottom - top};
}

// Index into a line of count values that is mirrored at both ends without end.
static int mirrored(int index, int count)
{
    int in_period = index % (2 * count);

    return in_period < count ? in_period : 2 * count - 1 - in_period;
}

// Fills the tile with photo - up(reconstruction) in one channel; beyond the rectangle it is
// mirrored. Half of what is beyond belongs, periodically, before the first column and row.
static void cut_tile(const struct restore *restore, const struct cell *tile, int channel)
{
    int before_x = (BAND_TILE - tile->width) / 2, before_y = (BAND_TILE - tile->height) / 2;
    float *out = restore->high[channel];

    for (int row = 0; row < BAND_TILE; row++) {
        int y = mirrored(row - before_y + 2 * BAND_TILE * tile->height, tile->height);
        const float *model = restore->model + (size_t)y * tile->width * 3;
        const float *photo =
            restore->photo->rgb + ((size_t)(tile->y + y) * restore->photo->width + tile->x) * 3;

        for (int column = 0; column < BAND_TILE; column++) {
            int x = mirrored(column - before_x + 2 * BAND_TILE * tile->width, tile->width);

            *out++ = photo[3 * x + channel] - model[3 * x + channel];
        }
    }
}

// Leaves in high[] what the photo has and the model's picture lacks; `tile` says where it lies.
static bool split_tile(struct restore *restore, const struct cell *tile, GError **error)
{
    enlarge(restore, restore->sharp, restore->reconstruction->rgb, 3, tile, restore->model);
    for (int c = 0; c < 3; c++) {
        cut_tile(restore, tile, c);
        if (!band_keep_high(restore->band, restore->transform, restore->high[c], error)) {
            return false;
        }
    }
    return true;
}

// Adds value to a pixel without taking it further out of 0..1 than it was.
static float add_within_range(float pixel, float value)
{
    return CLAMP(pixel + value, MIN(pixel, 0.0f), MAX(pixel, 1.0f));
}

static void add_fades(const struct restore *restore, const struct cell *cell,
                      const struct cell *tile)
{
    int offset_x = cell->x - tile->x + (BAND_TILE - tile->width) / 2;
    int offset_y = cell->y - tile->y + (BAND_TILE - tile->height) / 2;

    for (int y = 0; y < cell->height; y++) {
        size_t in_tile = (size_t)(y + offset_y) * BAND_TILE + offset_x;

        for (int x = 0; x < cell->width; x++, in_tile++) {
            size_t i = (size_t)y * cell->width + x;
            float high[3] = {restore->high[0][in_tile], restore->high[1][in_tile],
                             restore->high[2][in_tile]};
            float gray = luma(high);

            for (int c = 0; c < 3; c++) {
                restore->delta[3 * i + c] -=
                    restore->luma_fade[i] * gray + restore->chroma_fade[i] * (high[c] - gray);
            }
        }
    }
}

// 0 at the border of a length, 1 from `fade` pixels inside on; a border that is the photo's does
// not count.
static float inside_border(int at, int begin, int length, int photo_length)
{
    float fade = MAX(BORDER_FADE * length, 1.0f), in = fade;

    if (begin > 0) {
        in = MIN(in, at - begin + 0.5f);
    }
    if (begin + length < photo_length) {
        in = MIN(in, begin + length - at - 0.5f);
    }
    return in / fade;
}

// How much of the edit shows at a pixel of the photo.
static float share_at(const struct restore *restore, int x, int y)
{
    const struct image_region *placed = &restore->placed;
    float share = inside_border(x, placed->x, placed->width, restore->photo->width) *
                  inside_border(y, placed->y, placed->height, restore->photo->height);

    if (restore->mask != NULL) {
        share *= restore->mask->values[(size_t)y * restore->mask->width + x] / 255.0f;
    }
    return share;
}

static void write_cell(const struct restore *restore, const struct cell *cell)
{
    for (int y = 0; y < cell->height; y++) {
        size_t at = (size_t)(cell->y + y) * restore->photo->width + cell->x;
        float *out = restore->result->rgb +
                     3 * ((size_t)(cell->y + y - restore->region.y) * restore->region.width +
                          cell->x - restore->region.x);

        for (int x = 0; x < cell->width; x++, at++, out += 3) {
            size_t i = (size_t)y * cell->width + x;
            float share = share_at(restore, cell->x + x, cell->y + y);

            for (int c = 0; c < 3 && restore->weight[i] > 0.0f; c++) {
                out[c] = add_within_range(restore->photo->rgb[3 * at + c],
                                          share * restore->delta[3 * i + c]);
            }
        }
    }
}

// delta becomes weight * up(delta).
static void enlarge_delta(struct restore *restore, const struct cell *cell)
{
    size_t count = (size_t)cell->width * cell->height;

    enlarge(restore, restore->sharp, restore->change->delta, 3, cell, restore->delta);
    for (size_t i = 0; i < 3 * count; i++) {
        restore->delta[i] *= restore->weight[i / 3];
    }
}

static bool enlarge_fades(struct restore *restore, const struct cell *cell)
{
    size_t count = (size_t)cell->width * cell->height;

    enlarge(restore, restore->soft, restore->change->luma_fade, 1, cell, restore->luma_fade);
    enlarge(restore, restore->soft, restore->change->chroma_fade, 1, cell, restore->chroma_fade);
    return any_nonzero(restore->luma_fade, count) || any_nonzero(restore->chroma_fade, count);
}

static bool restore_cell(struct restore *restore, const struct cell *cell, GError **error)
{
    enlarge_weight(restore, cell);
    if (!any_nonzero(restore->weight, (size_t)cell->width * cell->height)) {
        return true;
    }
    enlarge_delta(restore, cell);
    if (enlarge_fades(restore, cell)) {
        struct cell tile = tile_around(restore, cell);

        if (!split_tile(restore, &tile, error)) {
            return false;
        }
        add_fades(restore, cell, &tile);
    }
    write_cell(restore, cell);
    return true;
}

static bool report(const struct detail_params *params, int done, int all, GError **error)
{
    task_report(params->task, TASK_RESTORING, (double)done / all);
    return !task_cancelled(params->task, error);
}

// The part of the region that the edit shows; width or height 0 or below: nothing of it.
static struct image_region visible(const struct restore *restore)
{
    const struct image_region *a = &restore->region, *b = &restore->placed;
    int x = MAX(a->x, b->x), y = MAX(a->y, b->y);

    return (struct image_region){x, y, MIN(a->x + a->width, b->x + b->width) - x,
                                 MIN(a->y + a->height, b->y + b->height) - y};
}

// Cells of about equal size, each small enough to fit a tile with its margin.
static bool restore_cells(struct restore *restore, const struct detail_params *params,
                          GError **error)
{
    struct image_region part = visible(restore);
    int core = BAND_TILE - 2 * band_margin(restore->band);
    int width = MAX(part.width, 0), height = MAX(part.height, 0);
    int columns = (width + core - 1) / core, rows = (height + core - 1) / core;

    for (int i = 0; i < rows * columns; i++) {
        int column = i % columns, row = i / columns;
        int x = (int)((gint64)width * column / columns), y = (int)((gint64)height * row / rows);
        struct cell cell = {part.x + x, part.y + y,
                            (int)((gint64)width * (column + 1) / columns) - x,
                            (int)((gint64)height * (row + 1) / rows) - y};

        if (!report(params, i, rows * columns, error) || !restore_cell(restore, &cell, error)) {
            return false;
        }
    }
    return true;
}

// At the model's size a pixel is inside the mask where the mask is more than half as open as it is
// at most.
static void close_seam(struct change *change, const struct raster *mask,
                       const struct image_region *placed)
{
    size_t count = (size_t)change->width * change->height;
    g_autofree float *small = g_new(float, count);
    g_autofree bool *open = g_new(bool, count);
    float most = 0.0f;

    raster_resize(mask, placed, change->width, change->height, small);
    for (size_t i = 0; i < count; i++) {
        most = MAX(most, small[i]);
    }
    for (size_t i = 0; i < count; i++) {
        open[i] = small[i] > 0.5f * most;
    }
    seam_close(change->delta, open, change->width, change->height);
}

struct image *detail_restore(const struct image *photo, const struct image *reconstruction,
                             const struct image *edit, const struct transform *transform,
                             const struct detail_params *params, GError **error)
{
    const struct image_region whole = {0, 0, photo->width, photo->height};
    struct restore restore = {
        .photo = photo,
        .reconstruction = reconstruction,
        .transform = transform,
        .mask = params->mask,
        .region = params->region != NULL ? *params->region : whole,
        .placed = params->placed != NULL ? *params->placed : whole,
    };

    restore.result = image_crop(photo, restore.region.x, restore.region.y, restore.region.width,
                                restore.region.height, error);
    if (restore.result == NULL) {
        return NULL;
    }
    restore.change = change_measure(reconstruction, edit, &params->change);
    if (params->mask != NULL && params->seam == DETAIL_SEAM_GRADIENT) {
        close_seam(restore.change, params->mask, &restore.placed);
    }
    restore_init(&restore, edit);
    if (!restore_cells(&restore, params, error)) {
        g_clear_pointer(&restore.result, image_free);
    }
    restore_clear(&restore);
    return restore.result;
}
