#include "compute/edit/named_light.h"
#include "compute/edit/oklab.h"
#include "compute/floats.h"

#include <glib.h>
#include <math.h>

static const struct light_word WORDS[] = {
    {"fog", 250, 60, 0.012f, 0.004f, 0.6f, 0},
    {"foggy", 250, 60, 0.012f, 0.004f, 0.6f, 0},
    {"mist", 250, 60, 0.012f, 0.004f, 0.7f, 0},
    {"misty", 250, 60, 0.012f, 0.004f, 0.7f, 0},
    {"haze", 250, 60, 0.015f, 0.006f, 0.8f, 0},
    {"snow", 250, 40, 0.014f, 0.004f, 0.55f, 0.6f},
    {"snowy", 250, 40, 0.014f, 0.004f, 0.55f, 0.6f},
    {"winter", 250, 40, 0.014f, 0.004f, 0.6f, 0.45f},
    {"rain", 245, 50, 0.02f, 0.005f, 0.75f, 0},
    {"rainy", 245, 50, 0.02f, 0.005f, 0.75f, 0},
    {"cloudy", 245, 50, 0.015f, 0.005f, 0.8f, 0},
    {"night", 262, 20, 0.05f, 0.004f, 0.7f, 0},
    {"moonlight", 262, 20, 0.05f, 0.004f, 0.6f, 0},
    {"sunset", 60, 38, 0.11f, 0.02f, 1.1f, 0},
    {"sunrise", 65, 38, 0.1f, 0.02f, 1.1f, 0},
    {"dawn", 60, 45, 0.08f, 0.03f, 1, 0},
};

// The terms of a tint: 1, lightness, height in the picture, its square, lightness by height.
enum { TINT_TERMS = 5 };
// Keeps a picture of one lightness from wild slopes.
static const double RIDGE = 1e-4;

const struct light_word *light_word_find(const char *name)
{
    for (gsize i = 0; i < G_N_ELEMENTS(WORDS); i++) {
        if (g_str_equal(WORDS[i].name, name)) {
            return &WORDS[i];
        }
    }
    return NULL;
}

static void tint_terms(float lightness, double y, double *terms)
{
    const double all[TINT_TERMS] = {1, lightness, y, y * y, lightness * y};
    for (int i = 0; i < TINT_TERMS; i++) {
        terms[i] = all[i];
    }
}

// What was done to a and b: one share of the photo's own that is kept, and a tint.
struct tint {
    double kept, of[2][TINT_TERMS];
    double lighter; // the mean of what was added to the lightness
};

// The unknowns: a tint's terms for a, for b, and the share.
enum { UNKNOWNS = 2 * TINT_TERMS + 1, SHARE = 2 * TINT_TERMS };

// What lies is white where the light is: how much lighter a place has become, from little on to
// wholly; how light it was, as what is steep or in the shade stays dark; what is white; and the
// share of its colour that it loses.
#define LIGHTER_LITTLE 0.02f
#define LIGHTER_MUCH   0.18f
#define DARK           0.15f
#define LIT            0.50f
#define WHITE          0.94f
#define WHITE_PALER    0.75f

struct equations {
    double left[UNKNOWNS][UNKNOWNS], right[UNKNOWNS];
};

static void add(struct equations *e, const double *terms, const float *was, const float *is,
                double weight)
{
    for (int k = 0; k < 2; k++) {
        double row[UNKNOWNS] = {0};
        for (int i = 0; i < TINT_TERMS; i++) {
            row[k * TINT_TERMS + i] = terms[i];
        }
        row[SHARE] = was[1 + k];
        for (int i = 0; i < UNKNOWNS; i++) {
            for (int j = 0; j < UNKNOWNS; j++) {
                e->left[i][j] += weight * row[i] * row[j];
            }
            e->right[i] += weight * row[i] * is[1 + k];
        }
    }
}

// Gauss, without pivots: the matrix is positive.
static void solve(struct equations *e, double *x)
{
    for (int i = 0; i < UNKNOWNS; i++) {
        for (int k = i + 1; k < UNKNOWNS; k++) {
            const double f = e->left[k][i] / e->left[i][i];
            for (int j = i; j < UNKNOWNS; j++) {
                e->left[k][j] -= f * e->left[i][j];
            }
            e->right[k] -= f * e->right[i];
        }
    }
    for (int i = UNKNOWNS - 1; i >= 0; i--) {
        x[i] = e->right[i];
        for (int j = i + 1; j < UNKNOWNS; j++) {
            x[i] -= e->left[i][j] * x[j];
        }
        x[i] /= e->left[i][i];
    }
}

static double height_of(int i, int width, int height)
{
    return (i / width + 0.5) / height;
}

static bool fit_tint(struct tint *tint, const float *rgb, const float *before, const float *mask,
                     int width, int height)
{
    struct equations e = {0};
    double weight = 0, x[UNKNOWNS];
    for (int i = 0; i < width * height; i++) {
        const double part = mask ? mask[i] : 1;
        double terms[TINT_TERMS];
        float was[3], is[3];
        if (part <= 0) {
            continue;
        }
        oklab_from_signed(before + 3 * i, was);
        oklab_from_signed(rgb + 3 * i, is);
        tint_terms(was[0], height_of(i, width, height), terms);
        add(&e, terms, was, is, part);
        weight += part;
        tint->lighter += part * (is[0] - was[0]);
    }
    if (weight <= 0) {
        return false;
    }
    for (int i = 0; i < UNKNOWNS; i++) {
        e.left[i][i] += RIDGE * weight;
    }
    solve(&e, x);
    for (int k = 0; k < 2; k++) {
        for (int i = 0; i < TINT_TERMS; i++) {
            tint->of[k][i] = x[k * TINT_TERMS + i];
        }
    }
    tint->kept = x[SHARE];
    tint->lighter /= weight;
    return true;
}

// The nearest tint that the light has.
static void held(const struct light_word *light, const float *tint, float *to)
{
    const float chroma = hypotf(tint[0], tint[1]);
    const float hue = atan2f(tint[1], tint[0]) * (180.0f / (float)G_PI);
    const float off = remainderf(hue - light->hue, 360.0f);
    const float beyond = fmaxf(fabsf(off) - light->reach, 0);
    // Of another hue that part remains which lies along the light's own.
    const float along = beyond < 90 ? cosf(beyond * ((float)G_PI / 180.0f)) : 0;
    const float size = fminf(chroma, light->most_chroma) * along;
    const float at =
        (light->hue + CLAMP(off, -light->reach, light->reach)) * ((float)G_PI / 180.0f);
    const float rest = beyond > 0 ? fminf(chroma, light->unnamed) : 0;
    const float unit = rest > size && chroma > 0 ? rest / chroma : 0;
    to[0] = unit > 0 ? unit * tint[0] : size * cosf(at);
    to[1] = unit > 0 ? unit * tint[1] : size * sinf(at);
}

void named_light_hold(float *rgb, const float *before, const float *mask, int width, int height,
                      const struct light_word *light, float amount)
{
    struct tint tint = {0};
    if (!fit_tint(&tint, rgb, before, mask, width, height)) {
        return;
    }
    const float more = (float)(CLAMP(tint.kept, 0.15, light->most_kept) - tint.kept);
    const float covered = smooth_step((float)tint.lighter, LIGHTER_LITTLE, LIGHTER_MUCH);
    for (int i = 0; i < width * height; i++) {
        float was[3], is[3], has[2] = {0}, to[2], srgb[3];
        double terms[TINT_TERMS];
        oklab_from_signed(before + 3 * i, was);
        oklab_from_signed(rgb + 3 * i, is);
        tint_terms(was[0], height_of(i, width, height), terms);
        for (int k = 0; k < 2; k++) {
            for (int j = 0; j < TINT_TERMS; j++) {
                has[k] += (float)(tint.of[k][j] * terms[j]);
            }
        }
        held(light, has, to);
        for (int k = 0; k < 2; k++) {
            is[1 + k] += amount * (to[k] - has[k] + more * was[1 + k]);
        }
        const float white = amount * light->white * covered * smooth_step(was[0], DARK, LIT);
        is[0] += white * fmaxf(WHITE - is[0], 0);
        is[1] *= 1 - WHITE_PALER * white;
        is[2] *= 1 - WHITE_PALER * white;
        oklab_to_srgb(is, srgb);
        for (int k = 0; k < 3; k++) {
            rgb[3 * i + k] = 2 * srgb[k] - 1;
        }
    }
}
