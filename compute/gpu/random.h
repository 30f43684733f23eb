// Counter-based random numbers: Philox 4x32-10, stream-compatible with the randn of the widely used
// CUDA framework, so that a seed from another program gives the same start noise.
//
// Element i of a draw comes from the Philox block with counter (offset, subsequence i) and key
// seed, by Box-Muller: random.c has the formula.
#pragma once

#include <stdint.h>

struct rng {
    uint64_t seed;
    uint64_t offset; // advanced by every draw, so (seed, offset) is all that a checkpoint needs
};

// One Philox 4x32-10 block.
void philox4x32(uint64_t seed, uint64_t subsequence, uint64_t offset, uint32_t out[4]);

// out[n] standard normal numbers, in the order of a contiguous (N, C, H, W) tensor of the reference
// framework.
void rng_normal(struct rng *rng, float *out, int64_t n);
uint32_t rng_uint32(struct rng *rng);
double rng_uniform(struct rng *rng);   // [0, 1)
int rng_below(struct rng *rng, int n); // uniform integer in [0, n)
