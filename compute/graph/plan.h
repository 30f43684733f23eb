// Private to compute/graph: which nodes run and where each one's data lives.
#pragma once

#include "compute/graph/graph.h"

enum place_kind {
    PLACE_NONE,     // not needed for the outputs
    PLACE_LEAF,     // in the tensor of `owner`
    PLACE_CONSTANT, // in the program's buffer of constants of that value
    PLACE_BLOCK,    // at `offset` of the planned space
};

struct place {
    enum place_kind kind;
    const struct node *owner; // the node whose storage this is: itself, or what a view looks at
    uint64_t
        offset; // bytes: into the owner's storage (leaf, constant) or the planned space (block)
};

// Lifetime of one planned storage: from the node that writes it to the last one that reads it.
struct span {
    int first, last; // node ids; last is G_MAXINT for outputs
    uint64_t size, offset;
};

struct plan {
    struct place *places; // by node id
    bool *live;           // by node id: needed for the outputs
    bool *kept;           // by node id: live, and of leaves alone that are written seldom
    GArray *spans;        // (element-type struct span) every planned storage
    int n_nodes;
    uint64_t segment; // no storage crosses a multiple of it
    uint64_t bytes;   // planned space
};

// segment: largest size of one block, a multiple of PLAN_ALIGN; 0 = unlimited. NULL and the error
// where one tensor alone is larger.
#define PLAN_ALIGN 256
struct plan *plan_new(const struct graph *g, struct node *const *outputs, int n_outputs,
                      uint64_t segment, GError **error);
void plan_free(struct plan *plan);

// Bytes of constants: one storage a value, as long as its largest user.
uint64_t plan_constant_bytes(const struct graph *g, const struct plan *plan);
