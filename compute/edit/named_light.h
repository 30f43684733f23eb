// An edit of light, held to the tint of the light that its sentence names. A small model's fog is
// pink and its moonlight violet where the photo's own colours led it astray; but fog is gray.
#pragma once

#include <stdbool.h>

// What a light makes of something gray, in Oklab: hue in degrees within reach of `hue`; chroma at
// most most_chroma, of which unnamed may be of any hue. Of the photo's own chroma it leaves at most
// most_kept.
struct light_word {
    const char *name;
    float hue, reach;
    float most_chroma, unnamed, most_kept;
    float white; // share of what was lit that becomes white where the edit made the picture lighter
};

// By its English name in lower case, "fog" or "sunset"; NULL: this is no word for a light.
const struct light_word *light_word_find(const char *name);

// rgb is the edit and before what was there, both (height, width, 3) in -1..1; mask, (height,
// width), 0..1, says where the edit may show; NULL: everywhere. Takes from rgb, by amount, 0..1,
// what its tint has that the light has not, as one smooth function of lightness and of the height
// in the picture: what one thing is tinted by is not touched.
void named_light_hold(float *rgb, const float *before, const float *mask, int width, int height,
                      const struct light_word *light, float amount);
