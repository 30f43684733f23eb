// The curve between values as sRGB stores them and light (IEC 61966-2-1).
#pragma once

#include <math.h>

// Below 0 is black.
static inline float srgb_linear(float value)
{
    value = value < 0.0f ? 0.0f : value;
    return value <= 0.04045f ? value / 12.92f : powf((value + 0.055f) / 1.055f, 2.4f);
}

// What can be stored: 0..1.
static inline float srgb_encoded(float linear)
{
    linear = linear < 0.0f ? 0.0f : linear > 1.0f ? 1.0f : linear;
    return linear <= 0.0031308f ? 12.92f * linear : 1.055f * powf(linear, 1.0f / 2.4f) - 0.055f;
}
