#version 450
#extension GL_GOOGLE_include_directive : require
#include "common.glsl"
#include "activation.glsl"

// y = f(x)
layout(local_size_x = 256) in;
layout(constant_id = 0) const uint KIND = 0; // ops.h: enum unary
layout(push_constant, scalar) uniform Push {
    F32Out y; // n elements
    F32 x;
    uint n;
};

float f(float x)
{
    switch (KIND) {
    case 0: return max(x, 0.0);
    case 1: return silu(x);
    case 2: return gelu(x);
    default: return quick_gelu(x);
    }
}

void main()
{
    for_each (i, n) {
        y.v[i] = f(x.v[i]);
    }
}
