#include "render/stands_out.h"

#include "compute/floats.h"

#include <glib.h>
#include <math.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

enum {
    PASSES = 4,        // over the picture, from one corner and from the other by turns
    BAND_SHARE = 10,   // of the shorter side: how deep a border is
    EXTREME_SHARE = 50 // of all pixels: so few do not say what the range is
};

// ---- barriers -----------------------------------------------------------------------------------

// The best path from the border to each pixel: its greatest and least value, and their difference.
struct barrier {
    const float *values;
    float *high, *low, *distance;
    int width, height;
};

static void go_on_from(struct barrier *b, size_t to, size_t from)
{
    const float high = fmaxf(b->high[from], b->values[to]);
    const float low = fminf(b->low[from], b->values[to]);

    if (high - low < b->distance[to]) {
        b->high[to] = high;
        b->low[to] = low;
        b->distance[to] = high - low;
    }
}

static void pass_down(struct barrier *b)
{
    for (int y = 1; y < b->height - 1; y++) {
        for (int x = 1; x < b->width - 1; x++) {
            const size_t at = (size_t)y * b->width + x;
            go_on_from(b, at, at - b->width);
            go_on_from(b, at, at - 1);
        }
    }
}

static void pass_up(struct barrier *b)
{
    for (int y = b->height - 2; y > 0; y--) {
        for (int x = b->width - 2; x > 0; x--) {
            const size_t at = (size_t)y * b->width + x;
            go_on_from(b, at, at + b->width);
            go_on_from(b, at, at + 1);
        }
    }
}

// Adds to sum how high a barrier every way from the border crosses.
static void add_barriers(const float *values, int width, int height, float *sum)
{
    const size_t n = (size_t)width * height;
    g_autofree float *high = g_memdup2(values, n * sizeof *values);
    g_autofree float *low = g_memdup2(values, n * sizeof *values);
    g_autofree float *distance = g_new(float, n);
    struct barrier b = {values, high, low, distance, width, height};

    for (size_t i = 0; i < n; i++) {
        const int x = (int)(i % (size_t)width), y = (int)(i / (size_t)width);
        const bool border = x == 0 || y == 0 || x == width - 1 || y == height - 1;
        distance[i] = border ? 0.0f : INFINITY;
    }
    for (int i = 0; i < PASSES; i++) {
        (i % 2 == 0 ? pass_down : pass_up)(&b);
    }
    for (size_t i = 0; i < n; i++) {
        sum[i] += distance[i];
    }
}

// ---- colours of the borders ---------------------------------------------------------------------

struct colors {
    double mean[3], inverse[3][3]; // of their covariance
};

// The inverse of a symmetric matrix by its adjugate.
static void invert(const double m[3][3], double out[3][3])
{
    double determinant = 0;

    for (int i = 0; i < 3; i++) {
        for (int k = 0; k < 3; k++) {
            const int a = (i + 1) % 3, b = (i + 2) % 3, c = (k + 1) % 3, d = (k + 2) % 3;
            out[k][i] = m[a][c] * m[b][d] - m[a][d] * m[b][c];
        }
    }
    for (int k = 0; k < 3; k++) {
        determinant += m[0][k] * out[k][0];
    }
    for (int i = 0; i < 9; i++) {
        out[i / 3][i % 3] /= determinant;
    }
}

// Of the rectangle from (x, y) to (right, bottom).
static void learn_colors(const float *lab, int width, int x, int y, int right, int bottom,
                         struct colors *c)
{
    const double n = (double)(right - x) * (bottom - y);
    double products[3][3] = {{0}};

    *c = (struct colors){0};
    for (int v = y; v < bottom; v++) {
        for (int u = x; u < right; u++) {
            const float *at = lab + 3 * ((size_t)v * width + u);
            for (int i = 0; i < 9; i++) {
                products[i / 3][i % 3] += at[i / 3] * at[i % 3] / n;
            }
            for (int i = 0; i < 3; i++) {
                c->mean[i] += at[i] / n;
            }
        }
    }
    for (int i = 0; i < 9; i++) { // a border of one colour has no other spread
        products[i / 3][i % 3] -= c->mean[i / 3] * c->mean[i % 3] - (i % 4 == 0 ? 1e-4 : 0);
    }
    invert(products, c->inverse);
}

// Mahalanobis' distance.
static float distance_from(const struct colors *c, const float *lab)
{
    double sum = 0;

    for (int i = 0; i < 9; i++) {
        sum += (lab[i / 3] - c->mean[i / 3]) * c->inverse[i / 3][i % 3] *
               (lab[i % 3] - c->mean[i % 3]);
    }
    return (float)sqrt(MAX(sum, 0));
}

// How far each pixel's colour is from those of the sides, where the side that it is farthest from
// does not count: the thing itself may touch one.
static void add_border_distances(const float *lab, int width, int height, float *sum)
{
    const int band = MIN(MAX(2, MIN(width, height) / BAND_SHARE), MIN(width, height));
    const int sides[4][4] = {{0, 0, width, band},
                             {0, height - band, width, height},
                             {0, 0, band, height},
                             {width - band, 0, width, height}};
    const size_t n = (size_t)width * height;
    g_autofree float *farthest = g_new0(float, n);
    g_autofree float *one = g_new(float, n);

    for (int side = 0; side < 4; side++) {
        const int *s = sides[side];
        struct colors c;
        float most = 1e-6f;
        learn_colors(lab, width, s[0], s[1], s[2], s[3], &c);
        for (size_t i = 0; i < n; i++) {
            one[i] = distance_from(&c, lab + 3 * i);
            most = fmaxf(most, one[i]);
        }
        for (size_t i = 0; i < n; i++) {
            sum[i] += one[i] / most;
            farthest[i] = fmaxf(farthest[i], one[i] / most);
        }
    }
    for (size_t i = 0; i < n; i++) {
        sum[i] -= farthest[i];
    }
}

// ---- both ---------------------------------------------------------------------------------------

// To 0..1, where the few least and greatest do not count.
static void stretch(float *plane, size_t n)
{
    g_autofree float *sorted = g_memdup2(plane, n * sizeof *plane);
    qsort(sorted, n, sizeof *sorted, compare_floats);
    const float low = sorted[n / EXTREME_SHARE], high = sorted[n - 1 - n / EXTREME_SHARE];

    for (size_t i = 0; i < n; i++) {
        plane[i] = CLAMP((plane[i] - low) / (high - low + 1e-6f), 0.0f, 1.0f);
    }
}

float *stands_out(const float *lab, int width, int height)
{
    const size_t n = (size_t)width * height;
    float *out = g_new0(float, n);
    g_autofree float *other = g_new0(float, n);
    g_autofree float *channel = g_new(float, n);

    for (int c = 0; c < 3; c++) {
        for (size_t i = 0; i < n; i++) {
            channel[i] = lab[3 * i + c];
        }
        add_barriers(channel, width, height, out);
    }
    add_border_distances(lab, width, height, other);
    stretch(out, n);
    stretch(other, n);
    for (size_t i = 0; i < n; i++) {
        out[i] = 0.5f * (out[i] + other[i]);
    }
    return out;
}
