#version 450
#extension GL_GOOGLE_include_directive : require
#include "common.glsl"
#include "lanes.glsl"

// y = a + b, a - b or a * b, both of one shape
layout(constant_id = 0) const uint KIND = 0; // binary.c: enum kind
layout(push_constant, scalar) uniform Push {
    PairsOut y; // n pairs
    Pairs a;
    Pairs b;
    uint n;
};

void main()
{
    for_each_pair (i, n) {
        vec2 p = pair_load(a.v[i]);
        vec2 q = pair_load(b.v[i]);
        y.v[i] = pair_store(KIND == 0 ? p + q : KIND == 1 ? p - q : p * q);
    }
}
