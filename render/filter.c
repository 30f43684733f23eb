// Separable filters: each runs along the rows, then along the columns.
#include "render/filter.h"

#include <glib.h>
#include <math.h>

// One output value from 2 radius + 1 neighbours; line points to the first of them.
typedef float (*window_fn)(const float *line, int radius, const float *weights);

static float window_sum(const float *line, int radius, const float *weights)
{
    float sum = 0.0f;

    for (int i = 0; i <= 2 * radius; i++) {
        sum += weights[i] * line[i];
    }
    return sum;
}

static float window_maximum(const float *line, int radius, const float *weights)
{
    float largest = line[0];

    for (int i = 1; i <= 2 * radius; i++) {
        largest = fmaxf(largest, line[i]);
    }
    return largest;
}

// Filters one line of count values, stride floats apart; padded holds count + 2 radius floats.
static void filter_line(float *line, int count, int stride, int radius, window_fn window,
                        const float *weights, float *padded)
{
    for (int i = 0; i < count + 2 * radius; i++) {
        padded[i] = line[(size_t)CLAMP(i - radius, 0, count - 1) * stride];
    }
    for (int i = 0; i < count; i++) {
        line[(size_t)i * stride] = window(padded + i, radius, weights);
    }
}

static void filter_both_ways(float *plane, int width, int height, int radius, window_fn window,
                             const float *weights)
{
    g_autofree float *padded = g_new(float, MAX(width, height) + 2 * radius);

    for (int y = 0; y < height; y++) {
        filter_line(plane + (size_t)y * width, width, 1, radius, window, weights, padded);
    }
    for (int x = 0; x < width; x++) {
        filter_line(plane + x, height, width, radius, window, weights, padded);
    }
}

void filter_gaussian(float *plane, int width, int height, double sigma)
{
    if (sigma <= 0.0) {
        return;
    }

    int radius = (int)ceil(3.0 * sigma);
    g_autofree float *weights = g_new(float, 2 * radius + 1);
    double sum = 0.0;

    for (int i = -radius; i <= radius; i++) {
        sum += exp(-0.5 * i * i / (sigma * sigma));
    }
    for (int i = -radius; i <= radius; i++) {
        weights[i + radius] = (float)(exp(-0.5 * i * i / (sigma * sigma)) / sum);
    }
    filter_both_ways(plane, width, height, radius, window_sum, weights);
}

void filter_maximum(float *plane, int width, int height, int radius)
{
    filter_both_ways(plane, width, height, radius, window_maximum, NULL);
}
