// How a small tensor b repeats over a large one a: every dimension of b equals a's or is 1.
#pragma once

#include "compute/op/kernel.h"

// a as rows of `inner` contiguous elements, over each of which b either runs along (inner elements
// of its own) or stands still (one element).
struct broadcast {
    int64_t inner;
    bool still;
    int64_t size[GRAPH_RANK], stride[GRAPH_RANK]; // of the dimensions outside of inner; stride in b
};

static inline bool broadcast_fits(const int a[GRAPH_RANK], const int b[GRAPH_RANK])
{
    for (int i = 0; i < GRAPH_RANK; i++) {
        if (b[i] != a[i] && b[i] != 1) {
            return false;
        }
    }
    return true;
}

// Distance in b between neighbours along each dimension of a; 0 where b repeats.
static inline void broadcast_strides(const int a[GRAPH_RANK], const int b[GRAPH_RANK],
                                     int64_t stride[GRAPH_RANK])
{
    int64_t step = 1;

    for (int i = GRAPH_RANK - 1; i >= 0; i--) {
        stride[i] = b[i] == a[i] ? step : 0;
        step *= b[i];
    }
}

static inline struct broadcast broadcast_make(const int a[GRAPH_RANK], const int b[GRAPH_RANK])
{
    struct broadcast bc = {.inner = 1};
    int last = GRAPH_RANK - 1;

    while (last > 0 && a[last] == 1) {
        last--;
    }
    bc.still = b[last] != a[last];
    while (last >= 0 && (a[last] == 1 || (b[last] != a[last]) == bc.still)) {
        bc.inner *= a[last];
        last--;
    }
    broadcast_strides(a, b, bc.stride);
    for (int i = 0; i < GRAPH_RANK; i++) {
        bc.size[i] = i <= last ? a[i] : 1;
    }
    return bc;
}

// Where in b a row begins.
static inline int64_t broadcast_offset(const struct broadcast *bc, int64_t row)
{
    int64_t offset = 0;

    for (int i = GRAPH_RANK - 1; i >= 0; i--) {
        offset += row % bc->size[i] * bc->stride[i];
        row /= bc->size[i];
    }
    return offset;
}

// The same for shaders (broadcast.glsl): sizes of a without the first, strides of b.
struct broadcast_push {
    uint32_t size[GRAPH_RANK - 1], stride[GRAPH_RANK];
};

static inline struct broadcast_push broadcast_push_make(const int a[GRAPH_RANK],
                                                        const int b[GRAPH_RANK])
{
    struct broadcast_push push;
    int64_t stride[GRAPH_RANK];

    broadcast_strides(a, b, stride);
    for (int i = 0; i < GRAPH_RANK; i++) {
        push.stride[i] = (uint32_t)stride[i];
    }
    for (int i = 1; i < GRAPH_RANK; i++) {
        push.size[i - 1] = (uint32_t)a[i];
    }
    return push;
}
