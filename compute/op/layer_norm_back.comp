#version 450
#extension GL_GOOGLE_include_directive : require
#include "common.glsl"

// dx = rstd (g - mean(g) - xhat mean(g xhat)), g = gamma dy; x, dy, dx (rows, channels). One workgroup a row.
layout(local_size_x = 128) in;
layout(push_constant, scalar) uniform Push {
    F32Out dx;
    F32 x;
    F32 gamma;
    F32 dy;
    uint rows, channels;
    float eps;
};
#include "layer_norm.glsl"

void main()
{
    for_each_row (row, rows) {
        Moments m = row_moments(row);
        float sum = 0, product = 0;
        for_each_channel (c) {
            float g = gamma.v[c] * dy.v[row * channels + c];
            sum += g;
            product += g * (x.v[row * channels + c] - m.mean) * m.rstd;
        }
        float mean_g = workgroup_sum(sum) / float(channels);
        float mean_gx = workgroup_sum(product) / float(channels);
        for_each_channel (c) {
            float g = gamma.v[c] * dy.v[row * channels + c];
            float xhat = (x.v[row * channels + c] - m.mean) * m.rstd;
            dx.v[row * channels + c] = m.rstd * (g - mean_g - xhat * mean_gx);
        }
    }
}
