#include "render/spread.h"

#include "compute/floats.h"

#include "render/luma.h"
#include "render/shading.h"

#include <glib.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

// A colour's channels and 1; with light also their squares and products, the height in the picture,
// its square, and its products with the channels.
enum { COLOR_TERMS = 4, LIGHT_TERMS = 15, ONE = 3 };

// Keeps a surface of one colour, which says little of how a change depends on it, from wild slopes.
static const double RIDGE = 1e-3;

// Shares of the change from which on the map is followed at all, and in full.
static const float LITTLE = 0.4f, MUCH = 0.7f;

// Mean distance of a surface's channels from its luma up to which it has no colour, and from which
// on it has one.
static const float COLORLESS = 0.04f, COLORED = 0.08f;

// How much a place counts of which light did not change the colour.
static const double STILL = 0.05;

// Parts of equally many places, by their luma, for which the tones of a change of light are found;
// and the most that the photo's steps from one to the next grow.
enum { TONES = 32 };
static const float STEEPEST = 2.5f;

// Correlations of the map's luma with the picture's from which on the picture's tones are taken at
// all, and in full: of a picture that has nothing of the photo's shapes they say nothing.
static const float UNLIKE = 0.3f, ALIKE = 0.6f;

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

// The luma of what was edited by the light and shade of what was there, and its tint, from weighted
// sums.
struct luma_fit {
    float weights[3]; // of the channels in which light and shade show
    double weight, before, after, square, cross, tint[3];
};

static void luma_fit_add(struct luma_fit *fit, const float *color, const float *delta,
                         double weight)
{
    const float edited[3] = {color[0] + delta[0], color[1] + delta[1], color[2] + delta[2]};
    const float *w = fit->weights;
    const double before = w[0] * color[0] + w[1] * color[1] + w[2] * color[2];
    const double after = luma(edited);

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
    const double steps = (of->cross / of->weight - before * after) /
                         (of->square / of->weight - before * before + RIDGE);
    const double slope = neutral_slope((float)steps, (float)after, kept);

    for (int c = 0; c < 3; c++) {
        for (int k = 0; k < COLOR_TERMS; k++) {
            double hue = kept * ((k == c) - LUMA_WEIGHTS[k % 3]);
            double to = k < 3 ? slope * of->weights[k] + hue - (k == c)
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

    return smooth_step((float)(1.0 - left / all), LITTLE, MUCH);
}

// Moves delta towards the map by share of what lies inside; what the map adds is never more, nor
// less, than delta adds somewhere.
static void follow(float *delta, const float *mapped, const struct scene *scene, float share,
                   bool bounded)
{
    float least[3] = {0.0f, 0.0f, 0.0f}, most[3] = {0.0f, 0.0f, 0.0f};

    for (size_t i = 0; i < scene_count(scene); i++) {
        for (int c = 0; c < 3 && scene_inside(scene, i) > 0.0f; c++) {
            least[c] = fminf(least[c], delta[3 * i + c]);
            most[c] = fmaxf(most[c], delta[3 * i + c]);
        }
    }
    for (size_t i = 0; i < scene_count(scene); i++) {
        const float *to = mapped + 3 * i;
        float part = share * scene_inside(scene, i);

        for (int c = 0; c < 3; c++) {
            float value = bounded ? fminf(fmaxf(to[c], least[c]), most[c]) : to[c];

            delta[3 * i + c] += part * (value - delta[3 * i + c]);
        }
    }
}

// How far the surface has no colour, 0..1, of what changed.
static float colorless(const struct scene *scene, const float *delta)
{
    double sum = 1e-12, hues = 0.0;

    for (size_t i = 0; i < scene_count(scene); i++) {
        const float *g = scene->guide + 3 * i;
        double weight = scene_inside(scene, i) * square_sum(delta + 3 * i), away = 0.0;

        for (int c = 0; c < 3; c++) {
            away += fabs(g[c] - luma(g)) / 3.0;
        }
        sum += weight;
        hues += weight * away;
    }
    return 1.0f - smooth_step((float)(hues / sum), COLORLESS, COLORED);
}

// The guide with its colours moved to gray by amount; newly allocated.
static float *grayed(const struct scene *scene, float amount)
{
    float *gray = g_new(float, 3 * scene_count(scene));

    for (size_t i = 0; i < 3 * scene_count(scene); i++) {
        gray[i] = scene->guide[i] + amount * (luma(scene->guide + i / 3 * 3) - scene->guide[i]);
    }
    return gray;
}

void spread_change(float *delta, const float *guide, const float *inside, int width, int height,
                   float amount, float neutral)
{
    const struct scene seen = {guide, inside, width, height};
    // What little colour a gray thing has says nothing of where it takes another one.
    g_autofree float *gray = grayed(&seen, (1.0f - neutral) * colorless(&seen, delta));
    const struct scene scene = {gray, inside, width, height};
    struct fit fit = {.terms = COLOR_TERMS};
    struct luma_fit of_luma = {0};

    neutral_weights(guide, delta, inside, scene_count(&scene), of_luma.weights);
    for (size_t i = 0; i < scene_count(&scene); i++) {
        const float *d = delta + 3 * i;
        double weight = scene_inside(&scene, i) * square_sum(d);

        fit_add(&fit, gray + 3 * i, 0.0, d, weight);
        luma_fit_add(&of_luma, guide + 3 * i, d, weight);
    }
    if (fit.moments[ONE][ONE] <= 0.0) {
        return; // nothing changed
    }
    fit_solve(&fit);
    fit_neutral(&fit, &of_luma, neutral_kept(guide, delta, inside, scene_count(&scene)), neutral);

    g_autofree float *mapped = g_new(float, 3 * scene_count(&scene));

    for (size_t i = 0; i < scene_count(&scene); i++) {
        fit_values(&fit, guide + 3 * i, scene_height(&scene, i), mapped + 3 * i);
    }
    follow(delta, mapped, &scene, amount * trust(&fit, delta, &scene), false);
}

static float luma_with(const struct scene *scene, const float *change, size_t i)
{
    const float *g = scene->guide + 3 * i, *d = change + 3 * i;

    return luma((const float[]){g[0] + d[0], g[1] + d[1], g[2] + d[2]});
}

static float correlation(const struct scene *scene, const float *one, const float *other)
{
    double n = 0.0, x = 0.0, y = 0.0, xx = 1e-9, yy = 1e-9, xy = 0.0;

    for (size_t i = 0; i < scene_count(scene); i++) {
        double a = luma_with(scene, one, i), b = luma_with(scene, other, i);
        double part = scene_inside(scene, i);

        n += part;
        x += part * a;
        y += part * b;
        xx += part * a * a;
        yy += part * b * b;
        xy += part * a * b;
    }
    return (float)((xy - x * y / n) / sqrt((xx - x * x / n) * (yy - y * y / n)));
}

// The mean luma of each of TONES parts of what lies inside, from dark to light.
static void tones_of(const struct scene *scene, const float *change, float *tones)
{
    g_autofree float *sorted = g_new(float, scene_count(scene));
    size_t n = 0;

    for (size_t i = 0; i < scene_count(scene); i++) {
        if (scene_inside(scene, i) > 0.5f) {
            sorted[n++] = luma_with(scene, change, i);
        }
    }
    qsort(sorted, n, sizeof *sorted, compare_floats);
    for (int k = 0; k < TONES; k++) {
        size_t begin = n * k / TONES, end = n * (k + 1) / TONES;
        double sum = 0.0;

        for (size_t i = begin; i < end; i++) {
            sum += sorted[i];
        }
        tones[k] = end > begin ? (float)(sum / (end - begin)) : 0.0f;
    }
}

// The luma that belongs to x, where those of `from` belong to those of `to`.
static float tone_at(const float *from, const float *to, float x)
{
    int k = 1;

    while (k < TONES - 1 && from[k] < x) {
        k++;
    }

    float step = fmaxf(from[k] - from[k - 1], 1e-4f);
    float t = fminf(fmaxf((x - from[k - 1]) / step, -1.0f), 2.0f);

    return to[k - 1] + t * (to[k] - to[k - 1]);
}

// A map fitted to a picture that does not lie on the photo to the pixel is flatter than the picture
// is: what is dark in one is light beside it in the other. So the map says where it is lighter than
// elsewhere, and the picture's tones how much lighter that is.
static void take_tones(const struct scene *scene, const float *delta, float *mapped)
{
    float has[TONES], wants[TONES];
    float share = smooth_step(correlation(scene, delta, mapped), UNLIKE, ALIKE);

    if (share <= 0.0f) {
        return;
    }
    tones_of(scene, mapped, has);
    tones_of(scene, delta, wants);
    for (int k = TONES / 2 + 1; k < TONES; k++) {
        wants[k] = fminf(wants[k], wants[k - 1] + STEEPEST * (has[k] - has[k - 1]));
    }
    for (int k = TONES / 2 - 1; k >= 0; k--) {
        wants[k] = fmaxf(wants[k], wants[k + 1] - STEEPEST * (has[k + 1] - has[k]));
    }
    for (size_t i = 0; i < scene_count(scene); i++) {
        float now = luma_with(scene, mapped, i);
        float more = share * (tone_at(has, wants, now) - now);

        for (int c = 0; c < 3; c++) {
            mapped[3 * i + c] += more;
        }
    }
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

    float share = always ? amount : amount * trust(&fit, delta, &scene);
    g_autofree float *mapped = g_new(float, 3 * scene_count(&scene));

    for (size_t i = 0; i < scene_count(&scene); i++) {
        fit_values(&fit, guide + 3 * i, scene_height(&scene, i), mapped + 3 * i);
    }
    take_tones(&scene, delta, mapped);
    follow(delta, mapped, &scene, share, true);
}
