// Philox 4x32-10 (Salmon et al., "Parallel random numbers: as easy as 1, 2, 3", 2011) and what is
// drawn from it.
//
// The stream of normal numbers is that of the CUDA randn that published seeds refer to, in the form
// in which programs without CUDA reproduce it: element i of a draw is the first Box-Muller number
// of the block with counter (offset, i), and every draw advances the offset by one. It equals
// CUDA's own numbering for tensors of up to one grid of threads, which all latents are.
#include "compute/gpu/random.h"

#include <math.h>

void philox4x32(uint64_t seed, uint64_t subsequence, uint64_t offset, uint32_t out[4])
{
    uint32_t c0 = (uint32_t)offset, c1 = (uint32_t)(offset >> 32);
    uint32_t c2 = (uint32_t)subsequence, c3 = (uint32_t)(subsequence >> 32);
    uint32_t k0 = (uint32_t)seed, k1 = (uint32_t)(seed >> 32);
    for (int round = 0; round < 10; round++) {
        uint64_t p0 = (uint64_t)c0 * 0xD2511F53u;
        uint64_t p1 = (uint64_t)c2 * 0xCD9E8D57u;
        c0 = (uint32_t)(p1 >> 32) ^ c1 ^ k0;
        c1 = (uint32_t)p1;
        c2 = (uint32_t)(p0 >> 32) ^ c3 ^ k1;
        c3 = (uint32_t)p0;
        k0 += 0x9E3779B9u;
        k1 += 0xBB67AE85u;
    }
    out[0] = c0;
    out[1] = c1;
    out[2] = c2;
    out[3] = c3;
}

void rng_normal(struct rng *rng, float *out, int64_t n)
{
    // The second constant is a float in the reference, and its rounding is part of the stream.
    const double inverse = 0x1p-32;
    const double inverse_2pi = (float)(2.3283064e-10 * 6.2831855);
    for (int64_t i = 0; i < n; i++) {
        uint32_t block[4];
        philox4x32(rng->seed, (uint64_t)i, rng->offset, block);
        double u = block[0] * inverse + inverse / 2;
        double v = block[1] * inverse_2pi + inverse_2pi / 2;
        out[i] = (float)(sqrt(-2.0 * log(u)) * sin(v));
    }
    rng->offset++;
}

uint32_t rng_uint32(struct rng *rng)
{
    uint32_t block[4];
    // A subsequence that no tensor reaches, so that these numbers are never those of a normal draw.
    philox4x32(rng->seed, UINT64_MAX, rng->offset++, block);
    return block[0];
}

double rng_uniform(struct rng *rng)
{
    return rng_uint32(rng) * 0x1p-32;
}

int rng_below(struct rng *rng, int n)
{
    // The high half of x * n, rejecting the few x that would favour small results (Lemire 2019).
    uint32_t range = (uint32_t)n;
    uint32_t reject = -range % range;
    uint64_t product;
    do {
        product = (uint64_t)rng_uint32(rng) * range;
    } while ((uint32_t)product < reject);
    return (int)(product >> 32);
}
