// In planes, so that every line is one of vectors: what is not wanted is computed all the same.
#include "render/map_row.h"

#include "compute/clones.h"
#include "render/change.h"
#include "render/luma.h"

#include <math.h>

enum { PIECE = 64 }; // pixels that are worked on at once

static inline float least_of(float a, float b)
{
    return a < b ? a : b;
}

static inline float most_of(float a, float b)
{
    return a > b ? a : b;
}

static inline float held(float value, float low, float high)
{
    return value > high ? high : value < low ? low : value;
}

static inline float luma_of(float red, float green, float blue)
{
    return LUMA_WEIGHTS[0] * red + LUMA_WEIGHTS[1] * green + LUMA_WEIGHTS[2] * blue;
}

// What the map makes of the pixels, and that with the least and the most it may add.
HOST_INLINE void map_colors(float pixel[3][PIECE], const float *fields, int stride,
                            float mapped[3][PIECE], float bounded[3][PIECE], int n)
{
    for (int c = 0; c < 3; c++) {
        const float *map = fields + (CHANGE_MAP + 4 * c) * (size_t)stride;
        const float *least = fields + (CHANGE_LEAST + c) * (size_t)stride;
        const float *most = fields + (CHANGE_MOST + c) * (size_t)stride;

        for (int i = 0; i < n; i++) {
            float change = map[i] * pixel[0][i] + map[stride + i] * pixel[1][i] +
                           map[2 * stride + i] * pixel[2][i] + map[3 * stride + i];

            mapped[c][i] = pixel[c][i] + change;
            bounded[c][i] = pixel[c][i] + held(change, least[i], most[i]);
        }
    }
}

// Moves the colors' luma by amount towards that of the map. What would leave the range that the
// pixel allows gives up colour and not light.
HOST_INLINE void keep_luma(float pixel[3][PIECE], float mapped[3][PIECE], float amount,
                           float color[3][PIECE], int n)
{
    for (int i = 0; i < n; i++) {
        float own = luma_of(pixel[0][i], pixel[1][i], pixel[2][i]);
        float wanted = luma_of(mapped[0][i], mapped[1][i], mapped[2][i]);
        float now = luma_of(color[0][i], color[1][i], color[2][i]);
        float moved = now + amount * (wanted - now), most = 1.0f;
        float gray = held(moved, least_of(own, 0.0f), most_of(own, 1.0f));
        float chroma[3] = {color[0][i] - now, color[1][i] - now, color[2][i] - now};

        for (int c = 0; c < 3; c++) {
            float limit =
                chroma[c] < 0.0f ? least_of(pixel[c][i], 0.0f) : most_of(pixel[c][i], 1.0f);
            float none = fabsf(chroma[c]) > 1e-6f ? 0.0f : 1.0f; // also never divided by
            float room = most_of((limit - gray) / (none > 0.0f ? 1.0f : chroma[c]), 0.0f);

            most = least_of(most, none > 0.0f ? most : room);
        }
        for (int c = 0; c < 3; c++) {
            color[c][i] = gray + most * chroma[c];
        }
    }
}

HOST_INLINE void map_piece(const float *pixels, const float *fields, int stride,
                           const float *weight, const float *replaced, float shading, int n,
                           float *result)
{
    float pixel[3][PIECE], mapped[3][PIECE], color[3][PIECE];

    for (int c = 0; c < 3; c++) {
        for (int i = 0; i < n; i++) {
            pixel[c][i] = pixels[3 * i + c];
        }
    }
    map_colors(pixel, fields, stride, mapped, color, n);
    if (shading > 0.0f) {
        keep_luma(pixel, mapped, shading, color, n);
    }
    for (int c = 0; c < 3; c++) {
        for (int i = 0; i < n; i++) { // no further out of 0..1 than the pixel was
            float own = pixel[c][i], share = weight[i] * (1.0f - replaced[i]);
            float to = held(color[c][i], least_of(own, 0.0f), most_of(own, 1.0f));
            float moved = own + share * (to - own);

            color[c][i] = weight[i] > 0.0f ? moved : own;
        }
        for (int i = 0; i < n; i++) {
            result[3 * i + c] = color[c][i];
        }
    }
}

HOST_CLONES void map_row(const float *pixels, const float *fields, const float *weight,
                         const float *replaced, float shading, int count, float *result)
{
    int x = 0;

    for (; x + PIECE <= count; x += PIECE) { // a number that the compiler knows
        map_piece(pixels + 3 * x, fields + x, count, weight + x, replaced + x, shading, PIECE,
                  result + 3 * x);
    }
    if (x < count) {
        map_piece(pixels + 3 * x, fields + x, count, weight + x, replaced + x, shading, count - x,
                  result + 3 * x);
    }
}
