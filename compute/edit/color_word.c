#include "compute/edit/color_word.h"

#include <glib.h>
#include <math.h>

static const struct color_word WORDS[] = {
    {"red", 26, 45, 0.05f, 1, 0, 0.68f, 0.2f},
    {"orange", 60, 45, 0.05f, 1, 0, 1, 0.17f},
    {"golden", 85, 40, 0.04f, 1, 0, 1, 0.14f},
    {"yellow", 105, 45, 0.05f, 1, 0, 1, 0.17f},
    {"green", 138, 45, 0.05f, 1, 0, 1, 0.165f},
    {"teal", 195, 45, 0.04f, 1, 0, 1, 0.1f},
    {"turquoise", 195, 45, 0.04f, 1, 0, 1, 0.12f},
    {"cyan", 195, 45, 0.04f, 1, 0, 1, 0.13f},
    {"blue", 256, 45, 0.05f, 1, 0, 1, 0.18f},
    {"purple", 310, 45, 0.05f, 1, 0, 1, 0.18f},
    {"violet", 310, 45, 0.05f, 1, 0, 1, 0.18f},
    {"magenta", 335, 45, 0.05f, 1, 0, 1, 0.24f},
    {"pink", 0, 55, 0.03f, 1, 0.5f, 1, 0.13f},
    {"brown", 60, 40, 0.02f, 0.09f, 0, 0.55f, 0.055f},
    {"beige", 80, 45, 0.015f, 0.09f, 0.7f, 1, 0.04f},
    {"cream", 90, 45, 0.015f, 0.09f, 0.8f, 1, 0.04f},
    {"gray", 0, 0, 0, 0.04f, 0, 1, 0},
    {"grey", 0, 0, 0, 0.04f, 0, 1, 0},
    {"silver", 0, 0, 0, 0.04f, 0.4f, 1, 0},
    {"white", 0, 0, 0, 0.05f, 0.75f, 1, 0},
    {"black", 0, 0, 0, 0.06f, 0, 0.35f, 0},
};

// How soft each limit is.
#define HUE_SOFTNESS    10.0f
#define CHROMA_SOFTNESS 0.012f
#define LIGHT_SOFTNESS  0.05f

const struct color_word *color_word_find(const char *name)
{
    for (gsize i = 0; i < G_N_ELEMENTS(WORDS); i++) {
        if (g_str_equal(WORDS[i].name, name)) {
            return &WORDS[i];
        }
    }
    return NULL;
}

// From 0 below the limit to 1 above it.
static float above(float value, float limit, float softness)
{
    return 1.0f / (1.0f + expf((limit - value) / softness));
}

float color_word_fit(const struct color_word *word, const float *lab)
{
    const float chroma = hypotf(lab[1], lab[2]);
    const float hue = atan2f(lab[2], lab[1]) * (180.0f / G_PI);
    const float away = fabsf(remainderf(hue - word->hue, 360.0f));
    float fit = 1.0f;

    fit *= word->reach > 0 ? above(-away, -word->reach, HUE_SOFTNESS) : 1.0f;
    fit *= word->least_chroma > 0 ? above(chroma, word->least_chroma, CHROMA_SOFTNESS) : 1.0f;
    fit *= word->most_chroma < 1 ? above(-chroma, -word->most_chroma, CHROMA_SOFTNESS) : 1.0f;
    fit *= word->least_light > 0 ? above(lab[0], word->least_light, LIGHT_SOFTNESS) : 1.0f;
    fit *= word->most_light < 1 ? above(-lab[0], -word->most_light, LIGHT_SOFTNESS) : 1.0f;
    return fit;
}

float color_word_typical_chroma(float hue)
{
    const struct color_word *nearest = NULL;

    for (gsize i = 0; i < G_N_ELEMENTS(WORDS); i++) {
        const struct color_word *w = &WORDS[i];
        const bool pure = w->reach > 0 && w->most_chroma >= 1 && w->least_light <= 0;

        if (pure && (!nearest || fabsf(remainderf(hue - w->hue, 360.0f)) <
                                     fabsf(remainderf(hue - nearest->hue, 360.0f)))) {
            nearest = w;
        }
    }
    return nearest->typical_chroma;
}
