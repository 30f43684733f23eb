#version 450
#extension GL_GOOGLE_include_directive : require
#include "common.glsl"

// dgamma (channels) = sum over the rows of dy xhat; x, dy (rows, channels). A workgroup owns LANES
// neighbouring channels and works on as many rows at a time as it has sets of LANES invocations, each
// of which computes the statistics of its own row. The sets are no subgroups: how full those are is
// the driver's choice.
layout(local_size_x_id = 0) in; // a multiple of LANES
layout(push_constant, scalar) uniform Push {
    F32Out dgamma;
    F32 x;
    F32 dy;
    uint rows, channels;
    float eps;
};

const uint LANES = 32;

shared float part[1024]; // the largest workgroup

uint lane = gl_LocalInvocationIndex % LANES, set = gl_LocalInvocationIndex / LANES;

// The sum over the set. All invocations of the workgroup take part.
float set_sum(float value)
{
    barrier(); // the last sum's readers are done
    part[gl_LocalInvocationIndex] = value;
    barrier();
    float sum = 0;
    for (uint i = 0; i < LANES; i++) {
        sum += part[set * LANES + i];
    }
    return sum;
}

// xhat of the set's row and channel c, with any number for a channel outside.
float normalised(uint row, uint c)
{
    float sum = 0;
    for (uint k = lane; k < channels; k += LANES) {
        sum += x.v[row * channels + k];
    }
    float mean = set_sum(sum) / float(channels);
    float squares = 0;
    for (uint k = lane; k < channels; k += LANES) {
        float d = x.v[row * channels + k] - mean;
        squares += d * d;
    }
    float rstd = inversesqrt(set_sum(squares) / float(channels) + eps);
    return (x.v[row * channels + min(c, channels - 1)] - mean) * rstd;
}

void main()
{
    uint sets = gl_WorkGroupSize.x / LANES;
    for_each_row (tile, (channels + LANES - 1) / LANES) {
        uint c = tile * LANES + lane;
        float sum = 0;
        for (uint first = 0; first < rows; first += sets) {
            uint row = first + set;
            float xhat = normalised(min(row, rows - 1), c);
            if (row < rows && c < channels) {
                sum += dy.v[row * channels + c] * xhat;
            }
        }
        barrier();
        part[gl_LocalInvocationIndex] = sum;
        barrier();
        if (set == 0 && c < channels) {
            for (uint s = 1; s < sets; s++) {
                sum += part[s * LANES + lane];
            }
            dgamma.v[c] = sum;
        }
    }
}
