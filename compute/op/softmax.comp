#version 450
#extension GL_GOOGLE_include_directive : require
#include "common.glsl"

// y = softmax(x) over the channels; x, y (rows, channels). One workgroup a row.
layout(local_size_x = 128) in;
layout(push_constant, scalar) uniform Push {
    F32Out y;
    F32 x;
    uint rows, channels;
};

#define for_each_channel(c)                                                                        \
    for (uint c = gl_LocalInvocationID.x; c < channels; c += gl_WorkGroupSize.x)

void main()
{
    for_each_row (row, rows) {
        uint begin = row * channels;
        float top = x.v[begin];
        for_each_channel (c) {
            top = max(top, x.v[begin + c]);
        }
        top = workgroup_max(top);
        float sum = 0;
        for_each_channel (c) {
            sum += exp(x.v[begin + c] - top);
        }
        float part = 1 / workgroup_sum(sum);
        for_each_channel (c) {
            y.v[begin + c] = exp(x.v[begin + c] - top) * part;
        }
    }
}
