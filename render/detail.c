// Every row of the photo takes the map of its place and puts its own colours through it. Where
// something else stands now, cells are drawn from the model's own picture in a second pass.
//
//   result = photo + share * weight * ((1 - replaced) * map(photo) + replaced * (stand-in - photo))
#include "render/detail.h"

#include "render/luma.h"
#include "render/parallel.h"
#include "render/resample.h"
#include "render/seam.h"
#include "render/spread.h"
#include "render/stand_in.h"

#include <math.h>

// A block's fields fit a core's cache; rows between two looks at the task.
enum { BLOCK_WIDTH = 256, BLOCK_HEIGHT = 32, BAND_ROWS = 512 };
enum { BLOCK = BLOCK_WIDTH * BLOCK_HEIGHT };

static const float BORDER_FADE = 0.03f; // of the placed rectangle's side

struct restore {
    const struct image *photo;
    const struct raster *mask;
    struct image_region region;  // what result shows
    struct image_region placed;  // what the edit shows
    struct image_region visible; // what they share; width or height 0 or below: nothing
    struct image *result;
    const struct change *change;
    struct resampler *field; // from the model's size to that of placed
    float *across;           // (placed.width): how much of the edit shows by the place's border
    struct stand_in *stand_in;
    float shading; // 0..1: how far the map's luma is kept where its colours leave the range
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
static void enlarge(const struct restore *restore, const float *fields, int channels,
                    const struct image_region *part, float *result)
{
    resampler_run(restore->field, fields, channels, part->x - restore->placed.x,
                  part->y - restore->placed.y, part->width, part->height, result);
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
static void apply_share(const struct restore *restore, const struct image_region *part,
                        float *weight)
{
    const struct image_region *placed = &restore->placed;
    const struct raster *mask = restore->mask;

    for (int y = part->y; y < part->y + part->height; y++) {
        float down = inside_border(y, placed->y, placed->height, restore->photo->height);
        const uint8_t *open =
            mask != NULL ? mask->values + (size_t)y * mask->width + part->x : NULL;

        for (int x = 0; x < part->width; x++, weight++) {
            *weight *= down * restore->across[part->x - placed->x + x];
            if (open != NULL) {
                *weight *= open[x] / 255.0f;
            }
        }
    }
}

// ---- the map of colours -------------------------------------------------------------------------

static const float *photo_at(const struct restore *restore, int x, int y)
{
    return restore->photo->rgb + 3 * ((size_t)y * restore->photo->width + x);
}

static float *result_at(const struct restore *restore, int x, int y)
{
    const struct image_region *region = &restore->region;

    return restore->result->rgb + 3 * ((size_t)(y - region->y) * region->width + x - region->x);
}

// The value, no further out of 0..1 than the pixel was.
static float within_range(float pixel, float value)
{
    return CLAMP(value, MIN(pixel, 0.0f), MAX(pixel, 1.0f));
}

// Moves the color's luma by amount towards the one that is wanted. What would leave the range that
// the pixel allows gives up colour and not light.
static void keep_luma(const float *pixel, float wanted, float amount, float *color)
{
    float moved = luma(color) + amount * (wanted - luma(color)), most = 1.0f;
    float gray = within_range(luma(pixel), moved), chroma[3];

    for (int c = 0; c < 3; c++) {
        chroma[c] = color[c] - luma(color);
    }
    for (int c = 0; c < 3; c++) {
        float limit = chroma[c] < 0.0f ? MIN(pixel[c], 0.0f) : MAX(pixel[c], 1.0f);

        if (fabsf(chroma[c]) > 1e-6f) {
            most = MIN(most, MAX((limit - gray) / chroma[c], 0.0f));
        }
    }
    for (int c = 0; c < 3; c++) {
        color[c] = gray + most * chroma[c];
    }
}

// share of the way from the pixel to what the fields make of it.
static void map_pixel(const float *pixel, const float *fields, float shading, float share,
                      float *result)
{
    float mapped[3], bounded[3];

    for (int c = 0; c < 3; c++) {
        const float *map = fields + CHANGE_MAP + 4 * c;
        float change = map[0] * pixel[0] + map[1] * pixel[1] + map[2] * pixel[2] + map[3];

        mapped[c] = pixel[c] + change;
        bounded[c] = pixel[c] + CLAMP(change, fields[CHANGE_LEAST + c], fields[CHANGE_MOST + c]);
    }
    if (shading > 0.0f) {
        keep_luma(pixel, luma(mapped), shading, bounded);
    }
    for (int c = 0; c < 3; c++) {
        result[c] = pixel[c] + share * (within_range(pixel[c], bounded[c]) - pixel[c]);
    }
}

// Scratch of one thread.
struct block {
    float weight[BLOCK], replaced[BLOCK], fields[BLOCK * CHANGE_FIELDS];
};

static void map_block(const struct restore *restore, const struct image_region *part,
                      struct block *block)
{
    size_t i = 0;

    enlarge(restore, restore->change->weight, 1, part, block->weight);
    apply_share(restore, part, block->weight);
    if (!any_nonzero(block->weight, (size_t)part->width * part->height)) {
        return;
    }
    enlarge(restore, restore->change->replaced, 1, part, block->replaced);
    enlarge(restore, restore->change->fields, CHANGE_FIELDS, part, block->fields);
    for (int y = part->y; y < part->y + part->height; y++) {
        const float *pixel = photo_at(restore, part->x, y);
        float *result = result_at(restore, part->x, y);

        for (int x = 0; x < part->width; x++, i++, pixel += 3, result += 3) {
            if (block->weight[i] > 0.0f) {
                map_pixel(pixel, block->fields + i * CHANGE_FIELDS, restore->shading,
                          block->weight[i] * (1.0f - block->replaced[i]), result);
            }
        }
    }
}

struct band_job {
    const struct restore *restore;
    int y; // of the first row
};

static void map_rows(int begin, int end, void *data)
{
    const struct band_job *job = data;
    const struct image_region *visible = &job->restore->visible;
    int right = visible->x + visible->width;
    g_autofree struct block *block = g_new(struct block, 1);

    for (int y = begin; y < end; y += BLOCK_HEIGHT) {
        for (int x = visible->x; x < right; x += BLOCK_WIDTH) {
            struct image_region part = {x, job->y + y, MIN(BLOCK_WIDTH, right - x),
                                        MIN(BLOCK_HEIGHT, end - y)};

            map_block(job->restore, &part, block);
        }
    }
}

// ---- the stand-in -------------------------------------------------------------------------------

// Scratch of the second pass; (cell).
struct patch {
    float *weight, *replaced, *pixels;
};

static bool patch_cell(const struct restore *restore, const struct image_region *cell,
                       const struct patch *patch, GError **error)
{
    size_t count = (size_t)cell->width * cell->height, i = 0;

    enlarge(restore, restore->change->weight, 1, cell, patch->weight);
    enlarge(restore, restore->change->replaced, 1, cell, patch->replaced);
    apply_share(restore, cell, patch->weight);
    for (size_t k = 0; k < count; k++) {
        patch->weight[k] *= patch->replaced[k];
    }
    if (!any_nonzero(patch->weight, count)) {
        return true;
    }
    if (!stand_in_draw(restore->stand_in, cell, patch->pixels, error)) {
        return false;
    }
    for (int y = cell->y; y < cell->y + cell->height; y++) {
        const float *pixel = photo_at(restore, cell->x, y);
        float *result = result_at(restore, cell->x, y);

        for (int k = 0; k < 3 * cell->width; k++, i++) {
            float to = within_range(pixel[k], patch->pixels[i]);

            result[k] += patch->weight[i / 3] * (to - pixel[k]);
        }
    }
    return true;
}

static bool report(struct task *task, double done, GError **error)
{
    task_report(task, TASK_RESTORING, done);
    return !task_cancelled(task, error);
}

// Cells of about equal size, each small enough to be drawn at once.
static bool patch_cells(const struct restore *restore, const struct patch *patch, struct task *task,
                        GError **error)
{
    const struct image_region *part = &restore->visible;
    int core = stand_in_cell(restore->stand_in);
    int columns = (part->width + core - 1) / core, rows = (part->height + core - 1) / core;

    for (int i = 0; i < rows * columns; i++) {
        int column = i % columns, row = i / columns;
        int x = (int)((gint64)part->width * column / columns);
        int y = (int)((gint64)part->height * row / rows);
        struct image_region cell = {part->x + x, part->y + y,
                                    (int)((gint64)part->width * (column + 1) / columns) - x,
                                    (int)((gint64)part->height * (row + 1) / rows) - y};

        if (!report(task, 0.5 + 0.5 * i / (rows * columns), error) ||
            !patch_cell(restore, &cell, patch, error)) {
            return false;
        }
    }
    return true;
}

// ---- the whole ----------------------------------------------------------------------------------

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

static void sources_init(struct sources *sources, const struct restore *restore,
                         const struct image *before, const struct image *edit,
                         const struct detail_params *params)
{
    size_t count = (size_t)edit->width * edit->height;

    *sources =
        (struct sources){.width = edit->width, .height = edit->height, .before = before->rgb};
    sources->small = g_new(float, 3 * count);
    sources->delta = g_new(float, 3 * count);
    resample_part(restore->photo, &restore->placed, sources->small, edit->width, edit->height);
    for (size_t i = 0; i < 3 * count; i++) {
        sources->delta[i] = edit->rgb[i] - before->rgb[i];
    }
    if (restore->mask == NULL) {
        return;
    }
    sources->inside = g_new(float, count);
    raster_resize(restore->mask, &restore->placed, edit->width, edit->height, sources->inside);
    if (params->spread > 0.0f) {
        g_autofree float *over = g_memdup2(sources->inside, count * sizeof(float));

        for (size_t i = 0; params->surface != NULL && i < count; i++) {
            over[i] *= params->surface[i];
        }
        spread_change(sources->delta, sources->small, over, edit->width, edit->height,
                      params->spread, params->change.neutral);
    }
    if (params->seam == DETAIL_SEAM_GRADIENT) {
        close_seam(sources);
    }
}

static void sources_clear(struct sources *sources)
{
    g_free(sources->small);
    g_free(sources->delta);
    g_free(sources->inside);
}

static void find_visible(struct restore *restore)
{
    const struct image_region *a = &restore->region, *b = &restore->placed;
    int x = MAX(a->x, b->x), y = MAX(a->y, b->y);

    restore->visible =
        (struct image_region){x, y, MAX(MIN(a->x + a->width, b->x + b->width) - x, 0),
                              MAX(MIN(a->y + a->height, b->y + b->height) - y, 0)};
}

static void restore_init(struct restore *restore, const struct change *change)
{
    const struct image_region *placed = &restore->placed;

    restore->change = change;
    restore->field = resampler_new(change->width, change->height, placed->width, placed->height,
                                   RESAMPLE_SPLINE);
    restore->across = g_new(float, placed->width);
    for (int x = 0; x < placed->width; x++) {
        restore->across[x] =
            inside_border(placed->x + x, placed->x, placed->width, restore->photo->width);
    }
}

static void restore_clear(struct restore *restore)
{
    resampler_free(restore->field);
    g_free(restore->across);
}

static bool map_photo(const struct restore *restore, struct task *task, GError **error)
{
    const struct image_region *visible = &restore->visible;

    for (int y = 0; y < visible->height; y += BAND_ROWS) {
        struct band_job job = {restore, visible->y + y};

        if (!report(task, 0.5 * y / visible->height, error)) {
            return false;
        }
        parallel_rows(MIN(BAND_ROWS, visible->height - y), map_rows, &job);
    }
    return true;
}

static bool patch_photo(struct restore *restore, const struct sources *sources,
                        const struct transform *transform, struct task *task, GError **error)
{
    size_t count = (size_t)sources->width * sources->height;

    if (!any_nonzero(restore->change->replaced, count)) {
        return true;
    }
    restore->stand_in =
        stand_in_new(restore->photo, &restore->placed, sources->before, sources->delta,
                     sources->small, sources->width, sources->height, transform);

    size_t cell = (size_t)stand_in_cell(restore->stand_in) * stand_in_cell(restore->stand_in);
    g_autofree float *weight = g_new(float, cell), *replaced = g_new(float, cell);
    g_autofree float *pixels = g_new(float, 3 * cell);
    const struct patch patch = {weight, replaced, pixels};
    bool ok = patch_cells(restore, &patch, task, error);

    stand_in_free(restore->stand_in);
    return ok;
}

struct image *detail_restore(const struct image *photo, const struct image *reconstruction,
                             const struct image *edit, const struct transform *transform,
                             const struct detail_params *params, GError **error)
{
    const struct image_region whole = {0, 0, photo->width, photo->height};
    struct restore restore = {
        .photo = photo,
        .mask = params->mask,
        .region = params->region != NULL ? *params->region : whole,
        .placed = params->placed != NULL ? *params->placed : whole,
        .shading = params->change.shading,
    };
    struct sources sources;

    g_assert(edit->width == reconstruction->width && edit->height == reconstruction->height);
    restore.result = image_crop(photo, restore.region.x, restore.region.y, restore.region.width,
                                restore.region.height, error);
    if (restore.result == NULL) {
        return NULL;
    }
    find_visible(&restore);
    sources_init(&sources, &restore, reconstruction, edit, params);

    struct change *change = change_measure(sources.small, sources.delta, sources.inside,
                                           sources.width, sources.height, &params->change);

    restore_init(&restore, change);
    if (!map_photo(&restore, params->task, error) ||
        !patch_photo(&restore, &sources, transform, params->task, error)) {
        g_clear_pointer(&restore.result, image_free);
    }
    restore_clear(&restore);
    change_free(change);
    sources_clear(&sources);
    return restore.result;
}
