// Brightness of sRGB-encoded colour, with the weights of Rec. 709.
#pragma once

#include <glib.h>

static const float LUMA_WEIGHTS[3] = {0.2126f, 0.7152f, 0.0722f};

static inline float luma(const float *rgb)
{
    return LUMA_WEIGHTS[0] * rgb[0] + LUMA_WEIGHTS[1] * rgb[1] + LUMA_WEIGHTS[2] * rgb[2];
}

// rgb is (count, 3); returns (count), newly allocated.
static inline float *luma_plane(const float *rgb, size_t count)
{
    float *plane = g_new(float, count);

    for (size_t i = 0; i < count; i++) {
        plane[i] = luma(rgb + 3 * i);
    }
    return plane;
}
