#version 450
#extension GL_GOOGLE_include_directive : require
#include "common.glsl"
#include "tile.glsl"

// A convolution, or its gradient with respect to the input (BACK), as a sum over the kernel's taps of
// matrix products (positions, depth) (depth, channels):
//
//   y(oy, ox)  = sum over taps of x(oy * stride - top + ky, ...) w[:, tap, :]^T + bias
//   dx(iy, ix) = sum over taps of dy((iy + top - ky) / stride, ...) w[:, tap, :]
//
// where dy counts only if the quotients are exact.
layout(constant_id = 1) const bool BACK = false;
layout(constant_id = 2) const bool HAS_BIAS = false;

layout(push_constant, scalar) uniform Push {
    F32Out y;                      // (batch, height, width, channels): y, or dx
    F32 x;                         // (batch, in_height, in_width, depth): x, or dy
    F32 w;                         // (O, taps_y, taps_x, I)
    F32 bias;                      // (channels)
    uint batch, height, width, channels;
    int in_height, in_width;
    uint depth;
    uint taps_y, taps_x;
    int stride, top, left;
};

const uint OUTSIDE = 0xffffffff;

// The row or column that is read for position p under tap t, or -1.
int source(uint p, int before, uint t, int size)
{
    int s = BACK ? int(p) + before - int(t) : int(p) * stride - before + int(t);
    if (BACK) {
        s = s % stride == 0 ? s / stride : -1;
    }
    return s >= 0 && s < size ? s : -1;
}

// Element offset of the position that is read for a position under a tap.
uint source_offset(uint position, uint ky, uint kx)
{
    int sy = source(position / width % height, top, ky, in_height);
    int sx = source(position % width, left, kx, in_width);
    uint image = position / width / height;
    bool outside = sy < 0 || sx < 0 || image >= batch;
    return outside ? OUTSIDE : ((image * in_height + sy) * in_width + sx) * depth;
}

float load_w(uint tap, uint channel, uint d)
{
    uint taps = taps_y * taps_x;
    if (channel >= channels || d >= depth) {
        return 0;
    }
    return w.v[BACK ? (d * taps + tap) * channels + channel : (channel * taps + tap) * depth + d];
}

void main()
{
    uint positions = batch * height * width;
    uint columns = (channels + TILE - 1) / TILE;
    for_each_row (tile, (positions + TILE - 1) / TILE * columns) {
        uint row = tile / columns * TILE, column = tile % columns * TILE;
        float sum[SIDE * SIDE];
        [[unroll]] for (uint i = 0; i < SIDE * SIDE; i++) {
            sum[i] = 0;
        }
        for (uint tap = 0; tap < taps_y * taps_x; tap++) {
            uint from[SIDE];
            [[unroll]] for (uint i = 0; i < SIDE; i++) {
                from[i] = source_offset(row + ALONG_SIDE(i), tap / taps_x, tap % taps_x);
            }
            for (uint d = 0; d < depth; d += DEPTH) {
                [[unroll]] for (uint i = 0; i < SIDE; i++) {
                    uint da = ALONG_DEPTH(i);
                    bool inside = from[i] != OUTSIDE && d + da < depth;
                    tile_a[da * PITCH + ALONG_SIDE(i)] = inside ? x.v[from[i] + d + da] : 0;
                    uint db = BACK ? ACROSS_DEPTH(i) : ALONG_DEPTH(i);
                    uint c = BACK ? ACROSS_SIDE(i) : ALONG_SIDE(i);
                    tile_b[db * PITCH + c] = load_w(tap, column + c, d + db);
                }
                barrier();
                TILE_MULTIPLY(sum, 0)
                barrier();
            }
        }
        [[unroll]] for (uint i = 0; i < SIDE; i++) {
            [[unroll]] for (uint j = 0; j < SIDE; j++) {
                uint r = row + tile_row + i, c = column + tile_column + j;
                if (r < positions && c < channels) {
                    y.v[r * channels + c] = sum[i * SIDE + j] + (HAS_BIAS ? bias.v[c] : 0);
                }
            }
        }
    }
}
