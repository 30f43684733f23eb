#version 450
#extension GL_GOOGLE_include_directive : require
#include "common.glsl"
#include "activation.glsl"

// y = z or silu(z), z = gamma (x - mean) rstd + beta; x, y (batch, rows, channels). One workgroup an image and
// group, whose elements are `rows` runs of channels / groups; in two passes, the mean first.
layout(local_size_x_id = 0) in;
layout(constant_id = 1) const bool ACTIVATE = false;
layout(constant_id = 2) const bool HAS_BETA = true;
layout(push_constant, scalar) uniform Push {
    F32Out y;
    F32 x;
    F32 gamma;
    F32 beta;
    uint batch, rows, channels, groups;
    float eps;
};
#include "group_norm.glsl"

void main()
{
    for_each_row (ng, batch * groups) {
        Group group = group_make(ng);
        Moments m = group_moments(group);
        for_each_element (i, group) {
            uint c = group_channel(group, i);
            float z = gamma.v[c] * ((x.v[group_index(group, i)] - m.mean) * m.rstd);
            z += HAS_BETA ? beta.v[c] : 0.0;
            y.v[group_index(group, i)] = ACTIVATE ? silu(z) : z;
        }
    }
}
