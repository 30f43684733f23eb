#version 450
#extension GL_GOOGLE_include_directive : require
#include "common.glsl"

// y (P, count) = x (P, channels), channels [begin, begin + count)
layout(local_size_x = 256) in;
layout(push_constant, scalar) uniform Push {
    F32Out y; // n elements
    F32 x;
    uint n, begin, count, channels;
};

void main()
{
    for_each (i, n) {
        uint row = i / count;
        y.v[i] = x.v[row * channels + begin + i - row * count];
    }
}
