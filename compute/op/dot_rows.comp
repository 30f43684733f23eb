#version 450
#extension GL_GOOGLE_include_directive : require
#include "common.glsl"

// y (width) = sum over the rows of a * b, both (rows, width)
layout(local_size_x_id = 0) in;
layout(constant_id = 1) const uint COLUMNS = 16;
layout(push_constant, scalar) uniform Push {
    F32Out y;
    F32 a;
    F32 b;
    uint rows, width;
};
#include "columns.glsl"

void main()
{
    for_each_row (tile, (width + COLUMNS - 1) / COLUMNS) {
        uint c = tile * COLUMNS + column;
        float sum = 0;
        if (c < width) {
            for (uint row = first_row; row < rows; row += row_step) {
                sum += a.v[row * width + c] * b.v[row * width + c];
            }
        }
        sum = columns_sum(sum);
        if (first_row == 0 && c < width) {
            y.v[c] = sum;
        }
    }
}
