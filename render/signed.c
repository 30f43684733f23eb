#include "render/signed.h"

struct image *image_from_signed(const float *rgb, int width, int height, GError **error)
{
    struct image *image = image_new(width, height, false, error);
    for (int64_t i = 0; image && i < (int64_t)width * height * 3; i++) {
        image->rgb[i] = CLAMP(rgb[i] * 0.5f + 0.5f, 0.0f, 1.0f);
    }
    return image;
}

float *image_to_signed(const struct image *image)
{
    const int64_t n = (int64_t)image->width * image->height * 3;
    float *rgb = g_new(float, n);
    for (int64_t i = 0; i < n; i++) {
        rgb[i] = CLAMP(image->rgb[i], 0.0f, 1.0f) * 2.0f - 1.0f;
    }
    return rgb;
}

GBytes *signed_pack(const float *a, const float *b, int width, int height)
{
    const gsize n = (gsize)width * height * 3;
    uint16_t *out = g_new(uint16_t, 2 * n);
    for (gsize i = 0; i < n; i++) {
        out[i] = (uint16_t)image_quantize(a[i] * 0.5f + 0.5f, 65535.0f);
        out[n + i] = (uint16_t)image_quantize(b[i] * 0.5f + 0.5f, 65535.0f);
    }
    return g_bytes_new_take(out, 2 * n * sizeof *out);
}

gsize signed_packed_size(int width, int height)
{
    return 2 * (gsize)width * (gsize)height * 3 * sizeof(uint16_t);
}

bool signed_unpack(GBytes *packed, int width, int height, float **a, float **b)
{
    gsize size;
    const uint16_t *in = g_bytes_get_data(packed, &size);
    if (!in || !image_check_size(width, height, NULL)) {
        return false;
    }
    if (size != signed_packed_size(width, height)) {
        return false;
    }
    const gsize n = (gsize)width * height * 3;
    *a = g_new(float, n);
    *b = g_new(float, n);
    for (gsize i = 0; i < n; i++) {
        (*a)[i] = (float)in[i] / 32767.5f - 1.0f;
        (*b)[i] = (float)in[n + i] / 32767.5f - 1.0f;
    }
    return true;
}
