// Both loops are vectorised.
#include "render/pack.h"

#include "compute/clones.h"

// As image_quantize() has it, without its branches: a comparison with NaN is false.
static inline float held(float value)
{
    value = value > 0.0f ? value : 0.0f;
    return value < 1.0f ? value : 1.0f;
}

HOST_CLONES static void pack_bytes(const float *from, int count, uint8_t *to)
{
    for (int i = 0; i < count; i++) {
        to[i] = (uint8_t)(int)(held(from[i]) * 255.0f + 0.5f);
    }
}

HOST_CLONES static void pack_words(const float *from, int count, uint16_t *to)
{
    for (int i = 0; i < count; i++) {
        to[i] = (uint16_t)(int)(held(from[i]) * 65535.0f + 0.5f);
    }
}

// Three colours and alpha, from two planes.
static void gather(const float *rgb, const float *alpha, int width, float *rgba)
{
    for (int x = 0; x < width; x++) {
        for (int c = 0; c < 3; c++) {
            rgba[4 * x + c] = rgb[3 * x + c];
        }
        rgba[4 * x + 3] = alpha[x];
    }
}

void pack_image_row(const struct image *image, int y, int bits, void *row)
{
    enum { PIECE = 256 }; // pixels
    const size_t first = (size_t)y * image->width;
    const float *rgb = image->rgb + 3 * first;
    const int channels = image->alpha != NULL ? 4 : 3;
    float rgba[4 * PIECE];

    for (int x = 0; x < image->width; x += PIECE, rgb += 3 * (size_t)PIECE) {
        const int width = MIN(PIECE, image->width - x), at = channels * x;
        const float *from = rgb;

        if (image->alpha != NULL) {
            gather(rgb, image->alpha + first + x, width, rgba);
            from = rgba;
        }
        if (bits == 16) {
            pack_words(from, channels * width, (uint16_t *)row + at);
        } else {
            pack_bytes(from, channels * width, (uint8_t *)row + at);
        }
    }
}
