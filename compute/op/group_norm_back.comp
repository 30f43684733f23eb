#version 450
#extension GL_GOOGLE_include_directive : require
#include "common.glsl"
#include "activation.glsl"

// dx = rstd (g - mean(g) - xhat mean(g xhat)), g = gamma dz; x, dy, dx (batch, rows, channels). One workgroup an
// image and group. g waits in the place of the result.
layout(local_size_x_id = 0) in;
layout(constant_id = 1) const bool ACTIVATE = false;
layout(constant_id = 2) const bool HAS_BETA = true;
layout(push_constant, scalar) uniform Push {
    F32InOut dx;
    F32 x;
    F32 gamma;
    F32 beta;
    F32 dy;
    uint batch, rows, channels, groups;
    float eps;
};
#include "group_norm.glsl"

void main()
{
    for_each_row (ng, batch * groups) {
        Group group = group_make(ng);
        Moments m = group_moments(group);
        float sum = 0, product = 0;
        for_each_element (i, group) {
            uint at = group_index(group, i);
            uint c = group_channel(group, i);
            float xhat = (x.v[at] - m.mean) * m.rstd;
            float g = gamma.v[c] * group_dz(dy.v[at], xhat, c);
            sum += g;
            product += g * xhat;
            dx.v[at] = g;
        }
        float mean_g = workgroup_sum(sum) / float(group.count);
        float mean_gx = workgroup_sum(product) / float(group.count);
        for_each_element (i, group) {
            uint at = group_index(group, i);
            float xhat = (x.v[at] - m.mean) * m.rstd;
            dx.v[at] = m.rstd * (dx.v[at] - mean_g - xhat * mean_gx);
        }
    }
}
