// 8-bit pictures for showing: what goes from the engine's thread to the window.
#pragma once

#include "render/image.h"

struct picture {
    int width, height;
    GBytes *rgba; // (height, width, 4), not premultiplied; NULL: nothing to show
};

struct picture picture_from_image(const struct image *image);
// Of (height, width, 3) floats in 0..1.
struct picture picture_from_floats(const float *rgb, int width, int height);
// No side longer than side; empty where memory runs out.
struct picture picture_shrink(const struct image *image, int side);
struct picture picture_ref(const struct picture *picture); // shares the pixels
struct picture picture_take(struct picture *picture);      // leaves nothing behind
void picture_clear(struct picture *picture);
