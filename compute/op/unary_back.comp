#version 450
#extension GL_GOOGLE_include_directive : require
#include "common.glsl"
#include "activation.glsl"

// dx = dy * f'(x)
layout(local_size_x = 256) in;
layout(constant_id = 0) const uint KIND = 0; // ops.h: enum unary
layout(push_constant, scalar) uniform Push {
    F32Out dx; // n elements
    F32 x;
    F32 dy;
    uint n;
};

float slope(float x)
{
    switch (KIND) {
    case 0: return x > 0 ? 1.0 : 0.0;
    case 1: return silu_slope(x);
    case 2: return gelu_slope(x);
    default: return quick_gelu_slope(x);
    }
}

void main()
{
    for_each (i, n) {
        dx.v[i] = dy.v[i] * slope(x.v[i]);
    }
}
