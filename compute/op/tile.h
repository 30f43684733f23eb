// The host's side of tile.glsl: how large tiles are and how many workgroups they take.
#pragma once

#include "compute/op/kernel.h"

// The specialization constant SIDE: 4 (tiles of 64 x 64) where that still makes enough workgroups
// to fill a device, else 2 (32 x 32).
static inline uint32_t tile_side(int64_t rows, int64_t columns, int64_t batch)
{
    int64_t large = (rows + 63) / 64 * ((columns + 63) / 64) * batch;

    return large >= 128 ? 4 : 2;
}

static inline uint32_t tile_groups(int64_t rows, int64_t columns, int64_t batch, uint32_t side)
{
    int64_t tile = 16 * side;

    return op_groups((rows + tile - 1) / tile * ((columns + tile - 1) / tile) * batch, 1);
}
