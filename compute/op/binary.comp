#version 450
#extension GL_GOOGLE_include_directive : require
#include "common.glsl"
#include "broadcast.glsl"

// y = a + b, a - b or a * b, b broadcast to a
layout(local_size_x = 256) in;
layout(constant_id = 0) const uint KIND = 0; // binary.c: enum kind
layout(constant_id = 1) const bool SAME_SHAPE = true;
layout(push_constant, scalar) uniform Push {
    F32Out y; // n elements
    F32 a;
    F32 b;
    uint n;
    Broadcast bc;
};

void main()
{
    for_each (i, n) {
        float p = a.v[i];
        float q = b.v[SAME_SHAPE ? i : broadcast_index(bc, i)];
        y.v[i] = KIND == 0 ? p + q : KIND == 1 ? p - q : p * q;
    }
}
