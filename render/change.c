// Three questions for each place: was it changed at all, which map of the photo's colours explains
// the change, and does none?
//
// The first is answered by the difference itself: its local mean (a change of colour or light) and
// its local energy above the noise of two runs of a model (a change of texture). The others by the
// fit of the map and what it leaves.
#include "render/change.h"

#include "compute/floats.h"

#include "render/color_map.h"
#include "render/filter.h"
#include "render/shading.h"

#include <glib.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

static const double MEAN_SIGMA = 1.5;      // window of the local mean and energy of the difference
static const float STEP = 1.0f / 255.0f;   // one step of an 8-bit picture
static const float RAMP_STEPS = 4.0f;      // from "not a change" to "fully a change"
static const float MAX_NOISE_STEPS = 4.0f; // more than that is an edit, not noise

// What the map leaves of the change, in itself and as a share of the structure that the edited
// picture has there: below the first of each the photo's own structure is what is seen, above the
// second something else. A weak model's blotches stay below.
static const float REPLACED_STEPS[2] = {12.0f, 24.0f};
static const float REPLACED_SHARE[2] = {0.22f, 0.36f};
static const float STRUCTURE_FLOOR_STEPS = 8.0f;
static const float SPOT_SHARE[2] = {0.05f, 0.1f}; // of its surroundings, for a place to count

static const float BORDER_WEIGHT = 0.02f; // of places at a mask's border, in the fit

static float smoothstep(float low, float high, float value)
{
    float t = CLAMP((value - low) / (high - low), 0.0f, 1.0f);

    return t * t * (3.0f - 2.0f * t);
}

static float squared(float value)
{
    return value * value;
}

// The difference, taken apart. Planes of count values.
struct difference {
    float *mean[3]; // local mean of each channel
    float *energy;  // local energy of the rest, all channels together
    float noise;    // root of the typical energy where nothing was changed
};

static float median(const float *values, size_t count)
{
    g_autofree float *sorted = g_memdup2(values, count * sizeof(float));

    qsort(sorted, count, sizeof(float), compare_floats);
    return sorted[count / 2];
}

static void difference_init(struct difference *difference, const float *delta, int width,
                            int height)
{
    size_t count = (size_t)width * height;

    difference->energy = g_new0(float, count);
    for (int c = 0; c < 3; c++) {
        float *mean = difference->mean[c] = g_new(float, count);

        for (size_t i = 0; i < count; i++) {
            mean[i] = delta[3 * i + c];
        }
        filter_gaussian(mean, width, height, MEAN_SIGMA);
        for (size_t i = 0; i < count; i++) {
            difference->energy[i] += squared(delta[3 * i + c] - mean[i]);
        }
    }
    filter_gaussian(difference->energy, width, height, MEAN_SIGMA);
    difference->noise = MIN(sqrtf(median(difference->energy, count)), MAX_NOISE_STEPS * STEP);
}

static void difference_clear(struct difference *difference)
{
    for (int c = 0; c < 3; c++) {
        g_free(difference->mean[c]);
    }
    g_free(difference->energy);
}

// Where the ramp from "unchanged" to "changed" begins: a local mean of noise holds a fifth of it.
static float ramp_begin(const struct difference *difference, const struct change_params *params)
{
    float threshold = params->threshold > 0.0 ? (float)params->threshold : 3.0f;

    return threshold * STEP + 0.6f * difference->noise;
}

static void measure_weight(struct change *change, const float *delta,
                           const struct change_params *params)
{
    size_t count = (size_t)change->width * change->height;
    double feather = params->feather > 0.0 ? params->feather : 1.5;
    struct difference difference;

    difference_init(&difference, delta, change->width, change->height);

    float begin = ramp_begin(&difference, params);

    for (size_t i = 0; i < count; i++) {
        float texture = MAX(difference.energy[i] - 4.0f * squared(difference.noise), 0.0f);
        float mean = squared(difference.mean[0][i]) + squared(difference.mean[1][i]) +
                     squared(difference.mean[2][i]);

        change->weight[i] = smoothstep(begin, begin + RAMP_STEPS * STEP, sqrtf(mean + texture));
    }
    difference_clear(&difference);

    // Grown by more than the feather takes away, so that a change has its full weight up to its
    // rim.
    filter_maximum(change->weight, change->width, change->height, (int)ceil(2.0 * feather));
    filter_gaussian(change->weight, change->width, change->height, feather);
}

// How much each place counts in the fit; newly allocated, NULL where all count alike. At a mask's
// border the model mixes what is inside with what is not.
static float *fit_weight(const float *inside, int width, int height)
{
    size_t count = (size_t)width * height;

    if (inside == NULL) {
        return NULL;
    }

    float *weight = g_memdup2(inside, count * sizeof(float)), most = 0.0f;

    filter_box(weight, width, height, color_map_reach(width, height));
    for (size_t i = 0; i < count; i++) {
        float depth = smoothstep(0.5f, 1.0f, weight[i]);

        weight[i] = inside[i] * (BORDER_WEIGHT + (1.0f - BORDER_WEIGHT) * depth);
        most = MAX(most, weight[i]);
    }
    for (size_t i = 0; i < count && most > 0.0f; i++) { // a narrow mask is all border
        weight[i] /= most;
    }
    return weight;
}

// The least and the most that the edit adds near each place: the map shall not invent colours.
static void measure_range(struct change *change, const float *delta, const float *weight,
                          float neutral)
{
    size_t count = (size_t)change->width * change->height;
    int reach = color_map_reach(change->width, change->height);
    g_autofree float *least = g_new(float, count), *most = g_new(float, count);

    for (int c = 0; c < 3; c++) {
        for (size_t i = 0; i < count; i++) {
            float value = weight == NULL || weight[i] > 0.0f ? delta[3 * i + c] : 0.0f;

            least[i] = MIN(value, 0.0f);
            most[i] = MAX(value, 0.0f);
        }
        filter_minimum(least, change->width, change->height, 2 * reach);
        filter_maximum(most, change->width, change->height, 2 * reach);
        filter_gaussian(least, change->width, change->height, reach);
        filter_gaussian(most, change->width, change->height, reach);
        for (size_t i = 0; i < count; i++) {
            float *fields = change->fields + CHANGE_FIELDS * i;

            fields[CHANGE_LEAST + c] = least[i] - neutral * (1.0f + least[i]);
            fields[CHANGE_MOST + c] = most[i] + neutral * (1.0f - most[i]);
        }
    }
}

// Local variance of the edited picture, all channels together; newly allocated.
static float *measure_structure(const float *photo, const float *delta, int width, int height)
{
    size_t count = (size_t)width * height;
    double sigma = color_map_reach(width, height);
    float *structure = g_new0(float, count);
    g_autofree float *mean = g_new(float, count), *square = g_new(float, count);

    for (int c = 0; c < 3; c++) {
        for (size_t i = 0; i < count; i++) {
            mean[i] = photo[3 * i + c] + delta[3 * i + c];
            square[i] = squared(mean[i]);
        }
        filter_gaussian(mean, width, height, sigma);
        filter_gaussian(square, width, height, sigma);
        for (size_t i = 0; i < count; i++) {
            structure[i] += MAX(square[i] - squared(mean[i]), 0.0f);
        }
    }
    return structure;
}

// A place that no map explains is chance where there are few such places around it.
static void drop_spots(float *replaced, int width, int height)
{
    size_t count = (size_t)width * height;
    g_autofree float *share = g_memdup2(replaced, count * sizeof(float));

    filter_box(share, width, height, 3 * color_map_reach(width, height));
    for (size_t i = 0; i < count; i++) {
        replaced[i] *= smoothstep(SPOT_SHARE[0], SPOT_SHARE[1], share[i]);
    }
}

static void measure_replaced(struct change *change, const struct color_map *map, const float *photo,
                             const float *delta)
{
    int width = change->width, height = change->height;
    int reach = color_map_reach(width, height);
    size_t count = (size_t)width * height;
    g_autofree float *structure = measure_structure(photo, delta, width, height);

    for (size_t i = 0; i < count; i++) {
        float share =
            squared(map->residual[i]) / (structure[i] + squared(STRUCTURE_FLOOR_STEPS * STEP));

        change->replaced[i] =
            smoothstep(REPLACED_SHARE[0], REPLACED_SHARE[1], share) *
            smoothstep(REPLACED_STEPS[0] * STEP, REPLACED_STEPS[1] * STEP, map->residual[i]);
    }
    drop_spots(change->replaced, width, height);
    // What lies between places that were replaced was replaced with them, and so was the rim, where
    // finer detail than the model sees would be left of the old thing.
    filter_maximum(change->replaced, width, height, 2 * reach);
    filter_minimum(change->replaced, width, height, reach);
    filter_gaussian(change->replaced, width, height, 0.5 * reach);
}

struct change *change_measure(const float *photo, const float *delta, const float *inside,
                              int width, int height, const struct change_params *params)
{
    size_t count = (size_t)width * height;
    struct change *change = g_new(struct change, 1);
    g_autofree float *weight = fit_weight(inside, width, height);
    struct color_map *map = color_map_fit(photo, delta, weight, width, height);
    g_autofree float *shaded = NULL;

    if (params->shading > 0.0f) {
        shaded = g_memdup2(delta, 3 * count * sizeof(float));
        shading_keep(map, shaded, photo, weight, params->shading, params->neutral);
        delta = shaded;
    }

    change->width = width;
    change->height = height;
    change->fields = g_new(float, CHANGE_FIELDS *count);
    change->weight = g_new(float, count);
    change->replaced = g_new0(float, count);
    for (size_t i = 0; i < count; i++) {
        memcpy(change->fields + CHANGE_FIELDS * i + CHANGE_MAP, map->values + COLOR_MAP_VALUES * i,
               COLOR_MAP_VALUES * sizeof(float));
    }
    measure_weight(change, delta, params);
    measure_range(change, delta, weight, params->shading * params->neutral);
    if (!params->keeps_shapes) {
        measure_replaced(change, map, photo, delta);
    }
    color_map_free(map);
    return change;
}

void change_free(struct change *change)
{
    if (change == NULL) {
        return;
    }
    g_free(change->fields);
    g_free(change->weight);
    g_free(change->replaced);
    g_free(change);
}
