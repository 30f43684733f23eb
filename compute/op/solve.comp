#version 450
#extension GL_GOOGLE_include_directive : require
#include "common.glsl"

// x = a^-1 b, or a^-T b, for `blocks` systems of SIZE unknowns with SIZE right sides; one workgroup
// a system.
//
// x is the only memory to work in, so a is inverted there in place (Gauss-Jordan elimination with
// partial pivoting), and then every row of the inverse is replaced by its product with b. The
// pivoting makes it the inverse of P a; the rows of b are taken in the order of P.
layout(local_size_x = 256) in;
layout(constant_id = 0) const uint SIZE = 32;
layout(constant_id = 1) const bool TRANS = false;

layout(buffer_reference, scalar, buffer_reference_align = 4) coherent buffer Work {
    float v[];
};

layout(push_constant, scalar) uniform Push {
    Work x;  // (blocks, SIZE, SIZE)
    F32 a, b;
    uint blocks;
};

shared float pivot_row[SIZE];
shared float pivot_column[SIZE];
shared uint order[SIZE]; // row i of P a is row order[i] of a
shared uint chosen;

#define for_each_local(i, n) for (uint i = gl_LocalInvocationIndex; i < (n); i += 256)

void workgroup_barrier()
{
    memoryBarrierBuffer();
    memoryBarrierShared();
    barrier();
}

// Subtracts multiples of row k from all others, so that column k becomes that of the inverse.
void eliminate(uint at, uint k)
{
    for_each_local (i, SIZE) {
        pivot_column[i] = x.v[at + i * SIZE + k];
    }
    workgroup_barrier();
    if (gl_LocalInvocationIndex == 0) {
        chosen = k;
        for (uint i = k + 1; i < SIZE; i++) {
            chosen = abs(pivot_column[i]) > abs(pivot_column[chosen]) ? i : chosen;
        }
        float value = pivot_column[chosen];
        pivot_column[chosen] = pivot_column[k];
        pivot_column[k] = value;
        uint row = order[chosen];
        order[chosen] = order[k];
        order[k] = row;
    }
    workgroup_barrier();
    float scale = 1 / pivot_column[k];
    for_each_local (j, SIZE) {
        float value = x.v[at + chosen * SIZE + j];
        x.v[at + chosen * SIZE + j] = x.v[at + k * SIZE + j];
        pivot_row[j] = j == k ? scale : value * scale;
    }
    workgroup_barrier();
    for_each_local (e, SIZE * SIZE) {
        uint i = e / SIZE, j = e % SIZE;
        float old = j == k ? 0 : x.v[at + e];
        x.v[at + e] = i == k ? pivot_row[j] : old - pivot_column[i] * pivot_row[j];
    }
    workgroup_barrier();
}

void main()
{
    for_each_row (block, blocks) {
        uint at = block * SIZE * SIZE;
        for_each_local (e, SIZE * SIZE) {
            x.v[at + e] = a.v[at + (TRANS ? e % SIZE * SIZE + e / SIZE : e)];
        }
        for_each_local (i, SIZE) {
            order[i] = i;
        }
        workgroup_barrier();
        for (uint k = 0; k < SIZE; k++) {
            eliminate(at, k);
        }
        for (uint i = 0; i < SIZE; i++) {
            for_each_local (k, SIZE) {
                pivot_row[k] = x.v[at + i * SIZE + k];
            }
            workgroup_barrier();
            for_each_local (j, SIZE) {
                float sum = 0;
                for (uint k = 0; k < SIZE; k++) {
                    sum += pivot_row[k] * b.v[at + order[k] * SIZE + j];
                }
                x.v[at + i * SIZE + j] = sum;
            }
            workgroup_barrier();
        }
    }
}
