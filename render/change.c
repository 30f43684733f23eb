// Two questions for each pixel: was it changed at all, and does the photo's fine detail still
// belong there?
//
// The first is answered by the difference itself: its local mean (a change of colour or light) and
// its local energy above the noise of two runs of a model (a change of texture). The second by
// regression of the edit's luma on the reconstruction's: the correlation says whether it is the
// same structure, the slope at which contrast it is shown now.
#include "render/change.h"

#include "render/filter.h"
#include "render/luma.h"

#include <math.h>
#include <stdlib.h>

static const double MEAN_SIGMA = 1.5;      // window of the local mean and energy of the difference
static const double STRUCTURE_SIGMA = 2.0; // window of the regression
static const int CHANCE_RADIUS = 2;        // smaller patches of agreement are not trusted
static const float STEP = 1.0f / 255.0f;   // one step of an 8-bit picture
static const float RAMP_STEPS = 4.0f;      // from "not a change" to "fully a change"
static const float MAX_NOISE_STEPS = 4.0f; // more than that is an edit, not noise
static const float MAX_GAIN = 1.5f;        // of fine detail where contrast was raised
static const float BROKEN = 0.3f;          // agreement below which no structure survived
static const float INTACT = 0.7f;          // agreement above which all of it did

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

static int compare_floats(const void *a, const void *b)
{
    float x = *(const float *)a, y = *(const float *)b;

    return (x > y) - (x < y);
}

static float median(const float *values, size_t count)
{
    g_autofree float *sorted = g_memdup2(values, count * sizeof(float));

    qsort(sorted, count, sizeof(float), compare_floats);
    return sorted[count / 2];
}

static void difference_init(struct difference *difference, const struct change *change)
{
    int width = change->width, height = change->height;
    size_t count = (size_t)width * height;

    difference->energy = g_new0(float, count);
    for (int c = 0; c < 3; c++) {
        float *mean = difference->mean[c] = g_new(float, count);

        for (size_t i = 0; i < count; i++) {
            mean[i] = change->delta[3 * i + c];
        }
        filter_gaussian(mean, width, height, MEAN_SIGMA);
        for (size_t i = 0; i < count; i++) {
            difference->energy[i] += squared(change->delta[3 * i + c] - mean[i]);
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

static void measure_weight(struct change *change, const struct difference *difference,
                           const struct change_params *params)
{
    size_t count = (size_t)change->width * change->height;
    double feather = params->feather > 0.0 ? params->feather : 1.5;
    float begin = ramp_begin(difference, params);

    for (size_t i = 0; i < count; i++) {
        float texture = MAX(difference->energy[i] - 4.0f * squared(difference->noise), 0.0f);
        float mean = squared(difference->mean[0][i]) + squared(difference->mean[1][i]) +
                     squared(difference->mean[2][i]);

        change->weight[i] = smoothstep(begin, begin + RAMP_STEPS * STEP, sqrtf(mean + texture));
    }
    // Grown by more than the feather takes away, so that a change has its full weight up to its
    // rim.
    filter_maximum(change->weight, change->width, change->height, (int)ceil(2.0 * feather));
    filter_gaussian(change->weight, change->width, change->height, feather);
}

// Local second moments of two planes, which become their local means. Planes of count values.
struct moments {
    float *aa, *ab, *bb;
};

static void moments_init(struct moments *moments, float *a, float *b, int width, int height)
{
    size_t count = (size_t)width * height;

    moments->aa = g_new(float, count);
    moments->ab = g_new(float, count);
    moments->bb = g_new(float, count);
    for (size_t i = 0; i < count; i++) {
        moments->aa[i] = a[i] * a[i];
        moments->ab[i] = a[i] * b[i];
        moments->bb[i] = b[i] * b[i];
    }

    float *planes[] = {a, b, moments->aa, moments->ab, moments->bb};

    for (size_t p = 0; p < G_N_ELEMENTS(planes); p++) {
        filter_gaussian(planes[p], width, height, STRUCTURE_SIGMA);
    }
    for (size_t i = 0; i < count; i++) {
        moments->aa[i] = MAX(moments->aa[i] - a[i] * a[i], 0.0f);
        moments->ab[i] -= a[i] * b[i];
        moments->bb[i] = MAX(moments->bb[i] - b[i] * b[i], 0.0f);
    }
}

static void moments_clear(struct moments *moments)
{
    g_free(moments->aa);
    g_free(moments->ab);
    g_free(moments->bb);
}

// Share of the photo's finer detail that still belongs here: 1 is all of it, 0 none, above 1 all of
// it at a higher contrast. Where the edit changes the contrast, finer detail follows by half of
// that: a head of white down that an edit made yellow and flat still has every hair.
static float structure_kept(float aa, float ab, float bb, float floor)
{
    float slope = (ab + floor) / (aa + floor);
    float agreement = (ab + floor) / sqrtf((aa + floor) * (bb + floor));

    return sqrtf(CLAMP(slope, 0.0f, MAX_GAIN * MAX_GAIN)) * smoothstep(BROKEN, INTACT, agreement);
}

static void measure_luma_fade(struct change *change, const struct difference *difference,
                              const struct image *reconstruction, const struct image *edit)
{
    size_t count = (size_t)change->width * change->height;
    g_autofree float *before = luma_plane(reconstruction->rgb, count);
    g_autofree float *after = luma_plane(edit->rgb, count);
    float floor = squared(2.0f * STEP) + 2.0f * squared(difference->noise);
    struct moments moments;

    moments_init(&moments, before, after, change->width, change->height);
    for (size_t i = 0; i < count; i++) {
        float kept = structure_kept(moments.aa[i], moments.ab[i], moments.bb[i], floor);

        change->luma_fade[i] = 1.0f - kept;
    }
    moments_clear(&moments);

    // A small patch of agreement inside or beside something new is chance.
    filter_maximum(change->luma_fade, change->width, change->height, CHANCE_RADIUS);
    for (size_t i = 0; i < count; i++) {
        change->luma_fade[i] *= change->weight[i];
    }
}

// Fine colour goes with the structure, and also where only the colour was changed: the edges of a
// red thing must not stay red around a blue one.
static void measure_chroma_fade(struct change *change, const struct difference *difference,
                                const struct change_params *params)
{
    size_t count = (size_t)change->width * change->height;
    float begin = ramp_begin(difference, params);

    for (size_t i = 0; i < count; i++) {
        float mean[3] = {difference->mean[0][i], difference->mean[1][i], difference->mean[2][i]};
        float gray = luma(mean);
        float chroma =
            sqrtf(squared(mean[0] - gray) + squared(mean[1] - gray) + squared(mean[2] - gray));
        float recoloured = smoothstep(begin, begin + 2.0f * RAMP_STEPS * STEP, chroma);

        change->chroma_fade[i] = MAX(change->luma_fade[i], change->weight[i] * recoloured);
    }
}

struct change *change_measure(const struct image *reconstruction, const struct image *edit,
                              const struct change_params *params)
{
    g_assert_cmpint(reconstruction->width, ==, edit->width);
    g_assert_cmpint(reconstruction->height, ==, edit->height);

    size_t count = (size_t)edit->width * edit->height;
    struct change *change = g_new(struct change, 1);
    struct difference difference;

    change->width = edit->width;
    change->height = edit->height;
    change->delta = g_new(float, 3 * count);
    change->weight = g_new(float, count);
    change->luma_fade = g_new(float, count);
    change->chroma_fade = g_new(float, count);
    for (size_t i = 0; i < 3 * count; i++) {
        change->delta[i] = edit->rgb[i] - reconstruction->rgb[i];
    }
    difference_init(&difference, change);
    measure_weight(change, &difference, params);
    measure_luma_fade(change, &difference, reconstruction, edit);
    measure_chroma_fade(change, &difference, params);
    difference_clear(&difference);
    return change;
}

void change_free(struct change *change)
{
    if (change == NULL) {
        return;
    }
    g_free(change->delta);
    g_free(change->weight);
    g_free(change->luma_fade);
    g_free(change->chroma_fade);
    g_free(change);
}
