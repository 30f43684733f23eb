#version 450
#extension GL_GOOGLE_include_directive : require
#include "common.glsl"
#include "broadcast.glsl"

// y = x repeated along the dimensions where x has 1
layout(local_size_x = 256) in;
layout(push_constant, scalar) uniform Push {
    F32Out y; // n elements
    F32 x;
    uint n;
    Broadcast bc;
};

void main()
{
    for_each (i, n) {
        y.v[i] = x.v[broadcast_index(bc, i)];
    }
}
