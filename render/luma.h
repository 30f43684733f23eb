// Brightness of sRGB-encoded colour, with the weights of Rec. 709.
#pragma once

#include <glib.h>

static inline float luma(const float *rgb)
{
    return 0.2126f * rgb[0] + 0.7152f * rgb[1] + 0.0722f * rgb[2];
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
