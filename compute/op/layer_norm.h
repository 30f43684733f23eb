// What layer_norm and its two gradients share. For each position, over its C channels,
//
//   mean = 1/C sum x,  rstd = 1 / sqrt(1/C sum (x - mean)^2 + eps),  xhat = (x - mean) rstd.
//
// Node parameter of all three: p.f[0] eps.
#pragma once

#include "compute/op/kernel.h"

struct layer_moments {
    float mean, rstd;
};

// For use inside HOST_CLONES functions.
HOST_INLINE struct layer_moments layer_moments(const float *x, int64_t channels, float eps)
{
    float mean = (float)(sum_of(x, channels) / (double)channels);
    double variance = products_of(x, mean, x, mean, channels) / (double)channels;

    return (struct layer_moments){mean, (float)(1 / sqrt(variance + (double)eps))};
}
