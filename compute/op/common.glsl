// What the compute shaders share. A shader begins with
//
//     #version 450
//     #extension GL_GOOGLE_include_directive : require
//     #include "common.glsl"
//
// and declares its push constants, in the order of the C struct in its op's dispatch function: addresses
// (result, then inputs), then sizes.
//
//     layout(push_constant, scalar) uniform Push {
//         F32Out y; // (N, H, W, C)
//         F32 x;
//         uint n;
//     };
//
// Kernels stride over the grid (for_each below), so that the number of workgroups never limits a size. A
// tensor has fewer than 2^31 elements.

#extension GL_EXT_buffer_reference : require
#extension GL_EXT_scalar_block_layout : require
#extension GL_KHR_shader_subgroup_basic : require
#extension GL_KHR_shader_subgroup_arithmetic : require

layout(buffer_reference, scalar, buffer_reference_align = 4) readonly buffer F32 {
    float v[];
};
layout(buffer_reference, scalar, buffer_reference_align = 4) writeonly buffer F32Out {
    float v[];
};
layout(buffer_reference, scalar, buffer_reference_align = 4) buffer F32InOut {
    float v[];
};
layout(buffer_reference, scalar, buffer_reference_align = 4) readonly buffer I32 {
    int v[];
};

// Every element of n by one invocation; every row by one workgroup.
#define for_each(i, n)                                                                             \
    for (uint i = gl_GlobalInvocationID.x; i < (n); i += gl_NumWorkGroups.x * gl_WorkGroupSize.x)
#define for_each_row(row, rows)                                                                    \
    for (uint row = gl_WorkGroupID.x; row < (rows); row += gl_NumWorkGroups.x)

// Sums over the workgroup, in a fixed order; all invocations take part and get the result. Subgroups
// need not be full: nothing may be said of which invocations are in one. A workgroup has at most 1024
// of them, in subgroups of at least 4.
shared float workgroup_part[256];

float workgroup_sum(float value)
{
    float part = subgroupAdd(value);
    barrier(); // the last sum's readers are done
    if (subgroupElect()) {
        workgroup_part[gl_SubgroupID] = part;
    }
    barrier();
    float sum = 0;
    for (uint i = 0; i < gl_NumSubgroups; i++) {
        sum += workgroup_part[i];
    }
    return sum;
}

// The largest value of the workgroup, in the same way.
float workgroup_max(float value)
{
    float part = subgroupMax(value);
    barrier();
    if (subgroupElect()) {
        workgroup_part[gl_SubgroupID] = part;
    }
    barrier();
    float top = workgroup_part[0];
    for (uint i = 1; i < gl_NumSubgroups; i++) {
        top = max(top, workgroup_part[i]);
    }
    return top;
}
