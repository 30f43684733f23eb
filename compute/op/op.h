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
    const float *in[GRAPH_INPUTS]; // likewise, and 16-bit weights; NULL: an absent optional input
};

// What a Vulkan kernel gets: device addresses of the node's data.
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

// One way to run an operation.
struct op_kernel {
    const char *name; // "host", "portable", "lanes"; one meaning in all ops

    // Whether it can run this node on this device. NULL: always. Asked before anything has an
    // address, so that what it needs of addresses follows from the nodes.
    bool (*fits)(const struct node *node, const struct gpu_info *gpu);
    const char *needs; // for people, what fits() asks for: "an even number of channels"

    // Bit i: in[i] may be weights that rest in 16 bits (compute/graph/panels.h). A node with such
    // an input runs with no other kernel.
    unsigned halves;

    // Exactly one of the two. A host kernel runs where gpu_info says host_kernels.
    void (*host)(const struct op_run *run);
    // Fills out[] (at most OP_MAX_DISPATCHES, run in order with a barrier between) and returns how
    // many. Any number of workgroups computes everything, so that no size is too large for one
    // dispatch.
    int (*dispatch)(const struct op_site *site, struct op_dispatch *out);
};
#define OP_MAX_KERNELS 4

struct op {
    const char *name; // "group_norm"

    // Adds the gradient nodes: dx[i] for every i with want[i] (the others stay NULL), given dy of
    // y's shape. NULL: not differentiable. A rule that exists for some inputs only returns false
    // and the caller reports the op's name and the input.
    bool (*grad)(struct graph *g, struct node *y, struct node *dy, const bool *want,
                 struct node **dx);

    // The ways to run it, the best first: the first that fits is used. Every op has one on the host
    // and one for any Vulkan device ("portable"), which is the last; only views have none. Unused
    // places have no name.
    struct op_kernel kernels[OP_MAX_KERNELS];

    double (*flops)(const struct node *node); // NULL: counted as zero

    // True: no kernel; the output is in[0]'s storage at element offset p.i[0]. (Only "view".)
    bool view;
};

// NULL-terminated table of all ops, and by name.
extern const struct op *const op_table[];
const struct op *op_find(const char *name);

// The kernel that a node runs with on the device: the first that fits. variant narrows the choice:
// "host" and "shader" to one kind, the name of a kernel to that one in the ops where it fits. NULL:
// none fits.
const struct op_kernel *op_kernel_choose(const struct node *node, const struct gpu_info *gpu,
                                         const char *variant);
// What an op asks of a device, where it fits none: "three rows of a block in shared memory".
const char *op_needs(const struct op *op);
// Whether products with weights that rest in 16 bits run on the device: on the host they do, unless
// TINCTURE_VARIANT asks for other kernels.
bool op_takes_halves(const struct gpu_info *gpu);
// What TINCTURE_VARIANT says, in *variant: NULL, or what op_kernel_choose() takes. false: no kernel
// has that name, or the device has no host kernels.
bool op_variant(const struct gpu_info *gpu, const char **variant, GError **error);
