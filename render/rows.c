// Bands of a picture that is there, and a picture of bands.
#include "render/rows.h"

#include <string.h>

static const struct image *whole(void *data, int y, GError **error)
{
    return data;
}

struct image_rows image_rows_of(const struct image *image)
{
    return (struct image_rows){.width = image->width,
                               .height = image->height,
                               .alpha = image->alpha != NULL,
                               .meta = &image->meta,
                               .band = whole,
                               .data = (void *)(uintptr_t)image};
}

struct image *image_rows_gather(const struct image_rows *rows, GError **error)
{
    struct image *image = image_new(rows->width, rows->height, rows->alpha, error);

    for (int y = 0; image != NULL && y < rows->height;) {
        const struct image *band = rows->band(rows->data, y, error);

        if (band == NULL) {
            g_clear_pointer(&image, image_free);
            break;
        }

        const size_t at = (size_t)y * rows->width, count = (size_t)band->height * rows->width;

        memcpy(image->rgb + 3 * at, band->rgb, 3 * count * sizeof(float));
        if (rows->alpha) {
            memcpy(image->alpha + at, band->alpha, count * sizeof(float));
        }
        y += band->height;
    }
    if (image != NULL) {
        image_meta_copy(rows->meta, &image->meta);
    }
    return image;
}
