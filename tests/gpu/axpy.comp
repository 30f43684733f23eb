// y (n) += a x (n), by address: the smallest kernel that uses everything a real one does.
#version 460
#extension GL_EXT_buffer_reference : require
#extension GL_EXT_scalar_block_layout : require

layout(local_size_x_id = 0) in;
layout(constant_id = 1) const float a = 1.0;

layout(buffer_reference, scalar, buffer_reference_align = 4) buffer Floats {
    float v[];
};
layout(push_constant, scalar) uniform Push {
    Floats x, y;
    uint n;
};

void main()
{
    uint i = gl_GlobalInvocationID.x;
    if (i < n)
        y.v[i] += a * x.v[i];
}
