// A plane of bytes: how much of an edit shows at each pixel of a photo.
//
// 0 is nothing, 255 all of it. Thread: any, but one raster is changed by one thread at a time.
#pragma once

#include "render/image.h"

struct raster {
    int width, height;
    uint8_t *values; // (height, width)
};

// Zeros. NULL: a size that image_check_size() refuses, or no memory for it.
struct raster *raster_new(int width, int height, GError **error);
void raster_free(struct raster *raster);

// part, a rectangle inside the raster, at another size: result is (height, width), 0..1, each value
// the mean of the area that it covers. Works on all cores.
void raster_resize(const struct raster *raster, const struct image_region *part, int width,
                   int height, float *result);

// The box of what is covered by half of the greatest value or more; width 0: nothing is.
struct image_region raster_box(const struct raster *raster);

// The mean of all values, 0..1: how much of the photo is covered.
double raster_mean(const struct raster *raster);
