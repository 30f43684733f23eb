// Rows of a picture as the integers that files hold.
#pragma once

#include "render/image.h"

// Row y in 8 or 16 bits a channel, these in the machine's order: (width, 3), with alpha (width, 4).
void pack_image_row(const struct image *image, int y, int bits, void *row);
