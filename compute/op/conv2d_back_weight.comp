#version 450
#extension GL_GOOGLE_include_directive : require
#include "common.glsl"
#include "tile.glsl"

// dw[o, tap, i] = sum over output positions p of dy(p)[o] x(source of p under the tap)[i]: one matrix
// product (O, positions) (positions, I) for each tap.
layout(push_constant, scalar) uniform Push {
    F32Out dw;                     // (O, taps_y, taps_x, I)
    F32 x;                         // (batch, in_height, in_width, I)
    F32 dy;                        // (batch, height, width, O)
    uint batch, height, width, channels_out;
    int in_height, in_width;
    uint channels_in;
    uint taps_y, taps_x;
    int stride, top, left;
};

float load_x(uint position, uint tap, uint channel)
{
    int sy = int(position / width % height) * stride - top + int(tap / taps_x);
    int sx = int(position % width) * stride - left + int(tap % taps_x);
    uint image = position / width / height;
    bool inside = image < batch && sy >= 0 && sy < in_height && sx >= 0 && sx < in_width &&
                  channel < channels_in;
    return inside ? x.v[((image * in_height + sy) * in_width + sx) * channels_in + channel] : 0;
}

void main()
{
    uint positions = batch * height * width, taps = taps_y * taps_x;
    uint rows = (channels_out + TILE - 1) / TILE, columns = (channels_in + TILE - 1) / TILE;
    for_each_row (tile, rows * taps * columns) {
        uint row = tile / columns / taps * TILE, tap = tile / columns % taps;
        uint column = tile % columns * TILE;
        float sum[SIDE * SIDE];
        [[unroll]] for (uint i = 0; i < SIDE * SIDE; i++) {
            sum[i] = 0;
        }
        for (uint p = 0; p < positions; p += DEPTH) {
            [[unroll]] for (uint i = 0; i < SIDE; i++) {
                uint depth = ACROSS_DEPTH(i), side = ACROSS_SIDE(i);
                bool inside = p + depth < positions && row + side < channels_out;
                tile_a[depth * PITCH + side] =
                    inside ? dy.v[(p + depth) * channels_out + row + side] : 0;
                tile_b[depth * PITCH + side] = load_x(p + depth, tap, column + side);
            }
            barrier();
            TILE_MULTIPLY(sum, 0)
            barrier();
        }
        [[unroll]] for (uint i = 0; i < SIDE; i++) {
            [[unroll]] for (uint j = 0; j < SIDE; j++) {
                uint o = row + tile_row + i, c = column + tile_column + j;
                if (o < channels_out && c < channels_in) {
                    dw.v[(o * taps + tap) * channels_in + c] = sum[i * SIDE + j];
                }
            }
        }
    }
}
