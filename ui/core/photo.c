#include "ui/core/photo.h"

#include "compute/error.h"
#include "compute/i18n.h"
#include "render/luma.h"
#include "render/resample.h"
#include "render/signed.h"

static void note_if_small(struct image *full, int width, int height)
{
    if ((gint64)full->width * full->height < (gint64)width * height) {
        g_autofree char *note = g_strdup_printf(
            _("the photo (%d x %d) is smaller than the model's picture (%d x %d) and is magnified "
              "for it, so expect little detail"),
            full->width, full->height, width, height);
        image_meta_note(&full->meta, note);
    }
}

struct photo *photo_new(struct image *full, int side, int unit, int view_side, GError **error)
{
    int width, height;
    resample_fit(side, unit, full->width, full->height, &width, &height);
    struct photo *p = g_new0(struct photo, 1);
    g_atomic_ref_count_init(&p->references);
    p->full = full;
    p->side = side;
    p->unit = unit;
    note_if_small(full, width, height);
    p->small = image_resize(full, width, height, error);
    if (!p->small || (view_side && !(p->view = image_shrink(full, view_side, error)))) {
        photo_unref(p);
        return NULL;
    }
    p->rgb = image_to_signed(p->small);
    return p;
}

bool photo_check_region(const struct photo *p, const struct image_region *region, GError **error)
{
    const struct image_region whole = {0, 0, p->full->width, p->full->height};
    const struct image_region inside = image_region_common(&whole, region);
    if (region->width <= 0 || region->height <= 0) {
        g_set_error_literal(error, TINCTURE_ERROR, TINCTURE_ERROR_ARGUMENT,
                            _("the region has no area"));
    } else if (!image_region_equal(&inside, region)) {
        g_set_error(error, TINCTURE_ERROR, TINCTURE_ERROR_ARGUMENT,
                    _("the region of %d x %d pixels at %d, %d is not inside the photo of %d x %d"),
                    region->width, region->height, region->x, region->y, whole.width, whole.height);
    } else if (MIN(region->width, region->height) < PHOTO_MIN_REGION) {
        g_set_error(error, TINCTURE_ERROR, TINCTURE_ERROR_ARGUMENT,
                    _("the region of %d x %d pixels is too small: it needs %d each way"),
                    region->width, region->height, PHOTO_MIN_REGION);
    } else {
        return true;
    }
    return false;
}

void photo_fit(const struct photo *p, const struct image_region *region, int *width, int *height)
{
    resample_fit(p->side, p->unit, region->width, region->height, width, height);
}

float *photo_see(const struct photo *p, const struct image_region *region, int *width, int *height,
                 GError **error)
{
    photo_fit(p, region, width, height);
    struct image *part =
        image_crop(p->full, region->x, region->y, region->width, region->height, error);
    struct image *small = part ? image_resize(part, *width, *height, error) : NULL;
    float *rgb = small ? image_to_signed(small) : NULL;
    image_free(part);
    image_free(small);
    return rgb;
}

// Brightness; what is transparent does not count.
static void fill_mask(const struct image *image, struct raster *mask)
{
    const size_t pixels = (size_t)image->width * image->height;
    g_autofree float *light = luma_plane(image->rgb, pixels);
    for (size_t i = 0; i < pixels; i++) {
        const float alpha = image->alpha ? image->alpha[i] : 1.0f;
        mask->values[i] = (uint8_t)image_quantize(light[i] * alpha, 255.0f);
    }
}

struct raster *photo_mask(const struct photo *p, const struct image *image, const char *name,
                          GError **error)
{
    if (image->width != p->full->width || image->height != p->full->height) {
        g_set_error(error, TINCTURE_ERROR, TINCTURE_ERROR_MISMATCH,
                    _("%s has %d x %d pixels and the photo %d x %d: a mask has the photo's size"),
                    name, image->width, image->height, p->full->width, p->full->height);
        return NULL;
    }
    struct raster *mask = raster_new(image->width, image->height, error);
    if (!mask) {
        return NULL;
    }
    fill_mask(image, mask);
    if (raster_box(mask).width == 0) {
        g_set_error(
            error, TINCTURE_ERROR, TINCTURE_ERROR_ARGUMENT,
            _("%s is a mask that covers nothing of the photo: it is black or transparent all "
              "over"),
            name);
        g_clear_pointer(&mask, raster_free);
    }
    return mask;
}

struct photo *photo_ref(struct photo *p)
{
    g_atomic_ref_count_inc(&p->references);
    return p;
}

void photo_unref(struct photo *p)
{
    if (p && g_atomic_ref_count_dec(&p->references)) {
        image_free(p->full);
        image_free(p->view);
        image_free(p->small);
        g_free(p->rgb);
        g_free(p);
    }
}
