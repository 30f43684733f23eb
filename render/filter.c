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

static float window_minimum(const float *line, int radius, const float *weights)
{
    float smallest = line[0];

    for (int i = 1; i <= 2 * radius; i++) {
        smallest = fminf(smallest, line[i]);
    }
    return smallest;
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

void filter_minimum(float *plane, int width, int height, int radius)
{
    filter_both_ways(plane, width, height, radius, window_minimum, NULL);
}

// The running mean of one row; mean holds width floats.
static void box_row(const float *row, int width, int radius, float *mean)
{
    double sum = 0.0;

    for (int i = -radius; i < radius; i++) {
        sum += row[CLAMP(i, 0, width - 1)];
    }
    for (int x = 0; x < width; x++) {
        sum += row[MIN(x + radius, width - 1)];
        mean[x] = (float)(sum / (2 * radius + 1));
        sum -= row[MAX(x - radius, 0)];
    }
}

// All columns at once: sums holds width running sums, of the rows of source.
static void box_columns(const float *source, int width, int height, int radius, double *sums,
                        float *result)
{
    for (int y = -radius; y < radius; y++) {
        const float *row = source + (size_t)CLAMP(y, 0, height - 1) * width;

        for (int x = 0; x < width; x++) {
            sums[x] += row[x];
        }
    }
    for (int y = 0; y < height; y++) {
        const float *entering = source + (size_t)MIN(y + radius, height - 1) * width;
        const float *leaving = source + (size_t)MAX(y - radius, 0) * width;

        for (int x = 0; x < width; x++) {
            sums[x] += entering[x];
            result[(size_t)y * width + x] = (float)(sums[x] / (2 * radius + 1));
            sums[x] -= leaving[x];
        }
    }
}

void filter_box(float *plane, int width, int height, int radius)
{
    g_autofree float *rows = g_new(float, (size_t)width *height);
    g_autofree double *sums = g_new0(double, width);

    for (int y = 0; y < height; y++) {
        box_row(plane + (size_t)y * width, width, radius, rows + (size_t)y * width);
    }
    box_columns(rows, width, height, radius, sums, plane);
}
