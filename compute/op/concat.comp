#version 450
#extension GL_GOOGLE_include_directive : require
#include "common.glsl"

// y (P, A + B) = a (P, A) and b (P, B) side by side
layout(local_size_x = 256) in;
layout(push_constant, scalar) uniform Push {
    F32Out y; // n elements
    F32 a;
    F32 b;
    uint n, channels_a, channels_b;
};

void main()
{
    uint channels = channels_a + channels_b;
    for_each (i, n) {
        uint row = i / channels;
        uint c = i - row * channels;
        y.v[i] = c < channels_a ? a.v[row * channels_a + c] : b.v[row * channels_b + c - channels_a];
    }
}
