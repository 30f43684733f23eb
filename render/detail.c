// Every row of the photo takes the map of its place and puts its own colours through it. Where
// something else stands now, cells are drawn from the model's own picture in a second pass over the
// same rows.
//
//   result = photo + share * weight * ((1 - replaced) * map(photo) + replaced * (stand-in - photo))
#include "render/detail.h"

#include "render/map_row.h"
#include "render/parallel.h"
#include "render/resample.h"
#include "render/seam.h"
#include "render/spread.h"
#include "render/stand_in.h"

#include <math.h>
#include <string.h>

// A block's fields fit a core's cache; rows that are made at once where nothing stands in.
enum { BLOCK_WIDTH = 256, BLOCK_HEIGHT = 32, BAND_ROWS = 256 };
enum { BLOCK = BLOCK_WIDTH * BLOCK_HEIGHT };

static const float BORDER_FADE = 0.03f; // of the placed rectangle's side

struct detail {
    const struct image *photo;   // borrowed
    const struct raster *mask;   // borrowed
    struct image_region region;  // what is wanted
    struct image_region placed;  // what the edit shows
    struct image_region visible; // what they share; width or height 0 or below: nothing
    struct transform transform;
    struct change *change;
    struct resampler *field;   // from the model's size to that of placed
    float *across;             // (placed.width): how much of the edit shows by the place's border
    float *small;              // placed, of the photo, at the model's size
    struct stand_in *stand_in; // NULL: nothing stands in
    float *weight, *replaced, *pixels; // scratch of its cells: (cell), (cell), (cell, 3)
    float shading;      // 0..1: how far the map's luma is kept where its colours leave the range
    struct task *task;  // borrowed
    struct image *band; // of detail_rows(); NULL: none yet
};

// Rows of the region that are being made: they hold the photo's pixels at first.
struct part {
    const struct detail *detail;
    struct image_region shown;   // of the photo
    struct image_region visible; // what of the edit lies in it
    float *rgb;                  // (shown.height, shown.width, 3)
};

static bool any_nonzero(const float *values, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        if (values[i] != 0.0f) {
            return true;
        }
    }
    return false;
}

// Fields of the model's size, enlarged to what the part shows.
static void enlarge(const struct detail *detail, const float *fields, int channels,
                    const struct image_region *part, float *result)
{
    resampler_run(detail->field, fields, channels, part->x - detail->placed.x,
                  part->y - detail->placed.y, part->width, part->height, result);
}

// ---- how much of the edit shows -----------------------------------------------------------------

// 0 at the border of a length, 1 from some pixels inside on; a border that is the photo's does not
// count.
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

// weight, (part), becomes how much of the edit shows at each of the part's pixels.
static void apply_share(const struct detail *detail, const struct image_region *part, float *weight)
{
    const struct image_region *placed = &detail->placed;
    const struct raster *mask = detail->mask;

    for (int y = part->y; y < part->y + part->height; y++) {
        float down = inside_border(y, placed->y, placed->height, detail->photo->height);
        const uint8_t *open =
            mask != NULL ? mask->values + (size_t)y * mask->width + part->x : NULL;

        for (int x = 0; x < part->width; x++, weight++) {
            *weight *= down * detail->across[part->x - placed->x + x];
            if (open != NULL) {
                *weight *= open[x] / 255.0f;
            }
        }
    }
}

// ---- the map of colours -------------------------------------------------------------------------

static const float *photo_at(const struct detail *detail, int x, int y)
{
    return detail->photo->rgb + 3 * ((size_t)y * detail->photo->width + x);
}

static float *result_at(const struct part *part, int x, int y)
{
    const struct image_region *shown = &part->shown;

    return part->rgb + 3 * ((size_t)(y - shown->y) * shown->width + x - shown->x);
}

// The value, no further out of 0..1 than the pixel was.
static float within_range(float pixel, float value)
{
    return CLAMP(value, MIN(pixel, 0.0f), MAX(pixel, 1.0f));
}

// Scratch of one thread.
struct block {
    float weight[BLOCK], replaced[BLOCK], fields[BLOCK * CHANGE_FIELDS];
};

static void map_block(const struct part *part, const struct image_region *place,
                      struct block *block)
{
    const struct detail *detail = part->detail;

    enlarge(detail, detail->change->weight, 1, place, block->weight);
    apply_share(detail, place, block->weight);
    if (!any_nonzero(block->weight, (size_t)place->width * place->height)) {
        return;
    }
    enlarge(detail, detail->change->replaced, 1, place, block->replaced);
    resampler_run_planes(detail->field, detail->change->fields, CHANGE_FIELDS,
                         place->x - detail->placed.x, place->y - detail->placed.y, place->width,
                         place->height, block->fields);
    for (int y = 0; y < place->height; y++) {
        const size_t at = (size_t)y * place->width;

        map_row(photo_at(detail, place->x, place->y + y), block->fields + CHANGE_FIELDS * at,
                block->weight + at, block->replaced + at, detail->shading, place->width,
                result_at(part, place->x, place->y + y));
    }
}

static void map_rows(int begin, int end, void *data)
{
    const struct part *part = data;
    const struct image_region *visible = &part->visible;
    int right = visible->x + visible->width;
    g_autofree struct block *block = g_new(struct block, 1);

    for (int y = begin; y < end; y += BLOCK_HEIGHT) {
        for (int x = visible->x; x < right; x += BLOCK_WIDTH) {
            struct image_region place = {x, visible->y + y, MIN(BLOCK_WIDTH, right - x),
                                         MIN(BLOCK_HEIGHT, end - y)};

            map_block(part, &place, block);
        }
    }
}

// ---- the stand-in -------------------------------------------------------------------------------

static bool patch_cell(const struct part *part, const struct image_region *cell, GError **error)
{
    const struct detail *detail = part->detail;
    float *weight = detail->weight;
    size_t count = (size_t)cell->width * cell->height, i = 0;

    enlarge(detail, detail->change->weight, 1, cell, weight);
    enlarge(detail, detail->change->replaced, 1, cell, detail->replaced);
    apply_share(detail, cell, weight);
    for (size_t k = 0; k < count; k++) {
        weight[k] *= detail->replaced[k];
    }
    if (!any_nonzero(weight, count)) {
        return true;
    }
    if (!stand_in_draw(detail->stand_in, cell, detail->pixels, error)) {
        return false;
    }
    for (int y = cell->y; y < cell->y + cell->height; y++) {
        const float *pixel = photo_at(detail, cell->x, y);
        float *result = result_at(part, cell->x, y);

        for (int k = 0; k < 3 * cell->width; k++, i++) {
            float to = within_range(pixel[k], detail->pixels[i]);

            result[k] += weight[i / 3] * (to - pixel[k]);
        }
    }
    return true;
}

// How many cells of about equal size, each small enough to be drawn at once, are in a length of
// what is visible, and where the nth begins in it.
static int cells_in(const struct detail *detail, int length)
{
    int cell = stand_in_cell(detail->stand_in);

    return (length + cell - 1) / cell;
}

static int cell_begin(int length, int cells, int n)
{
    return (int)((gint64)length * n / cells);
}

static bool report(const struct detail *detail, double rows, GError **error)
{
    task_report(detail->task, TASK_RESTORING, rows / detail->region.height);
    return !task_cancelled(detail->task, error);
}

// The part's rows are those of one row of cells.
static bool patch_cells(const struct part *part, GError **error)
{
    const struct image_region *visible = &part->visible;
    int columns = cells_in(part->detail, visible->width);

    for (int i = 0; i < columns; i++) {
        int x = cell_begin(visible->width, columns, i);
        struct image_region cell = {visible->x + x, visible->y,
                                    cell_begin(visible->width, columns, i + 1) - x,
                                    visible->height};
        double rows = visible->y - part->detail->region.y + visible->height * (double)i / columns;

        if (!report(part->detail, rows, error) || !patch_cell(part, &cell, error)) {
            return false;
        }
    }
    return true;
}

// ---- what is asked of the model's size ----------------------------------------------------------

// The model's pictures and the photo at their size, (height, width, 3).
struct sources {
    int width, height;
    const float *before;
    float *small, *delta;
    float *inside; // (height, width), NULL without a mask
};

// At the model's size a pixel is inside the mask where the mask is more than half as open as it is
// at most.
static void close_seam(const struct sources *sources)
{
    size_t count = (size_t)sources->width * sources->height;
    g_autofree bool *open = g_new(bool, count);
    float most = 0.0f;

    for (size_t i = 0; i < count; i++) {
        most = MAX(most, sources->inside[i]);
    }
    for (size_t i = 0; i < count; i++) {
        open[i] = sources->inside[i] > 0.5f * most;
    }
    seam_close(sources->delta, open, sources->width, sources->height);
}

// Without a mask it is not known where a thing ends that takes another colour; light is everywhere.
static void spread(struct sources *sources, const struct detail_params *params)
{
    size_t count = (size_t)sources->width * sources->height;
    g_autofree float *over = NULL;

    if (params->spread <= 0.0f || (sources->inside == NULL && !params->light)) {
        return;
    }
    if (sources->inside != NULL) {
        over = g_memdup2(sources->inside, count * sizeof(float));
        for (size_t i = 0; params->surface != NULL && i < count; i++) {
            over[i] *= params->surface[i];
        }
    }
    if (params->light) {
        spread_light(sources->delta, sources->small, over, sources->width, sources->height,
                     params->spread, params->change.keeps_shapes);
    } else {
        spread_change(sources->delta, sources->small, over, sources->width, sources->height,
                      params->spread, params->change.neutral);
    }
}

static void sources_init(struct sources *sources, const struct detail *detail,
                         const struct image *before, const struct image *edit,
                         const struct detail_params *params)
{
    size_t count = (size_t)edit->width * edit->height;

    *sources =
        (struct sources){.width = edit->width, .height = edit->height, .before = before->rgb};
    sources->small = g_new(float, 3 * count);
    sources->delta = g_new(float, 3 * count);
    resample_part(detail->photo, &detail->placed, sources->small, edit->width, edit->height);
    for (size_t i = 0; i < 3 * count; i++) {
        sources->delta[i] = edit->rgb[i] - before->rgb[i];
    }
    if (detail->mask != NULL) {
        sources->inside = g_new(float, count);
        raster_resize(detail->mask, &detail->placed, edit->width, edit->height, sources->inside);
    }
    spread(sources, params);
    for (size_t i = 0; params->surface != NULL && i < 3 * count; i++) {
        sources->delta[i] *= params->surface[i / 3];
    }
    if (params->seam == DETAIL_SEAM_GRADIENT && detail->mask != NULL) {
        close_seam(sources);
    }
}

static void sources_clear(struct sources *sources)
{
    g_free(sources->small);
    g_free(sources->delta);
    g_free(sources->inside);
}

// ---- rows ---------------------------------------------------------------------------------------

// The first row of the region that does not belong to the band that begins at y, in the region:
// where something stands in, a band has a row of its cells.
static int band_end(const struct detail *detail, int y)
{
    int top = detail->visible.y - detail->region.y, height = detail->visible.height;
    int last = MIN(y + BAND_ROWS, detail->region.height);

    if (detail->visible.width <= 0 || height <= 0 || y >= top + height) {
        return last;
    }
    if (y < top) {
        return MIN(last, top);
    }
    if (detail->stand_in == NULL) {
        return MIN(last, top + height);
    }

    int cells = cells_in(detail, height), n = 0;

    while (top + cell_begin(height, cells, n + 1) <= y) {
        n++;
    }
    return top + cell_begin(height, cells, n + 1);
}

// Makes rows y .. end of the region of the photo's own pixels, which rgb holds.
static bool draw(const struct detail *detail, int y, int end, float *rgb, GError **error)
{
    struct part part = {.detail = detail, .shown = detail->region, .rgb = rgb};

    part.shown.y += y;
    part.shown.height = end - y;
    part.visible = image_region_common(&part.shown, &detail->visible);
    if (!report(detail, y, error)) {
        return false;
    }
    if (part.visible.width == 0) {
        return true;
    }
    parallel_rows(part.visible.height, map_rows, &part);
    return detail->stand_in == NULL || patch_cells(&part, error);
}

// Of the region's width and as many rows as any band has.
static struct image *band_new_image(const struct detail *detail, GError **error)
{
    int rows = MAX(BAND_ROWS, detail->stand_in != NULL ? stand_in_cell(detail->stand_in) : 0);

    return image_new(detail->region.width, rows, detail->photo->alpha != NULL, error);
}

// The photo's own rows from row y of the region on.
static void fill_band(const struct detail *detail, int y, struct image *band)
{
    const struct image *photo = detail->photo;
    const struct image_region *region = &detail->region;

    for (int row = 0; row < band->height; row++) {
        size_t from = (size_t)(region->y + y + row) * photo->width + region->x;
        size_t to = (size_t)row * band->width;

        memcpy(band->rgb + 3 * to, photo->rgb + 3 * from, 3 * sizeof(float) * band->width);
        if (photo->alpha != NULL) {
            memcpy(band->alpha + to, photo->alpha + from, sizeof(float) * band->width);
        }
    }
}

static const struct image *next_band(void *data, int y, GError **error)
{
    struct detail *detail = data;
    const int end = band_end(detail, y);

    if (detail->band == NULL && (detail->band = band_new_image(detail, error)) == NULL) {
        return NULL;
    }
    detail->band->height = end - y;
    fill_band(detail, y, detail->band);
    return draw(detail, y, end, detail->band->rgb, error) ? detail->band : NULL;
}

struct image_rows detail_rows(struct detail *detail)
{
    return (struct image_rows){.width = detail->region.width,
                               .height = detail->region.height,
                               .alpha = detail->photo->alpha != NULL,
                               .meta = &detail->photo->meta,
                               .band = next_band,
                               .data = detail};
}

// ---- the whole ----------------------------------------------------------------------------------

static void make_field(struct detail *detail)
{
    const struct image_region *placed = &detail->placed;

    detail->field = resampler_new(detail->change->width, detail->change->height, placed->width,
                                  placed->height, RESAMPLE_SPLINE);
    detail->across = g_new(float, placed->width);
    for (int x = 0; x < placed->width; x++) {
        detail->across[x] =
            inside_border(placed->x + x, placed->x, placed->width, detail->photo->width);
    }
}

static void make_stand_in(struct detail *detail, const struct sources *sources)
{
    if (!any_nonzero(detail->change->replaced, (size_t)sources->width * sources->height)) {
        return;
    }
    detail->stand_in =
        stand_in_new(detail->photo, &detail->placed, sources->before, sources->delta,
                     sources->small, sources->width, sources->height, &detail->transform);

    size_t cell = (size_t)stand_in_cell(detail->stand_in) * stand_in_cell(detail->stand_in);

    detail->weight = g_new(float, cell);
    detail->replaced = g_new(float, cell);
    detail->pixels = g_new(float, 3 * cell);
}

struct detail *detail_new(const struct image *photo, const struct image *reconstruction,
                          const struct image *edit, const struct transform *transform,
                          const struct detail_params *params)
{
    struct image_region whole = {0, 0, photo->width, photo->height};
    struct detail *detail = g_new(struct detail, 1);
    struct sources sources;

    g_assert(edit->width == reconstruction->width && edit->height == reconstruction->height);
    *detail = (struct detail){
        .photo = photo,
        .mask = params->mask,
        .region = params->region != NULL ? *params->region : whole,
        .placed = params->placed != NULL ? *params->placed : whole,
        .transform = *transform,
        .shading = params->change.shading,
        .task = params->task,
    };
    detail->visible = image_region_common(&detail->region, &detail->placed);
    sources_init(&sources, detail, reconstruction, edit, params);
    detail->change = change_measure(sources.small, sources.delta, sources.inside, sources.width,
                                    sources.height, &params->change);
    make_field(detail);
    make_stand_in(detail, &sources);
    detail->small = g_steal_pointer(&sources.small);
    sources_clear(&sources);
    return detail;
}

void detail_free(struct detail *detail)
{
    if (detail == NULL) {
        return;
    }
    stand_in_free(detail->stand_in);
    resampler_free(detail->field);
    change_free(detail->change);
    image_free(detail->band);
    g_free(detail->across);
    g_free(detail->small);
    g_free(detail->weight);
    g_free(detail->replaced);
    g_free(detail->pixels);
    g_free(detail);
}

struct image *detail_restore(const struct image *photo, const struct image *reconstruction,
                             const struct image *edit, const struct transform *transform,
                             const struct detail_params *params, GError **error)
{
    struct detail *detail = detail_new(photo, reconstruction, edit, transform, params);
    const struct image_rows rows = detail_rows(detail);
    struct image *image = image_rows_gather(&rows, error);

    detail_free(detail);
    return image;
}
