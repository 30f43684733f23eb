// Elementwise kernels for 8-lane CPU-type devices, by pairs of elements: see lanes.glsl.
#pragma once

#include "compute/i18n.h"
#include "compute/op/kernel.h"

#define LANES_NEEDS N_("a processor as device, and pairs of elements")

// Where a node begins in its storage, whose own beginning is aligned for everything.
static inline int64_t lanes_offset(const struct node *node)
{
    int64_t offset = 0;

    for (; node->op && node->op->view; node = node->in[0]) {
        offset += node->p.i[0];
    }
    return offset;
}

// True where the node's elements and those of its inputs, all of its shape, can be taken in pairs.
static inline bool lanes_fit(const struct node *node, const struct gpu_info *gpu)
{
    bool fit = gpu->type == GPU_TYPE_CPU && gpu->int64 && op_count(node) % 2 == 0;

    for (int i = 0; fit && i < node->n_in; i++) {
        fit = op_same_shape(node, node->in[i]) && lanes_offset(node->in[i]) % 2 == 0;
    }
    return fit;
}

// Workgroups for so many pairs.
static inline uint32_t lanes_groups(int64_t pairs)
{
    return op_groups(pairs, 256);
}
