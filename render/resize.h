// A picture as it leaves the program: in another size, and sharpened for that size. Both in bands
// of rows, so that beside the photo only one of them is in memory.
//
// Sizes are changed in linear light, where the mean of black and white is what the eye sees of
// both; colour is weighted with alpha. Sharpening is an unsharp mask on the brightness, after that.
#pragma once

#include "render/rows.h"

enum image_sharpening {
    IMAGE_SHARPEN_NONE,
    IMAGE_SHARPEN_LOW,
    IMAGE_SHARPEN_STANDARD,
    IMAGE_SHARPEN_HIGH
};

// What of a picture's size is asked for: at most one of the two; with none it stays as it is.
struct image_sizing {
    int long_edge;  // pixels of the longer side; 0: not given
    double percent; // of both sides; 0: not given
};

// The size that comes of it, in the proportions of the picture. Fails where that is above the
// limits.
bool image_sizing_apply(const struct image_sizing *sizing, int width, int height, int *to_width,
                        int *to_height, GError **error);

// source is borrowed, also what it points to.
struct resize;
struct resize *resize_new(const struct image_rows *source, int width, int height,
                          enum image_sharpening sharpening);
struct image_rows resize_rows(struct resize *r);
void resize_free(struct resize *r); // NULL is allowed
