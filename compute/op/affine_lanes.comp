#version 450
#extension GL_GOOGLE_include_directive : require
#include "common.glsl"
#include "lanes.glsl"

// y = scale * x + shift
layout(push_constant, scalar) uniform Push {
    PairsOut y; // n pairs
    Pairs x;
    float scale, shift;
    uint n;
};

void main()
{
    for_each_pair (i, n) {
        y.v[i] = pair_store(scale * pair_load(x.v[i]) + shift);
    }
}
