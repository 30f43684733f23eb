#version 450
#extension GL_GOOGLE_include_directive : require
#include "common.glsl"
#include "activation.glsl"

// y (P, C) = first half of x (P, 2C) * gelu(second half)
layout(local_size_x = 256) in;
layout(push_constant, scalar) uniform Push {
    F32Out y; // n elements
    F32 x;
    uint n, channels;
};

void main()
{
    for_each (i, n) {
        uint hidden = i + i / channels * channels;
        y.v[i] = x.v[hidden] * gelu(x.v[hidden + channels]);
    }
}
