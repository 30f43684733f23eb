// Half-precision numbers of both kinds, bit by bit: files and weights at rest hold them, arithmetic
// is fp32.
#pragma once

#include <stdint.h>
#include <string.h>

static inline float float_from_bits(uint32_t bits)
{
    float f;
    memcpy(&f, &bits, sizeof f);
    return f;
}

static inline uint32_t float_bits(float f)
{
    uint32_t bits;
    memcpy(&bits, &f, sizeof bits);
    return bits;
}

static inline float half_to_float(uint16_t h)
{
    uint32_t sign = (uint32_t)(h & 0x8000) << 16, magnitude = (uint32_t)(h & 0x7fff) << 13;
    if (magnitude >= 0x7c00u << 13) { // infinity and NaN keep the largest exponent
        return float_from_bits(sign | 0x7f800000 | (magnitude & 0x7fffff));
    }
    // The exponent moves from bias 15 to bias 127 by a multiplication, which also normalises
    // subnormals.
    return float_from_bits(sign | float_bits(float_from_bits(magnitude) * 0x1p112f));
}

// The nearest, of two as near the even one; too large ones become infinite. Not for NaN.
static inline uint16_t half_from_float(float f)
{
    const uint32_t bits = float_bits(f), magnitude = bits & 0x7fffffff;
    const uint32_t rounded = magnitude + 0xfff + (magnitude >> 13 & 1);
    const uint32_t normal = rounded >= 0x47800000 ? 0x7c00 : (rounded - 0x38000000) >> 13;
    // Below the smallest normal one the unit is that of numbers from 1/2 on: the addition rounds.
    const uint32_t small = float_bits(float_from_bits(magnitude) + 0.5f) - float_bits(0.5f);
    return (uint16_t)((bits >> 16 & 0x8000) | (magnitude < 0x38800000 ? small : normal));
}

static inline float bfloat_to_float(uint16_t b)
{
    return float_from_bits((uint32_t)b << 16);
}
