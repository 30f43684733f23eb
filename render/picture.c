#include "render/picture.h"

#include "render/resample.h"

struct picture picture_from_image(const struct image *image)
{
    const gsize size = (gsize)image->width * image->height * 4;
    uint8_t *rgba = g_malloc(size);
    image_to_rgba8(image, rgba);
    return (struct picture){image->width, image->height, g_bytes_new_take(rgba, size)};
}

struct picture picture_from_floats(const float *rgb, int width, int height)
{
    const gsize n = (gsize)width * height;
    uint8_t *rgba = g_malloc(n * 4);
    for (gsize i = 0; i < n; i++) {
        for (int k = 0; k < 3; k++) {
            rgba[i * 4 + k] = (uint8_t)image_quantize(rgb[i * 3 + k], 255.0f);
        }
        rgba[i * 4 + 3] = 255;
    }
    return (struct picture){width, height, g_bytes_new_take(rgba, n * 4)};
}

struct picture picture_shrink(const struct image *image, int side)
{
    struct image *small = image_shrink(image, side, NULL);
    struct picture picture = {0};
    if (small) {
        picture = picture_from_image(small);
        image_free(small);
    }
    return picture;
}

struct picture picture_ref(const struct picture *picture)
{
    struct picture ref = *picture;
    if (ref.rgba) {
        g_bytes_ref(ref.rgba);
    }
    return ref;
}

struct picture picture_take(struct picture *picture)
{
    const struct picture taken = *picture;
    *picture = (struct picture){0};
    return taken;
}

void picture_clear(struct picture *picture)
{
    g_clear_pointer(&picture->rgba, g_bytes_unref);
    *picture = (struct picture){0};
}
