#version 450
#extension GL_GOOGLE_include_directive : require
#include "common.glsl"
#include "activation.glsl"

// dx (P, 2C): dy * gelu(gate), then dy * hidden * gelu'(gate); x (P, 2C) = (hidden, gate), dy (P, C)
layout(local_size_x = 256) in;
layout(push_constant, scalar) uniform Push {
    F32Out dx;
    F32 x;
    F32 dy; // n elements
    uint n, channels;
};

void main()
{
    for_each (i, n) {
        uint hidden = i + i / channels * channels;
        uint gate = hidden + channels;
        dx.v[hidden] = dy.v[i] * gelu(x.v[gate]);
        dx.v[gate] = dy.v[i] * x.v[hidden] * gelu_slope(x.v[gate]);
    }
}
