// Elementwise kernels for CPU-type devices, where an invocation is one of the 8 lanes of a vector: small
// workgroups, each with a contiguous stretch of the elements, and 64-bit loads and stores, as a software
// device gathers a load lane by lane. lanes.h has the host's side.
#extension GL_EXT_shader_explicit_arithmetic_types_int64 : require

layout(local_size_x = 8) in;

layout(buffer_reference, scalar, buffer_reference_align = 8) readonly buffer Pairs {
    uint64_t v[]; // two floats each
};
layout(buffer_reference, scalar, buffer_reference_align = 8) writeonly buffer PairsOut {
    uint64_t v[];
};

vec2 pair_load(uint64_t bits)
{
    return uintBitsToFloat(unpack32(bits));
}

uint64_t pair_store(vec2 pair)
{
    return pack64(floatBitsToUint(pair));
}

// Every pair of n by one invocation, 256 at a time by one workgroup.
#define for_each_pair(i, n)                                                                        \
    for (uint begin = gl_WorkGroupID.x * 256; begin < (n); begin += gl_NumWorkGroups.x * 256)      \
        for (uint i = begin + gl_LocalInvocationID.x; i < min(begin + 256, n); i += 8)
