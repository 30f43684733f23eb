// The regression of the edited luma on the photo's, around each place, in which a place counts by
// how much it changed: beside the border of a repainted thing only the thing is asked.
#include "render/shading.h"

#include "render/filter.h"
#include "render/luma.h"

#include <math.h>

static const float LEAST_GAIN = 0.65f; // of the slope of luma: shadows may become softer by so much
static const float NEUTRAL_GAIN = 0.36f; // the same for what turns black, white or gray
static const float NEUTRAL_DEPTH = 0.6f; // or so much of the photo's depth, where it has room
static const float NEUTRAL_CHROMA = 0.01f, NEUTRAL_MOST = 0.2f; // of which so much may stay
// The most of a thing without a colour that turns black, and as much more where it turns white; and
// the shares of hues that are kept of a thing that has one, and that has none.
static const float FLAT_GAIN = 0.15f, COLORED_KEPT = 0.05f, COLORLESS_KEPT = 0.1f;
static const float REACH = 2.0f;    // standard deviations of luma that are to stay in the range
static const float EPSILON = 1e-4f; // variance of luma below which a place has no shading

// Of the change around it: below the first a place is of another thing, which did not change, and
// what this one's light and shade become is nothing to it.
static const float LITTLE = 0.25f, MUCH = 0.6f;

enum { WEIGHT, SIZE, BEFORE, AFTER, SQUARE, CROSS, MOMENTS };

// The luma that the map gives to a colour, as a function of it: slopes, and the value at black.
static void luma_row(const float *map, float row[4])
{
    for (int k = 0; k < 4; k++) {
        const float column[3] = {map[k] + (k == 0), map[4 + k] + (k == 1), map[8 + k] + (k == 2)};

        row[k] = luma(column);
    }
}

float neutral_kept(const float *rgb, const float *delta, const float *weight, size_t count)
{
    double sum = 1e-12, squares = 1e-12;

    for (size_t i = 0; i < count; i++) {
        const float *d = delta + 3 * i;
        double w = (weight != NULL ? weight[i] : 1.0f) * (d[0] * d[0] + d[1] * d[1] + d[2] * d[2]);

        sum += w;
        for (int c = 0; c < 3; c++) {
            float hue = rgb[3 * i + c] - luma(rgb + 3 * i);

            squares += w * hue * hue;
        }
    }
    return fminf(NEUTRAL_CHROMA / (float)sqrt(squares / sum), NEUTRAL_MOST);
}

void neutral_weights(const float *rgb, const float *delta, const float *weight, size_t count,
                     float weights[3])
{
    double sum[3] = {1e-12, 1e-12, 1e-12};

    for (size_t i = 0; i < count; i++) {
        const float *d = delta + 3 * i;
        double w = (weight != NULL ? weight[i] : 1.0f) * (d[0] * d[0] + d[1] * d[1] + d[2] * d[2]);

        for (int c = 0; c < 3; c++) {
            sum[c] += w * fmaxf(rgb[3 * i + c], 0.0f);
        }
    }
    for (int c = 0; c < 3; c++) {
        weights[c] = (float)(sum[c] / (sum[0] + sum[1] + sum[2]));
    }
}

float neutral_slope(float slope, float after, float kept)
{
    float colorless = (kept - COLORED_KEPT) / (COLORLESS_KEPT - COLORED_KEPT);
    float flat = fminf(slope, FLAT_GAIN * (1.0f + CLAMP(after, 0.0f, 1.0f)));

    return slope + CLAMP(colorless, 0.0f, 1.0f) * (flat - slope);
}

static float weighted(const float *color, const float *weights)
{
    return weights[0] * color[0] + weights[1] * color[1] + weights[2] * color[2];
}

// How much each place changed, on the average of its nearest; newly allocated.
static float *measure_size(const float *delta, int width, int height)
{
    size_t count = (size_t)width * height;
    float *size = g_new(float, count);

    for (size_t i = 0; i < count; i++) {
        const float *d = delta + 3 * i;

        size[i] = sqrtf(d[0] * d[0] + d[1] * d[1] + d[2] * d[2]);
    }
    filter_gaussian(size, width, height, 1.0);
    return size;
}

// weights: of the channels in which the photo's light and shade are seen.
static void moments_init(float *planes[MOMENTS], const struct color_map *map, const float *size,
                         const float *guide, const float *weight, const float *weights)
{
    size_t count = (size_t)map->width * map->height;

    for (int p = 0; p < MOMENTS; p++) {
        planes[p] = g_new(float, count);
    }
    for (size_t i = 0; i < count; i++) {
        const float *g = guide + 3 * i;
        float w = (weight != NULL ? weight[i] : 1.0f) * size[i], row[4];
        float before = weighted(g, weights);

        luma_row(map->values + COLOR_MAP_VALUES * i, row);

        float after = row[0] * g[0] + row[1] * g[1] + row[2] * g[2] + row[3];

        planes[WEIGHT][i] = w;
        planes[SIZE][i] = w * size[i];
        planes[BEFORE][i] = w * before;
        planes[AFTER][i] = w * after;
        planes[SQUARE][i] = w * before * before;
        planes[CROSS][i] = w * before * after;
    }
    for (int p = 0; p < MOMENTS; p++) {
        filter_box(planes[p], map->width, map->height,
                   4 * color_map_reach(map->width, map->height));
    }
}

// A function of the photo's luma that the luma of a place becomes.
struct line {
    float gain, offset;
};

// Highlights and shadows, reach away from the mean, are to stay within 0..1, or no further out than
// they were: a slope that is too steep for that gives way, down to the least, then the mean.
static struct line fit_range(float before, float reach, float after, float gain, float least)
{
    float lowest = fminf(before - reach, 0.0f), highest = fmaxf(before + reach, 1.0f);
    float room = fminf(after - lowest, highest - after);

    if (gain * reach > room) {
        gain = fmaxf(fmaxf(room, 0.0f) / reach, least);
    }
    after = CLAMP(after, lowest + gain * reach, highest - gain * reach);
    return (struct line){gain, after - gain * before};
}

// Moves the luma of what the map makes of a colour to the line.
static void move(float *map, const struct line *line, const float *weights, float amount)
{
    float row[4];

    luma_row(map, row);
    for (int k = 0; k < 4; k++) {
        float wanted = k < 3 ? line->gain * weights[k] : line->offset;

        for (int c = 0; c < 3; c++) {
            map[4 * c + k] += amount * (wanted - row[k]); // all channels alike: the luma by as much
        }
    }
}

// Moves all three channels to the line, and from there by the tint that the edit has here and by
// what is kept of the photo's hues.
static void move_neutral(float *map, const struct line *line, const float *weights,
                         const float *edited, float kept, float amount)
{
    for (int c = 0; c < 3; c++) {
        float tint = edited[c] - luma(edited);

        for (int k = 0; k < 4; k++) {
            float hue = kept * ((k == c) - LUMA_WEIGHTS[k % 3]);
            float wanted = k < 3 ? line->gain * weights[k] + hue - (k == c) : line->offset + tint;

            map[4 * c + k] += amount * (wanted - map[4 * c + k]);
        }
    }
}

void shading_keep(struct color_map *map, float *delta, const float *guide, const float *weight,
                  float amount, float neutral)
{
    const float least = LEAST_GAIN + neutral * (NEUTRAL_GAIN - LEAST_GAIN);
    size_t count = (size_t)map->width * map->height;
    const float kept = neutral_kept(guide, delta, weight, count);
    g_autofree float *size = measure_size(delta, map->width, map->height);
    float *planes[MOMENTS], weights[3];

    neutral_weights(guide, delta, weight, count, weights);
    for (int c = 0; c < 3; c++) {
        weights[c] = LUMA_WEIGHTS[c] + neutral * (weights[c] - LUMA_WEIGHTS[c]);
    }
    moments_init(planes, map, size, guide, weight, weights);
    for (size_t i = 0; i < count; i++) {
        float total = planes[WEIGHT][i];

        if (total <= 1e-12f || planes[SIZE][i] <= 0.0f) {
            continue; // nothing changed
        }

        float before = planes[BEFORE][i] / total, after = planes[AFTER][i] / total;
        float variance = fmaxf(planes[SQUARE][i] / total - before * before, 0.0f);
        float covariance = planes[CROSS][i] / total - before * after;
        float gain = fmaxf((covariance + EPSILON) / (variance + EPSILON), least);

        gain = fmaxf(gain, neutral * NEUTRAL_DEPTH * after / fmaxf(before, 0.05f));
        gain += neutral * (neutral_slope(gain, after, kept) - gain);
        struct line line =
            fit_range(before, REACH * sqrtf(variance), after, gain, fminf(gain, least));
        float share = (size[i] * total / planes[SIZE][i] - LITTLE) / (MUCH - LITTLE);

        const float *g = guide + 3 * i, *d = delta + 3 * i;
        const float edited[3] = {g[0] + d[0], g[1] + d[1], g[2] + d[2]};

        share = CLAMP(share, 0.0f, 1.0f);
        move(map->values + COLOR_MAP_VALUES * i, &line, weights, amount * share);
        move_neutral(map->values + COLOR_MAP_VALUES * i, &line, weights, edited, kept,
                     amount * neutral * share);
    }
    for (size_t i = 0; i < count; i++) {
        const float *g = guide + 3 * i, *v = map->values + COLOR_MAP_VALUES * i;

        for (int c = 0; c < 3; c++) {
            float adds = v[4 * c] * g[0] + v[4 * c + 1] * g[1] + v[4 * c + 2] * g[2] + v[4 * c + 3];

            delta[3 * i + c] += amount * (adds - delta[3 * i + c]);
        }
    }
    for (int p = 0; p < MOMENTS; p++) {
        g_free(planes[p]);
    }
}
