#version 450
#extension GL_GOOGLE_include_directive : require
#include "common.glsl"
#include "activation.glsl"

// dgamma (channels) = sum of dz xhat over images and positions; x, dy (batch, rows, channels). One workgroup a
// group.
layout(local_size_x_id = 0) in;
layout(constant_id = 1) const bool ACTIVATE = false;
layout(constant_id = 2) const bool HAS_BETA = true;
layout(push_constant, scalar) uniform Push {
    F32InOut dgamma;
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
    for_each_row (g, groups) {
        for (uint n = 0; n < batch; n++) {
            Group group = group_make(n * groups + g);
            Moments m = group_moments(group);
            for (uint c = group.first; c < group.first + group.width; c++) {
                float sum = 0;
                for (uint row = gl_LocalInvocationID.x; row < rows; row += gl_WorkGroupSize.x) {
                    uint at = (n * rows + row) * channels + c;
                    float xhat = (x.v[at] - m.mean) * m.rstd;
                    sum += group_dz(dy.v[at], xhat, c) * xhat;
                }
                sum = workgroup_sum(sum);
                if (gl_LocalInvocationID.x == 0) {
                    dgamma.v[c] = n == 0 ? sum : dgamma.v[c] + sum;
                }
            }
        }
    }
}
