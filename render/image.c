// Storage of pictures, orientation and integer conversion.
#include "render/image.h"

#include "compute/error.h"
#include "compute/i18n.h"

#include <string.h>

bool image_check_size(gint64 width, gint64 height, GError **error)
{
    if (width < 1 || height < 1) {
        g_set_error_literal(error, TINCTURE_ERROR, TINCTURE_ERROR_FILE, _("the picture is empty"));
        return false;
    }
    if (width > IMAGE_MAX_SIDE || height > IMAGE_MAX_SIDE || width * height > IMAGE_MAX_PIXELS) {
        g_set_error(error, TINCTURE_ERROR, TINCTURE_ERROR_UNSUPPORTED,
                    _("the picture says it has %" PRId64 " x %" PRId64
                      " pixels; the limit is %d a side and %d million in all"),
                    width, height, IMAGE_MAX_SIDE, IMAGE_MAX_PIXELS / 1000000);
        return false;
    }
    return true;
}

static bool allocate_pixels(struct image *image, bool with_alpha, GError **error)
{
    size_t pixels = (size_t)image->width * image->height;
    size_t channels = with_alpha ? 4 : 3;

    image->rgb = g_try_malloc_n(pixels, 3 * sizeof(float));
    if (with_alpha) {
        image->alpha = g_try_malloc_n(pixels, sizeof(float));
    }
    if (image->rgb == NULL || (with_alpha && image->alpha == NULL)) {
        g_autofree char *need = g_format_size(pixels * channels * sizeof(float));

        g_set_error(error, TINCTURE_ERROR, TINCTURE_ERROR_MEMORY,
                    _("a picture of %d x %d needs %s of memory, which is not free"), image->width,
                    image->height, need);
        return false;
    }
    return true;
}

struct image *image_new(int width, int height, bool with_alpha, GError **error)
{
    if (!image_check_size(width, height, error)) {
        return NULL;
    }

    struct image *image = g_new0(struct image, 1);

    image->width = width;
    image->height = height;
    if (!allocate_pixels(image, with_alpha, error)) {
        image_free(image);
        return NULL;
    }
    return image;
}

void image_free(struct image *image)
{
    if (image == NULL) {
        return;
    }
    image_meta_clear(&image->meta);
    g_free(image->rgb);
    g_free(image->alpha);
    g_free(image);
}

bool image_region_equal(const struct image_region *a, const struct image_region *b)
{
    return a->x == b->x && a->y == b->y && a->width == b->width && a->height == b->height;
}

static bool has_area(const struct image_region *r)
{
    return r->width > 0 && r->height > 0;
}

struct image_region image_region_around(const struct image_region *a, const struct image_region *b)
{
    if (!has_area(a) || !has_area(b)) {
        return has_area(a) ? *a : *b;
    }

    int left = MIN(a->x, b->x), top = MIN(a->y, b->y);
    int right = MAX(a->x + a->width, b->x + b->width);
    int bottom = MAX(a->y + a->height, b->y + b->height);

    return (struct image_region){left, top, right - left, bottom - top};
}

struct image_region image_region_common(const struct image_region *a, const struct image_region *b)
{
    int left = MAX(a->x, b->x), top = MAX(a->y, b->y);
    int right = MIN(a->x + a->width, b->x + b->width);
    int bottom = MIN(a->y + a->height, b->y + b->height);

    return left < right && top < bottom
               ? (struct image_region){left, top, right - left, bottom - top}
               : (struct image_region){0};
}

struct image *image_copy(const struct image *image, GError **error)
{
    return image_crop(image, 0, 0, image->width, image->height, error);
}

struct image *image_crop(const struct image *image, int x, int y, int width, int height,
                         GError **error)
{
    g_assert(x >= 0 && y >= 0 && width <= image->width - x && height <= image->height - y);

    struct image *part = image_new(width, height, image->alpha != NULL, error);

    if (part == NULL) {
        return NULL;
    }
    for (int row = 0; row < height; row++) {
        size_t from = (size_t)(y + row) * image->width + x;
        size_t to = (size_t)row * width;

        memcpy(part->rgb + 3 * to, image->rgb + 3 * from, sizeof(float) * 3 * width);
        if (image->alpha != NULL) {
            memcpy(part->alpha + to, image->alpha + from, sizeof(float) * width);
        }
    }
    image_meta_copy(&image->meta, &part->meta);
    return part;
}

// How one step along x and one step along y of the upright picture move through the stored one.
struct walk {
    ptrdiff_t start, step_x, step_y; // in pixels of the stored picture
};

// EXIF 2.3, tag 0x0112: the number says where the stored first row and first column belong.
static struct walk orientation_walk(int orientation, int width, int height)
{
    ptrdiff_t w = width, last_x = width - 1, last_row = (ptrdiff_t)(height - 1) * width;

    switch (orientation) {
    case 2: return (struct walk){last_x, -1, w};             // mirrored left to right
    case 3: return (struct walk){last_row + last_x, -1, -w}; // turned by 180 degrees
    case 4: return (struct walk){last_row, 1, -w};           // mirrored top to bottom
    case 5: return (struct walk){0, w, 1};                   // transposed
    case 6: return (struct walk){last_row, -w, 1};           // to be turned clockwise
    case 7: return (struct walk){last_row + last_x, -w, -1}; // transposed the other way
    case 8: return (struct walk){last_x, w, -1};             // to be turned anticlockwise
    default: return (struct walk){0, 1, w};
    }
}

struct image *image_orient(const struct image *image, int orientation, GError **error)
{
    bool turned = orientation >= 5 && orientation <= 8;
    int width = turned ? image->height : image->width;
    int height = turned ? image->width : image->height;
    struct image *upright = image_new(width, height, image->alpha != NULL, error);

    if (upright == NULL) {
        return NULL;
    }

    struct walk walk = orientation_walk(orientation, image->width, image->height);
    size_t to = 0;

    for (int y = 0; y < height; y++) {
        ptrdiff_t from = walk.start + y * walk.step_y;

        for (int x = 0; x < width; x++, to++, from += walk.step_x) {
            memcpy(upright->rgb + 3 * to, image->rgb + 3 * from, 3 * sizeof(float));
            if (image->alpha != NULL) {
                upright->alpha[to] = image->alpha[from];
            }
        }
    }
    image_meta_copy(&image->meta, &upright->meta);
    upright->meta.density[0] = image->meta.density[turned ? 1 : 0];
    upright->meta.density[1] = image->meta.density[turned ? 0 : 1];
    return upright;
}

void image_divide_by_alpha(struct image *image, float most)
{
    const size_t pixels = (size_t)image->width * image->height;

    for (size_t i = 0; i < pixels; i++) {
        const float alpha = image->alpha[i];

        for (int c = 0; c < 3; c++) {
            float *value = &image->rgb[3 * i + c];

            *value = alpha > 0.0f ? MIN(*value / alpha, most) : 0.0f;
        }
    }
}

void image_to_rgba8(const struct image *image, uint8_t *rgba)
{
    size_t pixels = (size_t)image->width * image->height;

    for (size_t i = 0; i < pixels; i++) {
        for (int c = 0; c < 3; c++) {
            rgba[4 * i + c] = (uint8_t)image_quantize(image->rgb[3 * i + c], 255.0f);
        }
        rgba[4 * i + 3] =
            image->alpha != NULL ? (uint8_t)image_quantize(image->alpha[i], 255.0f) : 255;
    }
}

static bool rgba8_is_opaque(const uint8_t *rgba, size_t pixels)
{
    for (size_t i = 0; i < pixels; i++) {
        if (rgba[4 * i + 3] != 255) {
            return false;
        }
    }
    return true;
}

struct image *image_from_rgba8(const uint8_t *rgba, int width, int height, GError **error)
{
    if (!image_check_size(width, height, error)) {
        return NULL;
    }

    size_t pixels = (size_t)width * height;
    struct image *image = image_new(width, height, !rgba8_is_opaque(rgba, pixels), error);

    if (image == NULL) {
        return NULL;
    }
    for (size_t i = 0; i < pixels; i++) {
        for (int c = 0; c < 3; c++) {
            image->rgb[3 * i + c] = rgba[4 * i + c] / 255.0f;
        }
        if (image->alpha != NULL) {
            image->alpha[i] = rgba[4 * i + 3] / 255.0f;
        }
    }
    image->meta.bits = 8;
    return image;
}

void image_meta_copy(const struct image_meta *from, struct image_meta *to)
{
    to->bits = from->bits;
    memcpy(to->density, from->density, sizeof(to->density));
    to->icc = from->icc != NULL ? g_bytes_ref(from->icc) : NULL;
    to->exif = from->exif != NULL ? g_bytes_ref(from->exif) : NULL;
    to->xmp = from->xmp != NULL ? g_bytes_ref(from->xmp) : NULL;
    to->iptc = from->iptc != NULL ? g_bytes_ref(from->iptc) : NULL;
    to->comment = g_strdup(from->comment);
    to->recipe = g_strdup(from->recipe);
    to->note = g_strdup(from->note);
}

void image_meta_clear(struct image_meta *meta)
{
    g_clear_pointer(&meta->icc, g_bytes_unref);
    g_clear_pointer(&meta->exif, g_bytes_unref);
    g_clear_pointer(&meta->xmp, g_bytes_unref);
    g_clear_pointer(&meta->iptc, g_bytes_unref);
    g_clear_pointer(&meta->comment, g_free);
    g_clear_pointer(&meta->recipe, g_free);
    g_clear_pointer(&meta->note, g_free);
    meta->bits = 0;
    meta->density[0] = meta->density[1] = 0.0;
}

void image_meta_note(struct image_meta *meta, const char *sentence)
{
    char *note =
        meta->note != NULL ? g_strconcat(meta->note, "; ", sentence, NULL) : g_strdup(sentence);

    g_free(meta->note);
    meta->note = note;
}
