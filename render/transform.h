// The two-dimensional real Fourier transform that band splitting needs, as an interface: the
// device's in the program, a plain one in tests that have no device.
#pragma once

#include "compute/gpu/fft.h"

// real is (height, width), freq (height, width / 2 + 1) complex numbers; inverse(forward(x)) = x.
struct transform {
    bool (*forward)(void *context, int width, int height, const float *real, float *freq,
                    GError **error);
    bool (*inverse)(void *context, int width, int height, const float *freq, float *real,
                    GError **error);
    void *context; // borrowed
};

// VkFFT on the device of fft, which is borrowed. Thread: that of the device.
struct transform transform_device(struct fft *fft);
