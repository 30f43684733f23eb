#include "compute/edit/named_color.h"
#include "compute/edit/oklab.h"
#include "compute/floats.h"

#include <glib.h>
#include <math.h>

// How far a mean may lie from the middle of a word, in degrees of hue, and how far within its
// limits of lightness it is brought.
#define HUE_ROOM   5.0f
#define LIGHT_ROOM 0.05f
// What is black or white lies well within the limits, and has no tint; a white thing less so, as
// its shadows are what shows its form.
#define BLACK_ROOM  0.14f
#define WHITE_ROOM  0.07f
#define GRAY_CHROMA 0.3f
// How far a place may lie from it: up to NEAR_HUE as it is, at most FAR_HUE, in degrees; from
// BACK_HUE on it comes back to the middle, so that no hue is torn from the one beside it.
#define NEAR_HUE 6.0f
#define FAR_HUE  13.0f
#define BACK_HUE 120.0f
// So much of the chroma that it had a thing has at least, within these shares of the word's typical
// one: brick that turns blue is as blue as it was red, each as a share of what is typical of the
// hue, where the thing had one. More than it had, as red begins where violet
// is strong. What has nearly that is left alone, and so is what has a little more: gray stone that
// turns red is no lacquer.
#define KEPT_CHROMA   1.3f
#define LEAST_TYPICAL 0.55f
#define NEAR_CHROMA   0.95f
#define MORE_CHROMA   1.3f
#define CHROMA_ROOM   0.03f
// No place gets more chroma than this share of the typical one, or than so many times what it
// had; it bends from the knee on: a paint evenly at its strongest is what gives an edit away.
#define PLACE_TYPICAL 0.8f
#define PLACE_CHROMA  1.3f
#define PLACE_KNEE    0.8f
// From which chroma of its mean colour on a thing had a hue.
#define HAD_HUE 0.05f
// A colour that is hardly there may be made stronger so many times: more is noise. What then lacks
// is laid over the thing evenly.
#define MOST_STRONGER 3.0f
// How much wider than the word itself the colours of a thing are that it names, in degrees of hue;
// and below which chroma a place has none.
#define WIDER_HUE     20.0f
#define WIDER_CHROMA  0.03f
#define WITHIN_CHROMA 0.02f // where somebody said what the thing is
// Of a change, the least share that lies where the replaced word fits: with less it is not what
// somebody else would call the colour.
#define LEAST_FITTING 0.2

static float distance(const float *a, const float *b)
{
    return sqrtf((a[0] - b[0]) * (a[0] - b[0]) + (a[1] - b[1]) * (a[1] - b[1]) +
                 (a[2] - b[2]) * (a[2] - b[2]));
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
    wide.least_chroma = within ? WITHIN_CHROMA : WIDER_CHROMA;
    wide.most_light = 1;
    wide.least_light = 0;
    float *fits = g_new(float, count);
    for (int i = 0; i < count; i++) {
        float lab[3];
        oklab_from_signed(before + 3 * i, lab);
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

// What does not take part goes back to what it was.
static void leave_others(float *rgb, const float *before, const float *takes, int count,
                         float amount)
{
    for (int i = 0; i < 3 * count; i++) {
        rgb[i] += amount * (1 - takes[i / 3]) * (before[i] - rgb[i]);
    }
}

// What an edit did: how much each place changed, in `changed`.
struct change {
    float size;            // the mean of that over what changed, places counting by it
    float mean[3], chroma; // the mean colour of what changed, and its mean chroma
    float had, typical;    // mean chroma before, and what is typical of its hue; 0: it had none
};

static struct change measure(const float *rgb, const float *before, const float *mask, int count,
                             float *changed)
{
    double sum = 0, squares = 0, total[3] = {0}, chroma = 0, had = 0, tint[2] = {0};
    for (int i = 0; i < count; i++) {
        float lab[3], was[3];
        changed[i] = (mask ? mask[i] : 1) * distance(rgb + 3 * i, before + 3 * i);
        sum += changed[i];
        squares += changed[i] * changed[i];
        oklab_from_signed(rgb + 3 * i, lab);
        oklab_from_signed(before + 3 * i, was);
        chroma += changed[i] * hypotf(lab[1], lab[2]);
        had += changed[i] * hypotf(was[1], was[2]);
        tint[0] += changed[i] * was[1];
        tint[1] += changed[i] * was[2];
        for (int k = 0; k < 3; k++) {
            total[k] += changed[i] * lab[k];
        }
    }
    if (sum <= 0) {
        return (struct change){0};
    }
    const float hue = (float)(atan2(tint[1], tint[0]) * (180.0 / G_PI));
    const bool colored = hypot(tint[0], tint[1]) / sum > HAD_HUE;
    return (struct change){
        .typical = colored ? color_word_typical_chroma(hue) : 0,
        .size = (float)(squares / sum),
        .mean = {(float)(total[0] / sum), (float)(total[1] / sum), (float)(total[2] / sum)},
        .chroma = (float)(chroma / sum),
        .had = (float)(had / sum),
    };
}

static float hue_of(const float *lab)
{
    return atan2f(lab[2], lab[1]) * (180.0f / (float)G_PI);
}

// What brings a mean colour to the word: an angle, a factor of chroma, and factors of what is light
// and of what lacks to white. A step of lightness would take a thing's darkest or lightest places
// out of what a picture can show.
struct turn {
    const struct color_word *is;
    float angle, stronger, darker, paler;
    float comparable; // factor of a chroma before the edit
    float tint[2];    // a and b of Oklab that are added
};

// A chroma before the edit is as strong for its hue as so many times that for the word's, which is
// never less: what is dull for a red thing was not for a violet one.
static float comparable(const struct color_word *is, const struct change *change)
{
    return change->typical > 0 ? fmaxf(is->typical_chroma / change->typical, 1) : 1;
}

// The mean chroma that the word and the thing ask for.
static float chroma_wanted(const struct color_word *is, const struct change *change)
{
    const float typical = is->typical_chroma;
    const float had = comparable(is, change) * change->had;
    const float own = CLAMP(KEPT_CHROMA * had, LEAST_TYPICAL * typical, typical);
    const float least = is->least_chroma > 0 ? fmaxf(is->least_chroma + CHROMA_ROOM, own) : 0;
    const float most = is->reach > 0 ? fminf(is->most_chroma, MORE_CHROMA * fmaxf(least, own))
                                     : GRAY_CHROMA * is->most_chroma;
    return fminf(change->chroma > NEAR_CHROMA * least ? change->chroma : least, most);
}

static struct turn turn_to(const struct color_word *is, const struct change *change)
{
    const float *mean = change->mean;
    const float off = remainderf(is->hue - hue_of(mean), 360.0f); // to the middle of the word
    const bool hue_named = is->reach > 0;
    const float darkest =
        is->least_light > 0 ? is->least_light + (hue_named ? LIGHT_ROOM : WHITE_ROOM) : 0;
    const float lightest =
        is->most_light < 1 ? is->most_light - (hue_named ? LIGHT_ROOM : BLACK_ROOM) : 1;
    const float wanted = chroma_wanted(is, change);
    const float stronger = CLAMP(wanted / fmaxf(change->chroma, 1e-4f), 0, MOST_STRONGER);
    const float lacking = hue_named ? wanted - stronger * change->chroma : 0;
    const float to = is->hue * ((float)G_PI / 180.0f);
    return (struct turn){
        .is = is,
        .angle = hue_named ? off - CLAMP(off, -HUE_ROOM, HUE_ROOM) : 0,
        .stronger = stronger,
        .comparable = comparable(is, change),
        .darker = fminf(1, lightest / fmaxf(mean[0], 1e-4f)),
        .paler = fminf(1, (1 - darkest) / fmaxf(1 - mean[0], 1e-4f)),
        .tint = {lacking * cosf(to), lacking * sinf(to)},
    };
}

// How far from the middle of a word a hue comes to lie that is `off` degrees from it.
static float gathered(float off)
{
    const float away = fabsf(off), far = FAR_HUE - NEAR_HUE;
    if (away <= NEAR_HUE) {
        return off;
    }
    const float bent = NEAR_HUE + far * (1 - expf((NEAR_HUE - away) / far));
    return copysignf(bent * fminf(1, (180 - away) / (180 - BACK_HUE)), off);
}

// The angle that a place of this colour turns by, in degrees.
static float angle_of(const struct turn *t, const float *lab)
{
    if (t->is->reach <= 0) {
        return 0;
    }
    const float off = remainderf(hue_of(lab) + t->angle - t->is->hue, 360.0f);
    return t->angle + gathered(off) - off;
}

// The factor of a place's chroma, which was `chroma` after the edit and `had` before it.
static float place_stronger(const struct turn *t, float chroma, float had)
{
    const float most =
        fmaxf(PLACE_TYPICAL * t->is->typical_chroma, PLACE_CHROMA * t->comparable * had);
    // Of an edit that is right only what is beyond the most is brought back.
    const float knee = t->stronger == 1 ? most : PLACE_KNEE * most, wanted = t->stronger * chroma;
    if (most <= 0 || wanted <= knee) {
        return t->stronger;
    }
    const float bend = most - knee;
    return (knee + (bend > 0 ? bend * (1 - expf((knee - wanted) / bend)) : 0)) / chroma;
}

static void apply(const struct turn *t, float share, const float *before, float *rgb)
{
    float lab[3], was[3], srgb[3];
    oklab_from_signed(rgb, lab);
    const float angle = share * angle_of(t, lab) * ((float)G_PI / 180.0f);
    oklab_from_signed(before, was);
    const float strong = place_stronger(t, hypotf(lab[1], lab[2]), hypotf(was[1], was[2]));
    if (angle == 0 && strong == 1 && t->darker == 1 && t->paler == 1) {
        return; // not even rounding
    }
    const float c = cosf(angle), s = sinf(angle);
    const float more = 1 + share * (strong - 1);
    const float a = more * (c * lab[1] - s * lab[2]) + share * t->tint[0];
    const float b = more * (s * lab[1] + c * lab[2]) + share * t->tint[1];
    const float dark = (1 + share * (t->darker - 1)) * lab[0];
    const float light = 1 - (1 + share * (t->paler - 1)) * (1 - dark);
    oklab_to_srgb((const float[]){light, a, b}, srgb);
    for (int k = 0; k < 3; k++) {
        rgb[k] = 2 * srgb[k] - 1;
    }
}

void named_color_hold(float *rgb, const float *before, const float *mask, int count,
                      const struct color_word *is, const float *takes, float amount)
{
    g_autofree float *changed = g_new(float, count);
    if (takes) {
        leave_others(rgb, before, takes, count, amount);
    }
    const struct change change = measure(rgb, before, mask, count, changed);
    const struct turn t = turn_to(is, &change);
    for (int i = 0; i < count && change.size > 0; i++) {
        // What changed half as much as the thing did, or more, wholly.
        const float share = smooth_step(changed[i] / change.size, 0, 0.5f);
        if (share > 0) {
            apply(&t, amount * share, before + 3 * i, rgb + 3 * i);
        }
    }
}
