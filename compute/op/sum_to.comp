#version 450
#extension GL_GOOGLE_include_directive : require
#include "common.glsl"

// y (groups, width) = sum over the rows of x (groups, rows, width). A workgroup sums COLUMNS neighbouring
// columns; its invocations share the rows.
layout(local_size_x_id = 0) in;
layout(constant_id = 1) const uint COLUMNS = 16;
layout(push_constant, scalar) uniform Push {
    F32Out y;
    F32 x;
    uint groups, rows, width, tiles; // tiles = ceil(width / COLUMNS)
};
#include "columns.glsl"

void main()
{
    for_each_row (tile, groups * tiles) {
        uint group = tile / tiles;
        uint c = (tile - group * tiles) * COLUMNS + column;
        float sum = 0;
        if (c < width) {
            for (uint row = first_row; row < rows; row += row_step) {
                sum += x.v[(group * rows + row) * width + c];
            }
        }
        sum = columns_sum(sum);
        if (first_row == 0 && c < width) {
            y.v[group * width + c] = sum;
        }
    }
}
