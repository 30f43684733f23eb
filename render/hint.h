// Pictures as hint networks are given them: (height, width, 3) floats from 0, nothing, to 1.
#pragma once

#include "render/edges.h"

// A picture of any size as a hint, newly allocated: part of it (NULL: all) in that size, whatever
// its proportions. What is transparent is nothing, as black is. False proportions and a picture
// without contrast are hints like others: they say where there is nothing.
float *hint_from_picture(const struct image *image, const struct image_region *part, int width,
                         int height, GError **error);
// The edges of a picture as models have it, (height, width, 3) in [-1,1]: white on black.
float *hint_from_edges(const float *rgb, int width, int height, const struct edges_params *params);
