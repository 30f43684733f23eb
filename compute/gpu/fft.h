// Two-dimensional real Fourier transforms: VkFFT, and nothing else of it is seen outside fft.c. On
// CPU-type devices powers of two are transformed by the host (fft_host.h).
//
// The first transform of a size by VkFFT compiles for seconds on a software device: use few fixed
// sizes.
#pragma once

#include "compute/gpu/gpu.h"

struct fft;
struct fft *fft_open(struct gpu *gpu, GError **error); // gpu is borrowed
void fft_free(struct fft *fft);

// real: height x width floats. freq: height x (width / 2 + 1) complex numbers (re, im). Not in
// place.
bool fft_forward(struct fft *fft, int width, int height, const float *real, float *freq,
                 GError **error);
// Normalised: inverse(forward(x)) = x. freq is not modified.
bool fft_inverse(struct fft *fft, int width, int height, const float *freq, float *real,
                 GError **error);
