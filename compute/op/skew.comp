#version 450
#extension GL_GOOGLE_include_directive : require
#include "common.glsl"

// s_ij = u_k, s_ji = -u_k for i < j, s_ii = 0; k = row-major index of (i, j) in the strict upper
// triangle.
layout(local_size_x = 256) in;
layout(push_constant, scalar) uniform Push {
    F32Out s; // (blocks, b, b)
    F32 u;    // (blocks, b(b-1)/2)
    uint blocks, b;
};

void main()
{
    uint triangle = b * (b - 1) / 2;
    for_each (at, blocks * b * b) {
        uint i = at / b % b, j = at % b;
        uint low = min(i, j), high = max(i, j);
        float value = 0;
        if (low < high) {
            value = u.v[at / (b * b) * triangle + low * b - low * (low + 1) / 2 + high - low - 1];
        }
        s.v[at] = i < j ? value : -value;
    }
}
