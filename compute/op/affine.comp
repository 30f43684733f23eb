#version 450
#extension GL_GOOGLE_include_directive : require
#include "common.glsl"

// y = scale * x + shift
layout(local_size_x = 256) in;
layout(push_constant, scalar) uniform Push {
    F32Out y; // n elements
    F32 x;
    float scale, shift;
    uint n;
};

void main()
{
    for_each (i, n) {
        y.v[i] = scale * x.v[i] + shift;
    }
}
