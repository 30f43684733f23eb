#version 450
#extension GL_GOOGLE_include_directive : require
#include "common.glsl"

// y (N, height, width, C) = x (N, from_height, from_width, C) at row floor(y * from_height / height)
layout(local_size_x = 256) in;
layout(push_constant, scalar) uniform Push {
    F32Out y; // n elements
    F32 x;
    uint n, from_height, from_width, height, width, channels;
};

void main()
{
    for_each (i, n) {
        uint position = i / channels;
        uint c = i - position * channels;
        uint line = position / width;
        uint col = position - line * width;
        uint batch = line / height;
        uint row = line - batch * height;
        uint source = (batch * from_height + row * from_height / height) * from_width +
                      col * from_width / width;
        y.v[i] = x.v[source * channels + c];
    }
}
