// Moments of guide and change are averaged over each window, a 3 x 3 system is solved for each
// channel, and the maps of all windows that a place lies in are averaged.
#include "render/color_map.h"

#include "render/filter.h"

#include <glib.h>
#include <math.h>
#include <string.h>

// Planes of moments: the weight, the guide's channels, their products (upper triangle), the
// change's channels, and their products with the guide's.
enum {
    WEIGHT,
    GUIDE,
    SQUARES = GUIDE + 3,
    CHANGE = SQUARES + 6,
    CROSS = CHANGE + 3,
    MOMENTS = CROSS + 9,
    WINDOWS = 3,
};

static const float EPSILON = 1e-3f;    // variance of the guide below which the map is a mere shift
static const float EXPLAINED = 0.3f;   // share of the change that may be left unexplained ...
static const float UNEXPLAINED = 0.5f; // ... and where a smaller window is needed altogether
static const float FLOOR = 0.03f;      // a change so small needs no explanation
static const float SMALLEST = 1e-12f;  // weights below this are none

struct fit {
    int width, height, reach;
    const float *guide, *delta, *weight; // as color_map_fit()
};

// What one size of window makes of it.
struct window {
    float *planes[COLOR_MAP_VALUES]; // (height, width)
    float *residual;                 // (height, width)
};

int color_map_reach(int width, int height)
{
    return MAX(2, (int)lround(sqrt((double)width * height) / 32.0));
}

static float weight_at(const struct fit *fit, size_t i)
{
    return fit->weight != NULL ? fit->weight[i] : 1.0f;
}

static size_t count_of(const struct fit *fit)
{
    return (size_t)fit->width * fit->height;
}

// Row and column of the upper triangle of a symmetric 3 x 3 matrix.
static const int ROW[6] = {0, 0, 0, 1, 1, 2}, COLUMN[6] = {0, 1, 2, 1, 2, 2};

static void moments_init(float *planes[MOMENTS], const struct fit *fit, int radius)
{
    for (int p = 0; p < MOMENTS; p++) {
        planes[p] = g_new(float, count_of(fit));
    }
    for (size_t i = 0; i < count_of(fit); i++) {
        const float *g = fit->guide + 3 * i, *d = fit->delta + 3 * i;
        float weight = weight_at(fit, i);

        planes[WEIGHT][i] = weight;
        for (int c = 0; c < 3; c++) {
            planes[GUIDE + c][i] = weight * g[c];
            planes[CHANGE + c][i] = weight * d[c];
        }
        for (int k = 0; k < 6; k++) {
            planes[SQUARES + k][i] = weight * g[ROW[k]] * g[COLUMN[k]];
        }
        for (int k = 0; k < 9; k++) {
            planes[CROSS + k][i] = weight * d[k / 3] * g[k % 3];
        }
    }
    for (int p = 0; p < MOMENTS; p++) {
        filter_box(planes[p], fit->width, fit->height, radius);
    }
}

// Inverse of the symmetric, positive definite matrix with this upper triangle.
static void invert(const double s[6], double inverse[3][3])
{
    double a = s[3] * s[5] - s[4] * s[4], b = s[2] * s[4] - s[1] * s[5];
    double c = s[1] * s[4] - s[2] * s[3];
    double scale = 1.0 / (s[0] * a + s[1] * b + s[2] * c);
    double full[3][3] = {{a, b, c},
                         {b, s[0] * s[5] - s[2] * s[2], s[1] * s[2] - s[0] * s[4]},
                         {c, s[1] * s[2] - s[0] * s[4], s[0] * s[3] - s[1] * s[1]}};

    for (int k = 0; k < 9; k++) {
        inverse[k / 3][k % 3] = scale * full[k / 3][k % 3];
    }
}

// The map of the window around place i: value[COLOR_MAP_VALUES].
static void solve(float *const planes[MOMENTS], size_t i, float *value)
{
    double total = planes[WEIGHT][i], mean[3], squares[6], inverse[3][3];

    if (total < SMALLEST) {
        memset(value, 0, COLOR_MAP_VALUES * sizeof(float));
        return;
    }
    for (int c = 0; c < 3; c++) {
        mean[c] = planes[GUIDE + c][i] / total;
    }
    for (int k = 0; k < 6; k++) {
        squares[k] = planes[SQUARES + k][i] / total - mean[ROW[k]] * mean[COLUMN[k]] +
                     (ROW[k] == COLUMN[k] ? EPSILON : 0.0f);
    }
    invert(squares, inverse);
    for (int c = 0; c < 3; c++) {
        double change = planes[CHANGE + c][i] / total, cross[3], offset = change;

        for (int k = 0; k < 3; k++) {
            cross[k] = planes[CROSS + 3 * c + k][i] / total - change * mean[k];
        }
        for (int k = 0; k < 3; k++) {
            double slope =
                inverse[k][0] * cross[0] + inverse[k][1] * cross[1] + inverse[k][2] * cross[2];

            value[4 * c + k] = (float)slope;
            offset -= slope * mean[k];
        }
        value[4 * c + 3] = (float)offset;
    }
}

// Averages the maps of all windows that a place lies in.
static void average(struct window *window, const struct fit *fit, int radius)
{
    g_autofree float *weight = g_new(float, count_of(fit));

    for (size_t i = 0; i < count_of(fit); i++) {
        weight[i] = weight_at(fit, i);
    }
    filter_box(weight, fit->width, fit->height, radius);
    for (int v = 0; v < COLOR_MAP_VALUES; v++) {
        float *plane = window->planes[v];

        for (size_t i = 0; i < count_of(fit); i++) {
            plane[i] *= weight_at(fit, i);
        }
        filter_box(plane, fit->width, fit->height, radius);
        for (size_t i = 0; i < count_of(fit); i++) {
            plane[i] = weight[i] > SMALLEST ? plane[i] / weight[i] : 0.0f;
        }
    }
}

// Root of the local mean of a plane of squares, in place.
static void local_root(float *plane, const struct fit *fit)
{
    filter_gaussian(plane, fit->width, fit->height, 0.75 * fit->reach);
    for (size_t i = 0; i < count_of(fit); i++) {
        plane[i] = sqrtf(MAX(plane[i], 0.0f));
    }
}

static void measure_residual(struct window *window, const struct fit *fit)
{
    for (size_t i = 0; i < count_of(fit); i++) {
        const float *g = fit->guide + 3 * i;
        float sum = 0.0f;

        for (int c = 0; c < 3; c++) {
            float *const *v = window->planes + 4 * c;
            float rest =
                fit->delta[3 * i + c] - v[3][i] - v[0][i] * g[0] - v[1][i] * g[1] - v[2][i] * g[2];

            sum += rest * rest;
        }
        window->residual[i] = weight_at(fit, i) * sum;
    }
    local_root(window->residual, fit);
}

static void window_fit(struct window *window, const struct fit *fit, int radius)
{
    float *moments[MOMENTS];

    moments_init(moments, fit, radius);
    window->residual = g_new(float, count_of(fit));
    for (int v = 0; v < COLOR_MAP_VALUES; v++) {
        window->planes[v] = g_new(float, count_of(fit));
    }
    for (size_t i = 0; i < count_of(fit); i++) {
        float value[COLOR_MAP_VALUES];

        solve(moments, i, value);
        for (int v = 0; v < COLOR_MAP_VALUES; v++) {
            window->planes[v][i] = value[v];
        }
    }
    for (int p = 0; p < MOMENTS; p++) {
        g_free(moments[p]);
    }
    average(window, fit, radius);
    measure_residual(window, fit);
}

static void window_clear(struct window *window)
{
    for (int v = 0; v < COLOR_MAP_VALUES; v++) {
        g_free(window->planes[v]);
    }
    g_free(window->residual);
}

// Root mean square of the change over each place; newly allocated.
static float *measure_extent(const struct fit *fit)
{
    float *extent = g_new(float, count_of(fit));

    for (size_t i = 0; i < count_of(fit); i++) {
        const float *d = fit->delta + 3 * i;

        extent[i] = weight_at(fit, i) * (d[0] * d[0] + d[1] * d[1] + d[2] * d[2]);
    }
    local_root(extent, fit);
    return extent;
}

// How far a larger window's map is to be used at each place; newly allocated.
static float *trust(const struct window *window, const struct fit *fit, const float *extent)
{
    float *share = g_new(float, count_of(fit));

    for (size_t i = 0; i < count_of(fit); i++) {
        float rest = window->residual[i] / (extent[i] + FLOOR);
        float t = CLAMP((UNEXPLAINED - rest) / (UNEXPLAINED - EXPLAINED), 0.0f, 1.0f);

        share[i] = t * t * (3.0f - 2.0f * t);
    }
    filter_minimum(share, fit->width, fit->height, 1);
    filter_gaussian(share, fit->width, fit->height, 0.5 * fit->reach);
    return share;
}

static void blend(struct color_map *map, const struct window *window, const float *share)
{
    size_t count = (size_t)map->width * map->height;

    for (size_t i = 0; i < count; i++) {
        for (int v = 0; v < COLOR_MAP_VALUES; v++) {
            float *value = &map->values[COLOR_MAP_VALUES * i + v];

            *value += share[i] * (window->planes[v][i] - *value);
        }
    }
}

struct color_map *color_map_fit(const float *guide, const float *delta, const float *weight,
                                int width, int height)
{
    struct fit fit = {width, height, color_map_reach(width, height), guide, delta, weight};
    struct color_map *map = g_new(struct color_map, 1);
    g_autofree float *extent = measure_extent(&fit);

    map->width = width;
    map->height = height;
    map->values = g_new(float, COLOR_MAP_VALUES *count_of(&fit));
    for (int w = 0; w < WINDOWS; w++) {
        struct window window;

        window_fit(&window, &fit, fit.reach << w);
        if (w == 0) {
            for (size_t i = 0; i < COLOR_MAP_VALUES * count_of(&fit); i++) {
                map->values[i] = window.planes[i % COLOR_MAP_VALUES][i / COLOR_MAP_VALUES];
            }
            map->residual = g_steal_pointer(&window.residual);
        } else {
            g_autofree float *share = trust(&window, &fit, extent);

            blend(map, &window, share);
        }
        window_clear(&window);
    }
    return map;
}

void color_map_free(struct color_map *map)
{
    if (map == NULL) {
        return;
    }
    g_free(map->values);
    g_free(map->residual);
    g_free(map);
}
