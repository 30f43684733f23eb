#version 450
#extension GL_GOOGLE_include_directive : require
#include "common.glsl"

// y = gamma xhat + beta; x, y (rows, channels). One workgroup a row.
layout(local_size_x = 128) in;
layout(push_constant, scalar) uniform Push {
    F32Out y;
    F32 x;
    F32 gamma;
    F32 beta;
    uint rows, channels;
    float eps;
};
#include "layer_norm.glsl"

void main()
{
    for_each_row (row, rows) {
        Moments m = row_moments(row);
        for_each_channel (c) {
            float xhat = (x.v[row * channels + c] - m.mean) * m.rstd;
            y.v[row * channels + c] = gamma.v[c] * xhat + beta.v[c];
        }
    }
}
