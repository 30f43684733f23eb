// What the operations of this folder share: sizes, how host work is cut and a dispatch filled in.
//
// A shader is compiled by the build to "compute/op/NAME.spv.h" (the words of the module in braces)
// and becomes part of its op like this:
//
//     static const uint32_t code[] =
//     #include "compute/op/NAME.spv.h"
//         ;
//     static const struct gpu_spirv spirv = {"NAME", code, sizeof(code)};
//
// Its push constants are a struct of the op's dispatch function: device addresses first (result,
// then inputs), then 32-bit sizes, the mirror image of the block in the shader (see common.glsl).
#pragma once

#include "compute/gpu/host.h"
#include "compute/op/math.h"
#include "compute/op/op.h"
#include "compute/op/ops.h"

static inline int64_t op_count(const struct node *node)
{
    return shape_count(node->shape);
}

static inline uint64_t op_bytes(const struct node *node)
{
    return shape_bytes(node->shape, node->dtype);
}

// Number of channels: the contiguous dimension.
static inline int op_channels(const struct node *node)
{
    return node->shape[GRAPH_RANK - 1];
}

// Number of positions: everything else.
static inline int64_t op_rows(const struct node *node)
{
    return (int64_t)node->shape[0] * node->shape[1] * node->shape[2];
}

static inline bool op_same_shape(const struct node *a, const struct node *b)
{
    return memcmp(a->shape, b->shape, sizeof(a->shape)) == 0;
}

// True for shape (1, 1, 1, n).
static inline bool op_is_vector(const struct node *node, int n)
{
    return op_rows(node) == 1 && op_channels(node) == n;
}

// Grain for host_parallel() when an item costs about as much as moving that many floats: waking the
// team costs as much as moving 16 Ki of them.
static inline int64_t op_grain(int64_t floats_per_item)
{
    return 16384 / floats_per_item + 1;
}

// Grain for the pieces of a product: few multiply-adds are done sooner than the team is awake.
static inline int64_t op_product_grain(int64_t pieces, double multiply_adds)
{
    return multiply_adds < 2e5 ? pieces : 1;
}

// Workgroups for a kernel that strides over the grid (any number of them computes everything).
static inline uint32_t op_groups(int64_t items, int items_per_group)
{
    int64_t groups = (items + items_per_group - 1) / items_per_group;

    return groups < 65535 ? (uint32_t)groups : 65535;
}

// Fills in a dispatch of `groups` workgroups in one dimension without specialization constants.
static inline void op_dispatch_fill(struct op_dispatch *d, const struct gpu_spirv *code,
                                    const void *push, size_t push_size, uint32_t groups)
{
    g_assert(push_size <= sizeof(d->push));
    *d = (struct op_dispatch){
        .code = code,
        .push_size = (uint32_t)push_size,
        .groups = {groups, 1, 1},
    };
    memcpy(d->push, push, push_size);
}

// Workgroup size for kernels in which one workgroup sums up a lot: as large as the device has it,
// but on CPU-type devices large ones only cost.
static inline uint32_t op_wide_workgroup(const struct gpu_info *gpu)
{
    return gpu->max_workgroup >= 1024 && gpu->type != GPU_TYPE_CPU ? 1024 : 256;
}
