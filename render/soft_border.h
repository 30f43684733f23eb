// A selection found at a small size, brought to the photo's: near the border it becomes a linear
// function of the photo's colours, fitted place by place at the small size and applied at the large
// one (fast guided filter, He and Sun 2015, after He et al. 2010 with a colour guide).
#pragma once

#include "render/raster.h"

// u and rgb are (height, width) and (height, width, 3): the selection, 0..1, and the photo's part
// `placed` at that size. Writes all of out, which has placed's
// size. Where u is 0 or 1 all around, so is out.
void soft_border_apply(const float *u, const float *rgb, int width, int height,
                       const struct image *photo, const struct image_region *placed,
                       struct raster *out);
