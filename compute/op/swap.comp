#version 450
#extension GL_GOOGLE_include_directive : require
#include "common.glsl"

// y (N, outer, inner, channels) = x (N, inner, outer, channels)
layout(local_size_x = 256) in;
layout(push_constant, scalar) uniform Push {
    F32Out y; // n elements
    F32 x;
    uint n, outer, inner, channels;
};

void main()
{
    for_each (i, n) {
        uint row = i / channels;
        uint line = row / inner;
        uint batch = line / outer;
        uint source = (batch * inner + row - line * inner) * outer + line - batch * outer;
        y.v[i] = x.v[source * channels + i - row * channels];
    }
}
