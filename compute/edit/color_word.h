// Colours that a sentence names: how well a pixel fits the word.
#pragma once

#include <stdbool.h>

// Hues in degrees of Oklab; limits of chroma and lightness, 0 or 1 where there is none. People's
// words are wider than a paint's name: a "red" tower in the sun is half orange.
struct color_word {
    const char *name;
    float hue, reach; // reach 0: any, as of what has no colour
    float least_chroma, most_chroma;
    float least_light, most_light;
    float typical_chroma; // of what everybody calls so; 0 for those without
};

// By its English name in lower case, "gray" or "turquoise"; NULL: this is no word for a colour.
const struct color_word *color_word_find(const char *name);

// 0..1; lab is a colour in Oklab (see oklab.h).
float color_word_fit(const struct color_word *word, const float *lab);

// The typical chroma of the word that is nearest in hue, in degrees, of those for pure colours.
float color_word_typical_chroma(float hue);
