#include "render/spread.h"

#include "render/luma.h"
#include "render/shading.h"

#include <math.h>
#include <stddef.h>

enum { TERMS = 4 }; // a colour's channels and 1

// Keeps a surface of one colour, which says little of how a change depends on it, from wild slopes.
static const double RIDGE = 1e-3;

// Shares of the change from which on the map is followed at all, and in full.
static const float LITTLE = 0.4f, MUCH = 0.7f;

// delta ~ map * (r, g, b, 1), row by channel, from weighted sums.
struct fit {
    double moments[TERMS][TERMS], products[3][TERMS];
    double map[3][TERMS];
};

// The luma of what was edited by the luma of what was there, and its tint, from weighted sums.
struct luma_fit {
    double weight, before, after, square, cross, tint[3];
};

static void luma_fit_add(struct luma_fit *fit, const float *color, const float *delta,
                         double weight)
{
    const float edited[3] = {color[0] + delta[0], color[1] + delta[1], color[2] + delta[2]};
    const double before = luma(color), after = luma(edited);

    fit->weight += weight;
    fit->before += weight * before;
    fit->after += weight * after;
    fit->square += weight * before * before;
    fit->cross += weight * before * after;
    for (int c = 0; c < 3; c++) {
        fit->tint[c] += weight * (edited[c] - after);
    }
}

static void fit_add(struct fit *fit, const float *color, const float *delta, double weight)
{
    const double terms[TERMS] = {color[0], color[1], color[2], 1.0};

    for (int i = 0; i < TERMS; i++) {
        for (int j = 0; j < TERMS; j++) {
            fit->moments[i][j] += weight * terms[i] * terms[j];
        }
        for (int c = 0; c < 3; c++) {
            fit->products[c][i] += weight * terms[i] * delta[c];
        }
    }
}

// Cholesky's factor of a positive matrix, in its lower half.
static void factorise(double a[TERMS][TERMS])
{
    for (int i = 0; i < TERMS; i++) {
        for (int j = 0; j <= i; j++) {
            double sum = a[i][j];

            for (int k = 0; k < j; k++) {
                sum -= a[i][k] * a[j][k];
            }
            a[i][j] = i == j ? sqrt(fmax(sum, 1e-12)) : sum / a[j][j];
        }
    }
}

static void solve(double factor[TERMS][TERMS], const double *right, double *x)
{
    for (int i = 0; i < TERMS; i++) {
        x[i] = right[i];
        for (int k = 0; k < i; k++) {
            x[i] -= factor[i][k] * x[k];
        }
        x[i] /= factor[i][i];
    }
    for (int i = TERMS - 1; i >= 0; i--) {
        for (int k = i + 1; k < TERMS; k++) {
            x[i] -= factor[k][i] * x[k];
        }
        x[i] /= factor[i][i];
    }
}

static void fit_solve(struct fit *fit)
{
    double weight = fit->moments[TERMS - 1][TERMS - 1];

    for (int i = 0; i < TERMS - 1; i++) {
        fit->moments[i][i] += RIDGE * weight;
    }
    factorise(fit->moments);
    for (int c = 0; c < 3; c++) {
        solve(fit->moments, fit->products[c], fit->map[c]);
    }
}

// Moves the map to the one that knows luma, and the share of hues that is kept, alone.
static void fit_neutral(struct fit *fit, const struct luma_fit *of, float kept, float neutral)
{
    const double before = of->before / of->weight, after = of->after / of->weight;
    const double slope = (of->cross / of->weight - before * after) /
                         (of->square / of->weight - before * before + RIDGE);

    for (int c = 0; c < 3; c++) {
        for (int k = 0; k < TERMS; k++) {
            double hue = kept * ((k == c) - LUMA_WEIGHTS[k % 3]);
            double to = k < 3 ? slope * LUMA_WEIGHTS[k] + hue - (k == c)
                              : after - slope * before + of->tint[c] / of->weight;

            fit->map[c][k] += neutral * (to - fit->map[c][k]);
        }
    }
}

static float fit_value(const struct fit *fit, const float *color, int channel)
{
    const double *map = fit->map[channel];

    return (float)(map[0] * color[0] + map[1] * color[1] + map[2] * color[2] + map[3]);
}

// How far the map may be followed: 0..1 by the share of the change, each place weighted as in the
// fit, that it explains.
static float trust(const struct fit *fit, const float *delta, const float *guide,
                   const float *inside, size_t count)
{
    double all = 0.0, left = 0.0;

    for (size_t i = 0; i < count; i++) {
        double size = 0.0, rest = 0.0;

        for (int c = 0; c < 3; c++) {
            double value = delta[3 * i + c], error = value - fit_value(fit, guide + 3 * i, c);

            size += value * value;
            rest += error * error;
        }
        all += (inside != NULL ? inside[i] : 1.0f) * size * size;
        left += (inside != NULL ? inside[i] : 1.0f) * size * rest;
    }

    float t = ((float)(1.0 - left / all) - LITTLE) / (MUCH - LITTLE);

    t = fminf(fmaxf(t, 0.0f), 1.0f);
    return t * t * (3.0f - 2.0f * t);
}

void spread_change(float *delta, const float *guide, const float *inside, int width, int height,
                   float amount, float neutral)
{
    size_t count = (size_t)width * height;
    struct fit fit = {0};
    struct luma_fit of_luma = {0};

    for (size_t i = 0; i < count; i++) {
        const float *d = delta + 3 * i;
        double size = (double)d[0] * d[0] + (double)d[1] * d[1] + (double)d[2] * d[2];

        double weight = (inside != NULL ? inside[i] : 1.0f) * size;

        fit_add(&fit, guide + 3 * i, d, weight);
        luma_fit_add(&of_luma, guide + 3 * i, d, weight);
    }
    if (fit.moments[TERMS - 1][TERMS - 1] <= 0.0) {
        return; // nothing changed
    }
    fit_solve(&fit);
    fit_neutral(&fit, &of_luma, neutral_kept(guide, delta, inside, count), neutral);
    amount *= trust(&fit, delta, guide, inside, count);
    for (size_t i = 0; i < count; i++) {
        float share = amount * (inside != NULL ? inside[i] : 1.0f);

        for (int c = 0; c < 3; c++) {
            float to = fit_value(&fit, guide + 3 * i, c);

            delta[3 * i + c] += share * (to - delta[3 * i + c]);
        }
    }
}
