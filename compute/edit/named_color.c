#include "compute/edit/named_color.h"
#include "compute/edit/oklab.h"

#include <glib.h>
#include <math.h>

// How far a mean may lie from the middle of a word, in degrees of hue, and how far within its
// limits of chroma and lightness it is brought.
#define HUE_ROOM    8.0f
#define CHROMA_ROOM 0.03f
#define LIGHT_ROOM  0.04f
// A colour that is hardly there may be made stronger so many times: more is noise.
#define MOST_STRONGER 3.0f
// How much wider than the word itself the colours of a thing are that it names, in degrees of hue;
// and below which chroma a place has none.
#define WIDER_HUE    20.0f
#define WIDER_CHROMA 0.03f
// Of a change, the least share that lies where the replaced word fits: with less it is not what
// somebody else would call the colour.
#define LEAST_FITTING 0.2

static void to_lab(const float *rgb, float *lab)
{
    const float srgb[] = {0.5f * rgb[0] + 0.5f, 0.5f * rgb[1] + 0.5f, 0.5f * rgb[2] + 0.5f};
    oklab_from_srgb(srgb, lab);
}

static float distance(const float *a, const float *b)
{
    return sqrtf((a[0] - b[0]) * (a[0] - b[0]) + (a[1] - b[1]) * (a[1] - b[1]) +
                 (a[2] - b[2]) * (a[2] - b[2]));
}

static float smooth_step(float value, float low, float high)
{
    const float t = CLAMP((value - low) / (high - low), 0.0f, 1.0f);
    return t * t * (3 - 2 * t);
}

float *named_color_fits(const float *rgb, const float *before, const float *mask, int count,
                        const struct color_word *was, bool within)
{
    struct color_word wide = *was;
    double changed = 0, fitting = 0;
    if (was->reach <= 0) {
        return NULL; // what is white has gray shadows
    }
    wide.reach = was->reach + (within ? WIDER_HUE : 0);
    wide.least_chroma = WIDER_CHROMA;
    wide.most_light = 1;
    wide.least_light = 0;
    float *fits = g_new(float, count);
    for (int i = 0; i < count; i++) {
        float lab[3];
        to_lab(before + 3 * i, lab);
        fits[i] = smooth_step(color_word_fit(&wide, lab), 0.1f, 0.6f);
        const float change = (mask ? mask[i] : 1) * distance(rgb + 3 * i, before + 3 * i);
        changed += change;
        fitting += change * fits[i];
    }
    if (fitting < LEAST_FITTING * changed) {
        g_clear_pointer(&fits, g_free);
    }
    return fits;
}

// What has not the colour that is replaced goes back to what it was.
static void leave_others(float *rgb, const float *before, const float *fits, int count,
                         float amount)
{
    for (int i = 0; i < 3 * count; i++) {
        rgb[i] += amount * (1 - fits[i / 3]) * (before[i] - rgb[i]);
    }
}

// How much each place changed; its mean over what changed, in which a place counts by how much it
// did; and the mean colour of that.
static float measure(const float *rgb, const float *before, const float *mask, int count,
                     float *changed, float mean[3])
{
    double sum = 0, squares = 0, total[3] = {0};
    for (int i = 0; i < count; i++) {
        float lab[3];
        changed[i] = (mask ? mask[i] : 1) * distance(rgb + 3 * i, before + 3 * i);
        sum += changed[i];
        squares += changed[i] * changed[i];
        to_lab(rgb + 3 * i, lab);
        for (int k = 0; k < 3; k++) {
            total[k] += changed[i] * lab[k];
        }
    }
    for (int k = 0; k < 3; k++) {
        mean[k] = sum > 0 ? (float)(total[k] / sum) : 0;
    }
    return sum > 0 ? (float)(squares / sum) : 0;
}

// What brings a mean colour to the word: an angle, a factor of chroma, a step of lightness.
struct turn {
    float angle, stronger, lighter;
};

static struct turn turn_to(const struct color_word *is, const float mean[3])
{
    const float chroma = hypotf(mean[1], mean[2]);
    const float hue = atan2f(mean[2], mean[1]) * (180.0f / (float)G_PI);
    const float off = remainderf(is->hue - hue, 360.0f); // to the middle of the word
    const float least = is->least_chroma > 0 ? is->least_chroma + CHROMA_ROOM : 0;
    const float most = is->most_chroma < 1 ? is->most_chroma - 0.5f * CHROMA_ROOM : 1;
    const float darkest = is->least_light > 0 ? is->least_light + LIGHT_ROOM : 0;
    const float lightest = is->most_light < 1 ? is->most_light - LIGHT_ROOM : 1;
    const float step = off - CLAMP(off, -HUE_ROOM, HUE_ROOM);
    return (struct turn){
        .angle = is->reach > 0 ? step * ((float)G_PI / 180.0f) : 0,
        .stronger = CLAMP(CLAMP(chroma, least, most) / fmaxf(chroma, 1e-4f), 0, MOST_STRONGER),
        .lighter = CLAMP(mean[0], darkest, lightest) - mean[0],
    };
}

static void apply(const struct turn *t, float share, float *rgb)
{
    float lab[3], srgb[3];
    to_lab(rgb, lab);
    const float c = cosf(share * t->angle), s = sinf(share * t->angle);
    const float stronger = 1 + share * (t->stronger - 1);
    const float a = stronger * (c * lab[1] - s * lab[2]), b = stronger * (s * lab[1] + c * lab[2]);
    oklab_to_srgb((const float[]){lab[0] + share * t->lighter, a, b}, srgb);
    for (int k = 0; k < 3; k++) {
        rgb[k] = 2 * srgb[k] - 1;
    }
}

void named_color_hold(float *rgb, const float *before, const float *mask, int count,
                      const struct color_word *was, const struct color_word *is, float amount)
{
    g_autofree float *changed = g_new(float, count);
    float mean[3];
    g_autofree float *fits =
        was ? named_color_fits(rgb, before, mask, count, was, mask != NULL) : NULL;
    if (fits) {
        leave_others(rgb, before, fits, count, amount);
    }
    const float size = measure(rgb, before, mask, count, changed, mean);
    if (size <= 0) {
        return;
    }
    const struct turn t = turn_to(is, mean);
    if (t.angle == 0 && t.stronger == 1 && t.lighter == 0) {
        return; // not even rounding
    }
    for (int i = 0; i < count; i++) { // what changed half as much as the thing did, or more, wholly
        const float share = smooth_step(changed[i] / size, 0, 0.5f);
        if (share > 0) {
            apply(&t, amount * share, rgb + 3 * i);
        }
    }
}
