#version 450
#extension GL_GOOGLE_include_directive : require
#include "common.glsl"
#include "tile.glsl"

// y = op(a) op(b) + bias, batched: y (batch, m, n), op(a) (m, k), op(b) (k, n), bias (n).
// Row pitches and batch steps are free, so that blocks of channels are matrices as well.
layout(constant_id = 1) const bool TRANS_A = false;
layout(constant_id = 2) const bool TRANS_B = false;
layout(constant_id = 3) const bool HAS_BIAS = false;

layout(push_constant, scalar) uniform Push {
    F32Out y;
    F32 a, b, bias;
    uint batch, m, n, k;
    uint pitch_y, pitch_a, pitch_b;
    uint step_y, step_a, step_b;
};

float load_a(uint at, uint row, uint depth)
{
    bool inside = row < m && depth < k;
    return inside ? a.v[at + (TRANS_A ? depth * pitch_a + row : row * pitch_a + depth)] : 0;
}

float load_b(uint at, uint depth, uint column)
{
    bool inside = column < n && depth < k;
    return inside ? b.v[at + (TRANS_B ? column * pitch_b + depth : depth * pitch_b + column)] : 0;
}

void main()
{
    uint rows = (m + TILE - 1) / TILE, columns = (n + TILE - 1) / TILE;
    for_each_row (tile, batch * rows * columns) {
        uint item = tile / (rows * columns);
        uint row = tile / columns % rows * TILE, column = tile % columns * TILE;
        float sum[SIDE * SIDE];
        [[unroll]] for (uint i = 0; i < SIDE * SIDE; i++) {
            sum[i] = 0;
        }
        for (uint depth = 0; depth < k; depth += DEPTH) {
            [[unroll]] for (uint i = 0; i < SIDE; i++) {
                uint da = TRANS_A ? ACROSS_DEPTH(i) : ALONG_DEPTH(i);
                uint r = TRANS_A ? ACROSS_SIDE(i) : ALONG_SIDE(i);
                tile_a[da * PITCH + r] = load_a(item * step_a, row + r, depth + da);
                uint db = TRANS_B ? ALONG_DEPTH(i) : ACROSS_DEPTH(i);
                uint c = TRANS_B ? ALONG_SIDE(i) : ACROSS_SIDE(i);
                tile_b[db * PITCH + c] = load_b(item * step_b, depth + db, column + c);
            }
            barrier();
            TILE_MULTIPLY(sum, 0)
            barrier();
        }
        [[unroll]] for (uint i = 0; i < SIDE; i++) {
            [[unroll]] for (uint j = 0; j < SIDE; j++) {
                uint r = row + tile_row + i, c = column + tile_column + j;
                if (r < m && c < n) {
                    float add = HAS_BIAS ? bias.v[c] : 0;
                    y.v[item * step_y + r * pitch_y + c] = sum[i * SIDE + j] + add;
                }
            }
        }
    }
}
