// Colours as an eye tells them apart: Oklab (Ottosson 2020).
#pragma once

#include "compute/srgb.h"

#include <math.h>

// rgb: sRGB-encoded, 0..1. lab: lightness 0..1, then green to red and blue to yellow, which lie
// within 0.4 of 0.
static inline void oklab_from_srgb(const float *rgb, float *lab)
{
    const float r = srgb_linear(rgb[0]), g = srgb_linear(rgb[1]), b = srgb_linear(rgb[2]);
    const float l = cbrtf(0.4122214708f * r + 0.5363325363f * g + 0.0514459929f * b);
    const float m = cbrtf(0.2119034982f * r + 0.6806995451f * g + 0.1073969566f * b);
    const float s = cbrtf(0.0883024619f * r + 0.2817188376f * g + 0.6299787005f * b);

    lab[0] = 0.2104542553f * l + 0.7936177850f * m - 0.0040720468f * s;
    lab[1] = 1.9779984951f * l - 2.4285922050f * m + 0.4505937099f * s;
    lab[2] = 0.0259040371f * l + 0.7827717662f * m - 0.8086757660f * s;
}

// The same of a colour in -1..1, as models have them.
static inline void oklab_from_signed(const float *rgb, float *lab)
{
    const float srgb[] = {0.5f * rgb[0] + 0.5f, 0.5f * rgb[1] + 0.5f, 0.5f * rgb[2] + 0.5f};

    oklab_from_srgb(srgb, lab);
}

// The way back; what sRGB cannot show is cut, channel by channel.
static inline void oklab_to_srgb(const float *lab, float *rgb)
{
    const float l = lab[0] + 0.3963377774f * lab[1] + 0.2158037573f * lab[2];
    const float m = lab[0] - 0.1055613458f * lab[1] - 0.0638541728f * lab[2];
    const float s = lab[0] - 0.0894841775f * lab[1] - 1.2914855480f * lab[2];
    const float l3 = l * l * l, m3 = m * m * m, s3 = s * s * s;

    rgb[0] = srgb_encoded(4.0767416621f * l3 - 3.3077115913f * m3 + 0.2309699292f * s3);
    rgb[1] = srgb_encoded(-1.2684380046f * l3 + 2.6097574011f * m3 - 0.3413193965f * s3);
    rgb[2] = srgb_encoded(-0.0041960863f * l3 - 0.7034186147f * m3 + 1.7076147010f * s3);
}
