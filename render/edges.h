// Where a picture has edges (Canny 1986): the hint that keeps a drawing to the lines of a photo.
#pragma once

#include "render/image.h"

struct edges_params {
    double sigma;     // of the Gaussian before it, in pixels; 0: none
    double low, high; // of the gradient, in steps of 8-bit lightness as Sobel's kernels have it: a
                      // line begins where it is above high and goes on while it is above low
};
// What annotators of ControlNet use: no blur, 100 and 200.
extern const struct edges_params edges_usual;

// 1 on edges, 0 elsewhere, (height, width), newly allocated. rgb: (height, width, 3) with white at
// 1 and black at `black`, which is 0 or, as models have pictures, -1; values beyond are clipped.
float *edges_find(const float *rgb, int width, int height, float black,
                  const struct edges_params *params);
