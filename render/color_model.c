// Two histograms over brightness and two colour differences, smoothed, so that a few hundred pixels
// tell something about their neighbours in colour, too.
#include "render/color_model.h"

#include "render/luma.h"

#include <math.h>
#include <string.h>

enum { CELLS = COLOR_BINS * COLOR_BINS * COLOR_BINS, SMOOTHINGS = 2 };

// What any colour may be without having been seen, as a share of the mean density; limits the
// ratio.
#define UNSEEN 0.05f
// Colour differences span less than brightness does in most photos, and say more.
#define CHROMA_SCALE 1.6f

// Where a colour lies among the bins, as fractions of a bin; the three weights of the upper ones.
static int place(const float *rgb, float *upper)
{
    float y = luma(rgb);
    float axes[3] = {y, 0.5f + CHROMA_SCALE * 0.564f * (rgb[2] - y),
                     0.5f + CHROMA_SCALE * 0.713f * (rgb[0] - y)};
    int index = 0;

    for (int i = 0; i < 3; i++) {
        float at = CLAMP(axes[i], 0.0f, 1.0f) * (COLOR_BINS - 1);
        int bin = MIN((int)at, COLOR_BINS - 2);

        upper[i] = at - (float)bin;
        index = index * COLOR_BINS + bin;
    }
    return index;
}

static float weight_of(const float *upper, int corner)
{
    float weight = 1.0f;

    for (int i = 0; i < 3; i++) {
        weight *= corner >> i & 1 ? upper[i] : 1.0f - upper[i];
    }
    return weight;
}

static int offset_of(int corner)
{
    return (corner & 1) * COLOR_BINS * COLOR_BINS + (corner >> 1 & 1) * COLOR_BINS +
           (corner >> 2 & 1);
}

static void add_colour(float *histogram, const float *rgb, float amount)
{
    float upper[3];
    int index = place(rgb, upper);

    for (int corner = 0; corner < 8; corner++) {
        histogram[index + offset_of(corner)] += amount * weight_of(upper, corner);
    }
}

// 1 2 1 along one axis.
static void smooth_axis(float *histogram, int stride)
{
    float line[COLOR_BINS];

    for (int i = 0; i < CELLS; i++) {
        if (i / stride % COLOR_BINS != 0) {
            continue;
        }
        for (int k = 0; k < COLOR_BINS; k++) {
            line[k] = histogram[i + k * stride];
        }
        for (int k = 0; k < COLOR_BINS; k++) {
            histogram[i + k * stride] = 0.25f * line[MAX(k - 1, 0)] + 0.5f * line[k] +
                                        0.25f * line[MIN(k + 1, COLOR_BINS - 1)];
        }
    }
}

// Density, where 1 is the mean.
static void finish(float *histogram)
{
    double sum = 0.0;

    for (int i = 0; i < SMOOTHINGS; i++) {
        smooth_axis(histogram, 1);
        smooth_axis(histogram, COLOR_BINS);
        smooth_axis(histogram, COLOR_BINS * COLOR_BINS);
    }
    for (int i = 0; i < CELLS; i++) {
        sum += histogram[i];
    }
    for (int i = 0; i < CELLS && sum > 0.0; i++) {
        histogram[i] *= (float)(CELLS / sum);
    }
}

void color_model_learn(struct color_model *model, const float *rgb, const float *inside, size_t n)
{
    g_autofree float *in = g_new0(float, CELLS);
    g_autofree float *out = g_new0(float, CELLS);

    for (size_t i = 0; i < n; i++) {
        float sure = 2.0f * inside[i] - 1.0f;
        add_colour(sure > 0.0f ? in : out, rgb + 3 * i, fabsf(sure));
    }
    finish(in);
    finish(out);
    if (model->ratio == NULL) {
        model->ratio = g_new(float, CELLS);
    }
    for (int i = 0; i < CELLS; i++) {
        model->ratio[i] = logf((in[i] + UNSEEN) / (out[i] + UNSEEN));
    }
}

void color_model_clear(struct color_model *model)
{
    g_clear_pointer(&model->ratio, g_free);
}

float color_model_ratio(const struct color_model *model, const float *rgb)
{
    float upper[3], ratio = 0.0f;
    int index = place(rgb, upper);

    for (int corner = 0; corner < 8; corner++) {
        ratio += weight_of(upper, corner) * model->ratio[index + offset_of(corner)];
    }
    return ratio;
}
