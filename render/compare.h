// Numbers and pictures for comparing two pictures of one size.
#pragma once

#include "render/image.h"

// Peak signal to noise ratio over all channels of colour in dB, for a peak of 1; infinity where
// equal.
double compare_psnr(const struct image *a, const struct image *b);

// Mean structural similarity of luma (Wang et al. 2004: Gaussian window of sigma 1.5, K1 0.01, K2
// 0.03); 1 where equal.
double compare_ssim(const struct image *a, const struct image *b);

// left and right beside each other with a thin divider between them. They must have the same
// height.
struct image *compare_side_by_side(const struct image *left, const struct image *right,
                                   GError **error);
