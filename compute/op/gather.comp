#version 450
#extension GL_GOOGLE_include_directive : require
#include "common.glsl"

// y (P, C) = table (size, C) at row ids (P), row 0 for ids outside
layout(local_size_x = 256) in;
layout(push_constant, scalar) uniform Push {
    F32Out y; // n elements
    F32 table;
    I32 ids;
    uint n, size, channels;
};

void main()
{
    for_each (i, n) {
        uint row = i / channels;
        uint id = uint(ids.v[row]);
        y.v[i] = table.v[(id < size ? id : 0) * channels + i - row * channels];
    }
}
