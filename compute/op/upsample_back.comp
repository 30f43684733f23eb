#version 450
#extension GL_GOOGLE_include_directive : require
#include "common.glsl"

// y (N, height, width, C) = sum of the positions of x (N, from_height, from_width, C) that were copied from it
layout(local_size_x = 256) in;
layout(push_constant, scalar) uniform Push {
    F32Out y; // n elements
    F32 x;
    uint n, from_height, from_width, height, width, channels;
};

uint first_copy(uint s, uint small, uint large)
{
    return (s * large + small - 1) / small;
}

void main()
{
    for_each (i, n) {
        uint position = i / channels;
        uint c = i - position * channels;
        uint line = position / width;
        uint col = position - line * width;
        uint batch = line / height;
        uint row = line - batch * height;
        uint row_end = first_copy(row + 1, height, from_height);
        uint col_begin = first_copy(col, width, from_width);
        uint col_end = first_copy(col + 1, width, from_width);
        float sum = 0;
        for (uint r = first_copy(row, height, from_height); r < row_end; r++) {
            uint base = (batch * from_height + r) * from_width;
            for (uint k = col_begin; k < col_end; k++) {
                sum += x.v[(base + k) * channels + c];
            }
        }
        y.v[i] = sum;
    }
}
