// In Oklab. A part that has a colour lies far from the thing's median in a and b, as its fur or
// its stone does not; one that is white lies in the upper of two classes of lightness (Otsu, A
// Threshold Selection Method from Gray-Level Histograms, 1979).
#include "compute/edit/own_colors.h"
#include "compute/edit/oklab.h"
#include "compute/floats.h"

#include <glib.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { LEAST_PLACES = 64, BINS = 64 };

// Chroma of the median colour up to which a thing has none, and from which on it has one; and the
// same of which it has so much that what is white in it may be its colour where light falls on it.
static const float COLORLESS = 0.018f, COLORED = 0.03f;
static const float PALE = 0.02f, STRONG = 0.032f;

// Distances in a and b from the median at which a part begins to have its own colour: at least
// this, or so many times what four fifths of the thing keep within; and where it wholly has.
static const float LEAST_AWAY = 0.028f, TIMES_SPREAD = 1.2f, WHOLLY_AWAY = 1.5f;

// Shares of the thing up to which such parts stay, and from which on none do.
static const float FEW = 0.2f, MANY = 0.3f;

// Lightness from which on something can be white, how far above the middle of the two classes that
// begins, how far on it is white, and how much of its change that takes; and the share of the thing
// that has to be darker.
static const float LEAST_WHITE = 0.62f, ABOVE_MIDDLE = 0.04f, TO_WHITE = 0.15f, WHITE_KEEPS = 0.85f;
static const float LEAST_DARK = 0.2f;
// Chroma up to which that is white, and from which on it is not.
static const float WHITE_CHROMA = 0.03f, TINTED_CHROMA = 0.055f;

// Of what has its own colour so much stays where the thing becomes black, white or gray.
static const float NEUTRAL_KEEPS = 0.4f;

// What belongs to the thing, as planes of its places: lightness, a, b.
struct thing {
    size_t count;
    float *planes[3];
    float *away;    // in a and b, from the median
    float *scratch; // to be sorted
};

static float quantile(struct thing *t, const float *values, double share)
{
    memcpy(t->scratch, values, t->count * sizeof *values);
    qsort(t->scratch, t->count, sizeof *t->scratch, compare_floats);
    return t->scratch[(size_t)(share * (double)(t->count - 1))];
}

static void thing_init(struct thing *t, const float *rgb, const float *mask, int count)
{
    *t = (struct thing){.away = g_new(float, count), .scratch = g_new(float, count)};
    for (int k = 0; k < 3; k++) {
        t->planes[k] = g_new(float, count);
    }
    for (int i = 0; i < count; i++) {
        float lab[3];

        if (mask[i] > 0.5f) {
            oklab_from_signed(rgb + 3 * i, lab);
            for (int k = 0; k < 3; k++) {
                t->planes[k][t->count] = lab[k];
            }
            t->count++;
        }
    }
}

static void thing_clear(struct thing *t)
{
    for (int k = 0; k < 3; k++) {
        g_free(t->planes[k]);
    }
    g_free(t->away);
    g_free(t->scratch);
}

// The lightness between the two classes, and the share of the darker one.
static float middle_of(const float *light, size_t count, float *darker)
{
    double parts[BINS] = {0}, all = 0.0, below = 0.0, sum = 0.0, most = -1.0;
    int best = 0;

    for (size_t i = 0; i < count; i++) {
        int bin = CLAMP((int)(light[i] * BINS), 0, BINS - 1);

        parts[bin] += 1.0 / (double)count;
        all += bin / (double)count;
    }
    for (int k = 0; k < BINS - 1; k++) {
        below += parts[k];
        sum += k * parts[k];

        double between = all * below - sum, within = below * (1.0 - below);
        double variance = within > 0.0 ? between * between / within : 0.0;

        if (variance > most) {
            most = variance;
            best = k;
            *darker = (float)below;
        }
    }
    return (float)(best + 1) / BINS;
}

// Where a part has its own colour, and where it is white.
struct limits {
    float median[2];       // a and b
    float near, far;       // from it
    float gray, white;     // lightness
    float colored, whites; // 0..1: how much of either stays
};

static struct limits limits_of(struct thing *t, bool neutral)
{
    struct limits l = {.median = {quantile(t, t->planes[1], 0.5), quantile(t, t->planes[2], 0.5)}};
    float chroma = hypotf(l.median[0], l.median[1]);
    float colorless = 1.0f - smooth_step(chroma, COLORLESS, COLORED);
    float darker = 0.0f, far = 0.0f;

    for (size_t i = 0; i < t->count; i++) {
        t->away[i] = hypotf(t->planes[1][i] - l.median[0], t->planes[2][i] - l.median[1]);
    }
    l.near = fmaxf(LEAST_AWAY, TIMES_SPREAD * quantile(t, t->away, 0.8));
    l.far = WHOLLY_AWAY * l.near;
    for (size_t i = 0; i < t->count; i++) {
        far += smooth_step(t->away[i], l.near, l.far) / (float)t->count;
    }
    l.colored = colorless * (1.0f - smooth_step(far, FEW, MANY)) * (neutral ? NEUTRAL_KEEPS : 1.0f);
    l.gray = fmaxf(LEAST_WHITE, middle_of(t->planes[0], t->count, &darker) + ABOVE_MIDDLE);
    l.white = l.gray + TO_WHITE;
    l.whites = neutral || darker < LEAST_DARK
                   ? 0.0f
                   : (1.0f - smooth_step(chroma, PALE, STRONG)) * WHITE_KEEPS;
    return l;
}

static float kept_at(const struct limits *l, const float *rgb)
{
    float lab[3];

    oklab_from_signed(rgb, lab);

    float away = hypotf(lab[1] - l->median[0], lab[2] - l->median[1]);
    float white = smooth_step(lab[0], l->gray, l->white) *
                  (1.0f - smooth_step(hypotf(lab[1], lab[2]), WHITE_CHROMA, TINTED_CHROMA));

    return fmaxf(l->colored * smooth_step(away, l->near, l->far), l->whites * white);
}

float *own_colors(const float *rgb, const float *mask, int count, bool neutral)
{
    float *takes = NULL;
    struct thing thing;

    thing_init(&thing, rgb, mask, count);
    if (thing.count >= LEAST_PLACES) {
        const struct limits limits = limits_of(&thing, neutral);

        takes = g_new(float, count);
        for (int i = 0; i < count; i++) {
            takes[i] = 1 - kept_at(&limits, rgb + 3 * i);
        }
    }
    thing_clear(&thing);
    return takes;
}
