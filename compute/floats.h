// Small functions of single numbers that pictures are worked with.
#pragma once

#include <math.h>

// From 0 up to `low` to 1 from `high` on, without a corner.
static inline float smooth_step(float value, float low, float high)
{
    const float t = fminf(fmaxf((value - low) / (high - low), 0.0f), 1.0f);
    return t * t * (3.0f - 2.0f * t);
}

// For qsort().
static inline int compare_floats(const void *a, const void *b)
{
    const float x = *(const float *)a, y = *(const float *)b;
    return (x > y) - (x < y);
}
