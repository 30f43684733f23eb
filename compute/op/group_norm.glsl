// The device's side of group_norm.h, for kernels whose push constants have x, gamma, beta and the sizes.
struct Group {
    uint n;     // image
    uint first; // channel
    uint width; // channels
    uint count; // elements: i / width is the position, i % width the channel in the group
};

Group group_make(uint ng)
{
    Group group;
    group.n = ng / groups;
    group.width = channels / groups;
    group.first = (ng - group.n * groups) * group.width;
    group.count = rows * group.width;
    return group;
}

#define for_each_element(i, group)                                                                 \
    for (uint i = gl_LocalInvocationID.x; i < group.count; i += gl_WorkGroupSize.x)

uint group_channel(Group group, uint i)
{
    return group.first + i % group.width;
}

uint group_index(Group group, uint i)
{
    return (group.n * rows + i / group.width) * channels + group_channel(group, i);
}

struct Moments {
    float mean, rstd;
};

// All invocations take part.
Moments group_moments(Group group)
{
    Moments m;
    float sum = 0;
    for_each_element (i, group) {
        sum += x.v[group_index(group, i)];
    }
    m.mean = workgroup_sum(sum) / float(group.count);
    float squares = 0;
    for_each_element (i, group) {
        float d = x.v[group_index(group, i)] - m.mean;
        squares += d * d;
    }
    m.rstd = inversesqrt(workgroup_sum(squares) / float(group.count) + eps);
    return m;
}

// dz: dy, or dy silu'(z) where the activation is fused.
float group_dz(float dy, float xhat, uint c)
{
    if (ACTIVATE) {
        dy *= silu_slope(gamma.v[c] * xhat + (HAS_BETA ? beta.v[c] : 0.0));
    }
    return dy;
}
