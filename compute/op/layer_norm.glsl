// The device's side of layer_norm.h, for kernels whose push constants have x, channels and eps.
struct Moments {
    float mean, rstd;
};

#define for_each_channel(c)                                                                        \
    for (uint c = gl_LocalInvocationID.x; c < channels; c += gl_WorkGroupSize.x)

// All invocations of the workgroup take part.
Moments row_moments(uint row)
{
    Moments m;
    float sum = 0;
    for_each_channel (c) {
        sum += x.v[row * channels + c];
    }
    m.mean = workgroup_sum(sum) / float(channels);
    float squares = 0;
    for_each_channel (c) {
        float d = x.v[row * channels + c] - m.mean;
        squares += d * d;
    }
    m.rstd = inversesqrt(workgroup_sum(squares) / float(channels) + eps);
    return m;
}
