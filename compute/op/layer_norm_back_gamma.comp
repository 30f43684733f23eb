#version 450
#extension GL_GOOGLE_include_directive : require
#include "common.glsl"

// dgamma (channels) = sum over the rows of dy xhat; x, dy (rows, channels). A workgroup owns as many neighbouring
// channels as a subgroup has invocations; its subgroups share the rows, and each computes the statistics of its
// own rows.
layout(local_size_x_id = 0) in;
layout(push_constant, scalar) uniform Push {
    F32Out dgamma;
    F32 x;
    F32 dy;
    uint rows, channels;
    float eps;
};

shared float part[1024]; // the largest workgroup

// dy xhat of one row and channel c; 0 for c outside.
float product(uint row, uint c)
{
    float sum = 0;
    for (uint k = gl_SubgroupInvocationID; k < channels; k += gl_SubgroupSize) {
        sum += x.v[row * channels + k];
    }
    float mean = subgroupAdd(sum) / float(channels);
    float squares = 0;
    for (uint k = gl_SubgroupInvocationID; k < channels; k += gl_SubgroupSize) {
        float d = x.v[row * channels + k] - mean;
        squares += d * d;
    }
    float rstd = inversesqrt(subgroupAdd(squares) / float(channels) + eps);
    if (c >= channels) {
        return 0;
    }
    return dy.v[row * channels + c] * (x.v[row * channels + c] - mean) * rstd;
}

void main()
{
    for_each_row (tile, (channels + gl_SubgroupSize - 1) / gl_SubgroupSize) {
        uint c = tile * gl_SubgroupSize + gl_SubgroupInvocationID;
        float sum = 0;
        for (uint row = gl_SubgroupID; row < rows; row += gl_NumSubgroups) {
            sum += product(row, c);
        }
        barrier(); // the last tile's readers are done
        part[gl_SubgroupID * gl_SubgroupSize + gl_SubgroupInvocationID] = sum;
        barrier();
        if (gl_SubgroupID == 0 && c < channels) {
            for (uint s = 1; s < gl_NumSubgroups; s++) {
                sum += part[s * gl_SubgroupSize + gl_SubgroupInvocationID];
            }
            dgamma.v[c] = sum;
        }
    }
}
