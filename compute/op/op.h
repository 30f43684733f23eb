// The contract of an operation: what the graph, the programs and the tests know of it.
//
// One op = one .c (+ its .comp files beside it) and one word in compute/op/meson.build, from which
// the table is generated. Its builder (what layers call) is declared in ops.h.
#pragma once

#include "compute/graph/graph.h"

// What a host kernel gets: pointers to the data of one node. Runs on the caller's thread and uses
// host_parallel() itself.
struct op_run {
    const struct node *node;
    float *out;                    // int32 ops cast
    const float *in[GRAPH_INPUTS]; // NULL for an absent optional input
};

// What a Vulkan variant gets: device addresses of the node's data.
struct op_site {
    const struct node *node;
    const struct gpu_info *gpu;
    uint64_t out;
    uint64_t in[GRAPH_INPUTS]; // 0 for an absent optional input
};

// One dispatch.
struct op_dispatch {
    const struct gpu_spirv *code;
    uint32_t spec[8];
    int n_spec;
    uint8_t push[128];
    uint32_t push_size;
    uint32_t groups[3];
};
#define OP_MAX_DISPATCHES 8

struct op {
    const char *name; // "group_norm"

    // Adds the gradient nodes: dx[i] for every i with want[i] (the others stay NULL), given dy of
    // y's shape. NULL: not differentiable. A rule that exists for some inputs only returns false
    // and the caller reports the op's name and the input.
    bool (*grad)(struct graph *g, struct node *y, struct node *dy, const bool *want,
                 struct node **dx);

    // Host kernel (CPU-type devices). Never NULL except for views: it is also what a dry machine
    // runs.
    void (*host)(const struct op_run *run);

    // Fills out[] (at most OP_MAX_DISPATCHES, run in order with a barrier between) and returns how
    // many; 0 where the node does not fit into the device's shared memory. NULL only for views. Any
    // number of workgroups computes everything, so that no size is too large for one dispatch.
    int (*dispatch)(const struct op_site *site, struct op_dispatch *out);

    double (*flops)(const struct node *node); // NULL: counted as zero

    // True: no kernel; the output is in[0]'s storage at element offset p.i[0]. (Only "view".)
    bool view;
};

// NULL-terminated table of all ops, and by name.
extern const struct op *const op_table[];
const struct op *op_find(const char *name);
