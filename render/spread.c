#include "render/spread.h"

#include "render/luma.h"
#include "render/shading.h"

#include <math.h>
#include <string.h>

// A colour's channels and 1; with light also their squares and products, the height in the picture,
// its square, and its products with the channels.
enum { COLOR_TERMS = 4, LIGHT_TERMS = 15, ONE = 3 };

// Keeps a surface of one colour, which says little of how a change depends on it, from wild slopes.
static const double RIDGE = 1e-3;

// Shares of the change from which on the map is followed at all, and in full.
static const float LITTLE = 0.4f, MUCH = 0.7f;

// How much a place counts of which light did not change the colour.
static const double STILL = 0.05;

// delta ~ map * terms, row by channel, from weighted sums.
struct fit {
    int terms;
    double moments[LIGHT_TERMS][LIGHT_TERMS]; // the lower half
    double products[3][LIGHT_TERMS];
    double map[3][LIGHT_TERMS];
};

// height is 0 at the top of the picture and 1 at the bottom.
static void fit_terms(const struct fit *fit, const float *color, double height, double *terms)
{
    const double r = color[0], g = color[1], b = color[2];
    const double all[LIGHT_TERMS] = {r,          g,          b,         1.0,
                                     r * r,      g * g,      b * b,     r * g,
                                     g * b,      r * b,      height,    height * height,
                                     height * r, height * g, height * b};

    memcpy(terms, all, fit->terms * sizeof *terms);
}

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

static void fit_add(struct fit *fit, const float *color, double height, const float *delta,
                    double weight)
{
    double terms[LIGHT_TERMS];

    fit_terms(fit, color, height, terms);
    for (int i = 0; i < fit->terms; i++) {
        for (int j = 0; j <= i; j++) {
            fit->moments[i][j] += weight * terms[i] * terms[j];
        }
        for (int c = 0; c < 3; c++) {
            fit->products[c][i] += weight * terms[i] * delta[c];
        }
    }
}

// Cholesky's factor of a positive matrix, in its lower half.
static void factorise(double a[LIGHT_TERMS][LIGHT_TERMS], int terms)
{
    for (int i = 0; i < terms; i++) {
        for (int j = 0; j <= i; j++) {
            double sum = a[i][j];

            for (int k = 0; k < j; k++) {
                sum -= a[i][k] * a[j][k];
            }
            a[i][j] = i == j ? sqrt(fmax(sum, 1e-12)) : sum / a[j][j];
        }
    }
}

static void solve(double factor[LIGHT_TERMS][LIGHT_TERMS], int terms, const double *right,
                  double *x)
{
    for (int i = 0; i < terms; i++) {
        x[i] = right[i];
        for (int k = 0; k < i; k++) {
            x[i] -= factor[i][k] * x[k];
        }
        x[i] /= factor[i][i];
    }
    for (int i = terms - 1; i >= 0; i--) {
        for (int k = i + 1; k < terms; k++) {
            x[i] -= factor[k][i] * x[k];
        }
        x[i] /= factor[i][i];
    }
}

static void fit_solve(struct fit *fit)
{
    double weight = fit->moments[ONE][ONE];

    for (int i = 0; i < fit->terms; i++) {
        fit->moments[i][i] += i == ONE ? 0.0 : RIDGE * weight;
    }
    factorise(fit->moments, fit->terms);
    for (int c = 0; c < 3; c++) {
        solve(fit->moments, fit->terms, fit->products[c], fit->map[c]);
    }
}

// Moves the map to the one that knows luma, and the share of hues that is kept, alone.
static void fit_neutral(struct fit *fit, const struct luma_fit *of, float kept, float neutral)
{
    const double before = of->before / of->weight, after = of->after / of->weight;
    const double slope = (of->cross / of->weight - before * after) /
                         (of->square / of->weight - before * before + RIDGE);

    for (int c = 0; c < 3; c++) {
        for (int k = 0; k < COLOR_TERMS; k++) {
            double hue = kept * ((k == c) - LUMA_WEIGHTS[k % 3]);
            double to = k < 3 ? slope * LUMA_WEIGHTS[k] + hue - (k == c)
                              : after - slope * before + of->tint[c] / of->weight;

            fit->map[c][k] += neutral * (to - fit->map[c][k]);
        }
    }
}

// What the map adds to a colour.
static void fit_values(const struct fit *fit, const float *color, double height, float *values)
{
    double terms[LIGHT_TERMS];

    fit_terms(fit, color, height, terms);
    for (int c = 0; c < 3; c++) {
        double sum = 0.0;

        for (int k = 0; k < fit->terms; k++) {
            sum += fit->map[c][k] * terms[k];
        }
        values[c] = (float)sum;
    }
}

// The picture that a change is spread over.
struct scene {
    const float *guide, *inside; // inside: NULL is all
    int width, height;
};

static size_t scene_count(const struct scene *scene)
{
    return (size_t)scene->width * scene->height;
}

static float scene_inside(const struct scene *scene, size_t i)
{
    return scene->inside != NULL ? scene->inside[i] : 1.0f;
}

static double scene_height(const struct scene *scene, size_t i)
{
    return (i / scene->width + 0.5) / scene->height;
}

static double square_sum(const float *d)
{
    return (double)d[0] * d[0] + (double)d[1] * d[1] + (double)d[2] * d[2];
}

// How far the map may be followed: 0..1 by the share of the change, each place weighted by how much
// it changed, that it explains.
static float trust(const struct fit *fit, const float *delta, const struct scene *scene)
{
    double all = 0.0, left = 0.0;

    for (size_t i = 0; i < scene_count(scene); i++) {
        double size = square_sum(delta + 3 * i), weight = scene_inside(scene, i) * size;
        float rest[3];

        fit_values(fit, scene->guide + 3 * i, scene_height(scene, i), rest);
        for (int c = 0; c < 3; c++) {
            rest[c] -= delta[3 * i + c];
        }
        all += weight * size;
        left += weight * square_sum(rest);
    }
    if (all <= 0.0) {
        return 0.0f;
    }

    float t = ((float)(1.0 - left / all) - LITTLE) / (MUCH - LITTLE);

    t = fminf(fmaxf(t, 0.0f), 1.0f);
    return t * t * (3.0f - 2.0f * t);
}

// Moves delta towards the map by share of what lies inside; what the map adds is never more, nor
// less, than delta adds somewhere.
static void follow(float *delta, const struct fit *fit, const struct scene *scene, float share)
{
    float least[3] = {0.0f, 0.0f, 0.0f}, most[3] = {0.0f, 0.0f, 0.0f};

    for (size_t i = 0; i < scene_count(scene); i++) {
        for (int c = 0; c < 3 && scene_inside(scene, i) > 0.0f; c++) {
            least[c] = fminf(least[c], delta[3 * i + c]);
            most[c] = fmaxf(most[c], delta[3 * i + c]);
        }
    }
    for (size_t i = 0; i < scene_count(scene); i++) {
        float to[3], part = share * scene_inside(scene, i);

        fit_values(fit, scene->guide + 3 * i, scene_height(scene, i), to);
        for (int c = 0; c < 3; c++) {
            float value =
                fit->terms == COLOR_TERMS ? to[c] : fminf(fmaxf(to[c], least[c]), most[c]);

            delta[3 * i + c] += part * (value - delta[3 * i + c]);
        }
    }
}

void spread_change(float *delta, const float *guide, const float *inside, int width, int height,
                   float amount, float neutral)
{
    const struct scene scene = {guide, inside, width, height};
    struct fit fit = {.terms = COLOR_TERMS};
    struct luma_fit of_luma = {0};

    for (size_t i = 0; i < scene_count(&scene); i++) {
        const float *d = delta + 3 * i;
        double weight = scene_inside(&scene, i) * square_sum(d);

        fit_add(&fit, guide + 3 * i, 0.0, d, weight);
        luma_fit_add(&of_luma, guide + 3 * i, d, weight);
    }
    if (fit.moments[ONE][ONE] <= 0.0) {
        return; // nothing changed
    }
    fit_solve(&fit);
    fit_neutral(&fit, &of_luma, neutral_kept(guide, delta, inside, scene_count(&scene)), neutral);
    follow(delta, &fit, &scene, amount * trust(&fit, delta, &scene));
}

void spread_light(float *delta, const float *guide, const float *inside, int width, int height,
                  float amount, bool always)
{
    const struct scene scene = {guide, inside, width, height};
    struct fit fit = {.terms = LIGHT_TERMS};
    double changed = 0.0;

    for (size_t i = 0; i < scene_count(&scene); i++) {
        double size = sqrt(square_sum(delta + 3 * i)), part = scene_inside(&scene, i);

        fit_add(&fit, guide + 3 * i, scene_height(&scene, i), delta + 3 * i, part * (size + STILL));
        changed += part * size;
    }
    if (changed <= 0.0) {
        return;
    }
    fit_solve(&fit);
    follow(delta, &fit, &scene, always ? amount : amount * trust(&fit, delta, &scene));
}
