// Pictures as the models have them: (height, width, 3) floats, -1 is black and 1 is white.
#pragma once

#include "render/image.h"

struct image *image_from_signed(const float *rgb, int width, int height, GError **error);
// Newly allocated; what is brighter than white or darker than black is clipped.
float *image_to_signed(const struct image *image);

// Two pictures of one size as 16-bit RGB, one after the other: what the library keeps of an edit
// and its reference.
gsize signed_packed_size(int width, int height); // bytes; the sides are more than 0
GBytes *signed_pack(const float *a, const float *b, int width, int height);
// Newly allocated a and b. False where the bytes are not two pictures of that size.
bool signed_unpack(GBytes *packed, int width, int height, float **a, float **b);
