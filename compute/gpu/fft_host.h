// The transforms of fft.h on the processor, for sides that are powers of two.
#pragma once

#include "compute/error.h"

#include <stdbool.h>

bool fft_host_fits(int width, int height);

// Shapes as fft_forward() and fft_inverse(). They run on the thread team and fail for want of
// memory alone.
bool fft_host_forward(int width, int height, const float *real, float *freq, GError **error);
bool fft_host_inverse(int width, int height, const float *freq, float *real, GError **error);
