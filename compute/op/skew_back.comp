#version 450
#extension GL_GOOGLE_include_directive : require
#include "common.glsl"

// du_k = ds_ij - ds_ji for i < j; k = row-major index of (i, j) in the strict upper triangle.
layout(local_size_x = 256) in;
layout(push_constant, scalar) uniform Push {
    F32Out du; // (blocks, b(b-1)/2)
    F32 ds;    // (blocks, b, b)
    uint blocks, b;
};

void main()
{
    uint triangle = b * (b - 1) / 2;
    for_each (at, blocks * b * b) {
        uint i = at / b % b, j = at % b, block = at / (b * b);
        if (i < j) {
            du.v[block * triangle + i * b - i * (i + 1) / 2 + j - i - 1] =
                ds.v[at] - ds.v[(block * b + j) * b + i];
        }
    }
}
