// Arithmetic that the host kernels share, written so that loops over it are vectorised.
#pragma once

#include "compute/clones.h"

#include <math.h>
#include <stdbool.h>
#include <stdint.h>
#include <string.h>

// e^x for |x| <= 87 (beyond, x is held at the ends), relative error below 1e-7: x = n ln 2 + r,
// |r| <= ln 2 / 2, e^r by the minimax polynomial of the Cephes library's expf. NaN stays NaN.
HOST_INLINE float fast_expf(float x)
{
    // |x| is held at 87 by its bits: of a comparison the compiler makes branches whose constant
    // outcomes it works out beforehand, and those are denormal numbers, hundreds of cycles each.
    uint32_t word, over;
    memcpy(&word, &x, sizeof(word));
    over = -(uint32_t)(fabsf(x) > 87.0f);
    word = (word & ~(over & 0x7fffffffu)) | (over & 0x42ae0000u);
    memcpy(&x, &word, sizeof(x));

    const float magic = 12582912.0f; // 1.5 * 2^23: adding it rounds to an integer
    float shifted = x * 1.44269504f + magic;
    float n = shifted - magic;
    float r = x - n * 0.693359375f; // ln 2 in two parts
    r += n * 2.12194440e-4f;

    float p = 1.9875691500e-4f;
    p = p * r + 1.3981999507e-3f;
    p = p * r + 8.3334519073e-3f;
    p = p * r + 4.1665795894e-2f;
    p = p * r + 1.6666665459e-1f;
    p = p * r + 5.0000001201e-1f;
    p = p * r * r + r + 1.0f;

    uint32_t bits; // 2^n: n stands in the low bits of `shifted`
    memcpy(&bits, &shifted, sizeof(bits));
    bits = (bits - 0x4b400000u + 127u) << 23;
    float power;
    memcpy(&power, &bits, sizeof(power));
    return p * power;
}

// 2^x for x <= 0 (below -126 it is held there): n + r as above, 2^r by a minimax polynomial.
// Relative error below 2e-9 besides rounding, or with `rough` 8e-5, which is a thirtieth of a step
// of bf16.
HOST_INLINE float fast_exp2f(float x, bool rough)
{
    const float magic = 12582912.0f;
    x = x > -126.0f ? x : -126.0f; // NaN too
    const float shifted = x + magic, r = x - (shifted - magic);
    float p;
    if (rough) {
        p = 5.5171668755e-2f;
        p = p * r + 2.4261114787e-1f;
        p = p * r + 6.9326098776e-1f;
        p = p * r + 9.9992807203e-1f;
    } else {
        p = 1.5345811973e-4f;
        p = p * r + 1.3399931616e-3f;
        p = p * r + 9.6184889607e-3f;
        p = p * r + 5.5503287760e-2f;
        p = p * r + 2.4022646891e-1f;
        p = p * r + 6.9314720574e-1f;
        p = p * r + 1.0f;
    }
    uint32_t n, bits; // 2^n: n stands in the low bits of `shifted`
    memcpy(&n, &shifted, sizeof(n));
    memcpy(&bits, &p, sizeof(bits));
    bits += n << 23;
    memcpy(&p, &bits, sizeof(p));
    return p;
}

HOST_INLINE float sigmoid(float x)
{
    return 1.0f / (1.0f + fast_expf(-x));
}

HOST_INLINE float silu(float x)
{
    return x * sigmoid(x);
}

// d silu(x) / dx = s (1 + x (1 - s)), s = sigmoid(x)
HOST_INLINE float silu_slope(float x)
{
    float s = sigmoid(x);

    return s * (1.0f + x * (1.0f - s));
}

// x sigmoid(1.702 x), the approximation of GELU in CLIP.
HOST_INLINE float quick_gelu(float x)
{
    return x * sigmoid(1.702f * x);
}

HOST_INLINE float quick_gelu_slope(float x)
{
    float s = sigmoid(1.702f * x);

    return s * (1.0f + 1.702f * x * (1.0f - s));
}

// Density of the standard normal distribution.
HOST_INLINE float normal_density(float x)
{
    return 0.398942280f * fast_expf(-0.5f * x * x);
}

// Its distribution function, 0.5 (1 + erf(x / sqrt 2)), given the density at x: Abramowitz and
// Stegun 26.2.17, absolute error below 7.5e-8.
HOST_INLINE float normal_below(float x, float density)
{
    float t = 1.0f / (1.0f + 0.2316419f * fabsf(x));
    float p = 1.330274429f;
    p = p * t - 1.821255978f;
    p = p * t + 1.781477937f;
    p = p * t - 0.356563782f;
    p = p * t + 0.319381530f;
    float tail = density * p * t;
    return x < 0 ? tail : 1.0f - tail;
}

// GELU without approximation: x P(X < x), X standard normal.
HOST_INLINE float gelu(float x)
{
    return x * normal_below(x, normal_density(x));
}

HOST_INLINE float gelu_slope(float x)
{
    float density = normal_density(x);

    return normal_below(x, density) + x * density;
}

// ---- sums in double precision -------------------------------------------------------------------
//
// The compiler may not reorder a sum, so these are written as 16 sums that run side by side and are
// added up in the end: a fixed order.
#define SUM_LANES 16

HOST_INLINE double sum_lanes(const double lanes[SUM_LANES])
{
    double sum = 0;

    for (int k = 0; k < SUM_LANES; k++) {
        sum += lanes[k];
    }
    return sum;
}

// Sum of x.
HOST_INLINE double sum_of(const float *x, int64_t n)
{
    double lanes[SUM_LANES] = {0};
    int64_t i = 0;

    for (; i + SUM_LANES <= n; i += SUM_LANES) {
        for (int k = 0; k < SUM_LANES; k++) {
            lanes[k] += (double)x[i + k];
        }
    }
    for (; i < n; i++) {
        lanes[0] += (double)x[i];
    }
    return sum_lanes(lanes);
}

// Sum of (x - x0) (y - y0).
HOST_INLINE double products_of(const float *x, float x0, const float *y, float y0, int64_t n)
{
    double lanes[SUM_LANES] = {0};
    int64_t i = 0;

    for (; i + SUM_LANES <= n; i += SUM_LANES) {
        for (int k = 0; k < SUM_LANES; k++) {
            lanes[k] += (double)((x[i + k] - x0) * (y[i + k] - y0));
        }
    }
    for (; i < n; i++) {
        lanes[0] += (double)((x[i] - x0) * (y[i] - y0));
    }
    return sum_lanes(lanes);
}

// The bf16 number nearest to x, of two as near the even one, as bits: what is too large becomes
// infinite, NaN stays NaN.
HOST_INLINE uint32_t bf16_bits(float x)
{
    uint32_t bits;
    memcpy(&bits, &x, sizeof(bits));
    const uint32_t nearest = (bits + 0x7fff + (bits >> 16 & 1)) >> 16, quiet = bits >> 16 | 0x40;
    return (bits & 0x7fffffff) > 0x7f800000 ? quiet : nearest;
}

// Two of them as one word of four bytes.
HOST_INLINE float bf16_pair(float even, float odd)
{
    const uint32_t bits = bf16_bits(odd) << 16 | bf16_bits(even);
    float word;
    memcpy(&word, &bits, sizeof(word));
    return word;
}
