// A cell is cut out of the photo with a margin as one tile of the band split (overlap-save), so
// cells meet without seams.
//
//   picture = sharpen(before + delta) + low(small - before)          at the model's size
//   result  = up(picture) + core(high band of (photo - up(small)))
#include "render/stand_in.h"

#include "compute/floats.h"

#include "render/band.h"
#include "render/filter.h"
#include "render/luma.h"
#include "render/resample.h"

#include <math.h>
#include <stdlib.h>

static const double LOSS_SIGMA = 1.5;     // of what the autoencoder gets wrong in the large
static const double SHARPEN_SIGMA = 1.0;  // of the enlarged picture's softness
static const float SHARPEN = 0.5f;        // how much of what that takes away is given back
static const float MAX_GRAIN = 3 / 255.f; // more is texture, which the new thing does not have
static const int GRAIN_SAMPLES = 100;     // a side, of the photo, to know its grain
static const size_t TILE_PIXELS = (size_t)BAND_TILE * BAND_TILE;

struct stand_in {
    const struct image *photo;
    struct image_region placed;
    const struct transform *transform;
    struct band *band;
    struct resampler *sharp;
    const float *small;
    float *picture;  // (height, width, 3)
    float grain;     // standard deviation of the photo's noise
    float *enlarged; // (tile, 3): small
    float *high[3];  // (tile)
};

// ---- the picture at the model's size ------------------------------------------------------------

// One channel. Sharpening does not overshoot what is beside an edge.
static void draw_channel(float *picture, const float *before, const float *delta,
                         const float *small, int width, int height)
{
    size_t count = (size_t)width * height;
    g_autofree float *loss = g_new(float, count), *soft = g_new(float, count);
    g_autofree float *least = g_new(float, count), *most = g_new(float, count);

    for (size_t i = 0; i < count; i++) {
        loss[i] = small[3 * i] - before[3 * i];
        picture[3 * i] = soft[i] = least[i] = most[i] = before[3 * i] + delta[3 * i];
    }
    filter_gaussian(loss, width, height, LOSS_SIGMA);
    filter_gaussian(soft, width, height, SHARPEN_SIGMA);
    filter_minimum(least, width, height, 1);
    filter_maximum(most, width, height, 1);
    for (size_t i = 0; i < count; i++) {
        float sharp = picture[3 * i] + SHARPEN * (picture[3 * i] - soft[i]);

        picture[3 * i] = CLAMP(sharp, least[i], most[i]) + loss[i];
    }
}

// ---- the photo's grain --------------------------------------------------------------------------

// Response to noise alone (Immerkaer 1996): nothing of planes and straight edges is left.
static float noise_at(const struct image *photo, int x, int y)
{
    static const int MASK[9] = {1, -2, 1, -2, 4, -2, 1, -2, 1};
    float sum = 0.0f;

    for (int k = 0; k < 9; k++) {
        size_t at = (size_t)(y + k / 3 - 1) * photo->width + x + k % 3 - 1;

        sum += MASK[k] * luma(photo->rgb + 3 * at);
    }
    return fabsf(sum) / 6.0f;
}

// From samples all over the placed part, whatever cell is drawn.
static float measure_grain(const struct image *photo, const struct image_region *placed)
{
    int columns = MIN(GRAIN_SAMPLES, placed->width - 2),
        rows = MIN(GRAIN_SAMPLES, placed->height - 2);

    if (columns < 1 || rows < 1) {
        return 0.0f;
    }

    g_autofree float *samples = g_new(float, columns *rows);

    for (int i = 0; i < columns * rows; i++) {
        int x = 1 + (int)((gint64)(i % columns) * (placed->width - 2) / columns);
        int y = 1 + (int)((gint64)(i / columns) * (placed->height - 2) / rows);

        samples[i] = noise_at(photo, placed->x + x, placed->y + y);
    }
    qsort(samples, columns * rows, sizeof(float), compare_floats);
    return MIN(samples[columns * rows / 2] / 0.6745f, MAX_GRAIN);
}

// ---- tiles --------------------------------------------------------------------------------------

struct stand_in *stand_in_new(const struct image *photo, const struct image_region *placed,
                              const float *before, const float *delta, const float *small,
                              int width, int height, const struct transform *transform)
{
    struct stand_in *stand_in = g_new(struct stand_in, 1);

    stand_in->photo = photo;
    stand_in->placed = *placed;
    stand_in->transform = transform;
    stand_in->small = small;
    stand_in->band = band_new((double)placed->width / width, (double)placed->height / height);
    stand_in->sharp =
        resampler_new(width, height, placed->width, placed->height, RESAMPLE_LANCZOS3);
    stand_in->picture = g_new(float, 3 * (size_t)width * height);
    for (int c = 0; c < 3; c++) {
        draw_channel(stand_in->picture + c, before + c, delta + c, small + c, width, height);
    }
    stand_in->grain = measure_grain(photo, placed);
    stand_in->enlarged = g_new(float, 3 * TILE_PIXELS);
    for (int c = 0; c < 3; c++) {
        stand_in->high[c] = g_new(float, TILE_PIXELS);
    }
    return stand_in;
}

void stand_in_free(struct stand_in *stand_in)
{
    if (stand_in == NULL) {
        return;
    }
    band_free(stand_in->band);
    resampler_free(stand_in->sharp);
    g_free(stand_in->picture);
    g_free(stand_in->enlarged);
    for (int c = 0; c < 3; c++) {
        g_free(stand_in->high[c]);
    }
    g_free(stand_in);
}

int stand_in_cell(const struct stand_in *stand_in)
{
    return BAND_TILE - 2 * band_margin(stand_in->band);
}

// The rectangle around a cell that one tile covers, cut at the borders of what is placed.
static struct image_region tile_around(const struct stand_in *stand_in,
                                       const struct image_region *cell)
{
    const struct image_region *placed = &stand_in->placed;
    int margin = band_margin(stand_in->band);
    int left = MAX(cell->x - margin, placed->x), top = MAX(cell->y - margin, placed->y);
    int right = MIN(cell->x + cell->width + margin, placed->x + placed->width);
    int bottom = MIN(cell->y + cell->height + margin, placed->y + placed->height);

    return (struct image_region){left, top, right - left, bottom - top};
}

// A picture of the model's size, enlarged to what part shows.
static void enlarge(const struct stand_in *stand_in, const float *picture,
                    const struct image_region *part, float *result)
{
    resampler_run(stand_in->sharp, picture, 3, part->x - stand_in->placed.x,
                  part->y - stand_in->placed.y, part->width, part->height, result);
}

// Index into a line of count values that is mirrored at both ends without end.
static int mirrored(int index, int count)
{
    int in_period = index % (2 * count);

    return in_period < count ? in_period : 2 * count - 1 - in_period;
}

// Fills the tile with photo - up(small) in one channel; beyond the rectangle it is mirrored. Half
// of what is beyond belongs, periodically, before the first column and row.
static void cut_tile(const struct stand_in *stand_in, const struct image_region *tile, int channel)
{
    int before_x = (BAND_TILE - tile->width) / 2, before_y = (BAND_TILE - tile->height) / 2;
    float *out = stand_in->high[channel];

    for (int row = 0; row < BAND_TILE; row++) {
        int y = mirrored(row - before_y + 2 * BAND_TILE * tile->height, tile->height);
        const float *model = stand_in->enlarged + (size_t)y * tile->width * 3;
        const float *photo =
            stand_in->photo->rgb + ((size_t)(tile->y + y) * stand_in->photo->width + tile->x) * 3;

        for (int column = 0; column < BAND_TILE; column++) {
            int x = mirrored(column - before_x + 2 * BAND_TILE * tile->width, tile->width);

            *out++ = photo[3 * x + channel] - model[3 * x + channel];
        }
    }
}

// Leaves in high[] what the photo has and its small picture lacks.
static bool split_tile(struct stand_in *stand_in, const struct image_region *tile, GError **error)
{
    enlarge(stand_in, stand_in->small, tile, stand_in->enlarged);
    for (int c = 0; c < 3; c++) {
        cut_tile(stand_in, tile, c);
        if (!band_keep_high(stand_in->band, stand_in->transform, stand_in->high[c], error)) {
            return false;
        }
    }
    return true;
}

// What of a deviation is grain: all of a small one, nothing of a large one, which is an edge.
static float core(float high, float grain)
{
    float steep = high / (4.0f * grain);

    return high / (1.0f + steep * steep);
}

static void add_grain(const struct stand_in *stand_in, const struct image_region *cell,
                      const struct image_region *tile, float *result)
{
    int offset_x = cell->x - tile->x + (BAND_TILE - tile->width) / 2;
    int offset_y = cell->y - tile->y + (BAND_TILE - tile->height) / 2;

    for (int y = 0; y < cell->height; y++) {
        size_t at = (size_t)(y + offset_y) * BAND_TILE + offset_x;

        for (int x = 0; x < cell->width; x++, at++, result += 3) {
            for (int c = 0; c < 3; c++) {
                result[c] += core(stand_in->high[c][at], stand_in->grain);
            }
        }
    }
}

bool stand_in_draw(struct stand_in *stand_in, const struct image_region *cell, float *result,
                   GError **error)
{
    struct image_region tile = tile_around(stand_in, cell);

    enlarge(stand_in, stand_in->picture, cell, result);
    if (stand_in->grain <= 0.0f) {
        return true;
    }
    if (!split_tile(stand_in, &tile, error)) {
        return false;
    }
    add_grain(stand_in, cell, &tile, result);
    return true;
}
