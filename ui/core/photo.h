// A photo and what the model and the window see of it. Whoever uses it holds a reference; it never
// changes once it is made, so any thread may read it.
#pragma once

#include "render/raster.h"

struct photo {
    gatomicrefcount references;
    struct image *full; // as it was read
    struct image *view; // at most as large as the window shows it; NULL where that is not asked for
    struct image *small; // the size the model works at
    float *rgb;          // the same in [-1,1]: (small->height, small->width, 3)
    int side, unit;      // that size, about, and what its sides are multiples of
};

// Takes full. side, unit: the model's working size in pixels, and what its sides are multiples of.
// view_side: the longest side of view, 0 for none. A photo that has to be magnified for the model
// says so in full's note.
struct photo *photo_new(struct image *full, int side, int unit, int view_side, GError **error);
// The shortest side, in pixels, of a part that is worth showing to a model by itself.
#define PHOTO_MIN_REGION 16
// Whether the photo has this part, and it is not too small.
bool photo_check_region(const struct photo *p, const struct image_region *region, GError **error);
// The size at which the model works on a part.
void photo_fit(const struct photo *p, const struct image_region *region, int *width, int *height);
// A part (which the photo has) at the size the model works at, magnified where it is smaller, in
// [-1,1]: (*height, *width, 3), newly allocated.
float *photo_see(const struct photo *p, const struct image_region *region, int *width, int *height,
                 GError **error);
// A picture of the photo's size, by that name in errors, as a mask of it.
struct raster *photo_mask(const struct photo *p, const struct image *image, const char *name,
                          GError **error);
struct photo *photo_ref(struct photo *p);
void photo_unref(struct photo *p); // NULL is allowed
