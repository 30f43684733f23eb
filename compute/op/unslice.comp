#version 450
#extension GL_GOOGLE_include_directive : require
#include "common.glsl"

// y (P, channels) = x (P, count) at channel begin, zero elsewhere
layout(local_size_x = 256) in;
layout(push_constant, scalar) uniform Push {
    F32Out y; // n elements
    F32 x;
    uint n, begin, count, channels;
};

void main()
{
    for_each (i, n) {
        uint row = i / channels;
        uint c = i - row * channels - begin; // wraps around below begin
        y.v[i] = c < count ? x.v[row * count + c] : 0.0;
    }
}
