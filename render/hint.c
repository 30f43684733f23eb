#include "render/hint.h"

#include "render/resample.h"

#include <glib.h>

// Over black.
static void flatten(struct image *image)
{
    const int64_t n = (int64_t)image->width * image->height;
    for (int64_t i = 0; image->alpha && i < 3 * n; i++) {
        image->rgb[i] *= image->alpha[i / 3];
    }
}

float *hint_from_picture(const struct image *image, const struct image_region *part, int width,
                         int height, GError **error)
{
    const struct image_region whole = {0, 0, image->width, image->height};
    struct image *flat = image_copy(image, error);
    if (!flat) {
        return NULL;
    }
    const int64_t n = (int64_t)width * height * 3;
    float *hint = g_new(float, n);
    flatten(flat);
    resample_part(flat, part ? part : &whole, hint, width, height);
    for (int64_t i = 0; i < n; i++) {
        hint[i] = CLAMP(hint[i], 0.0f, 1.0f);
    }
    image_free(flat);
    return hint;
}

float *hint_from_edges(const float *rgb, int width, int height, const struct edges_params *params)
{
    const int64_t n = (int64_t)width * height;
    g_autofree float *edges = edges_find(rgb, width, height, -1, params);
    float *hint = g_new(float, 3 * n);
    for (int64_t i = 0; i < 3 * n; i++) {
        hint[i] = edges[i / 3];
    }
    return hint;
}
