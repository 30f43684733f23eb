// Products of rows that lie anywhere with weights that rarely change: convolutions, their gradients
// and linear layers on the host.
//
//   y(i, j) = bias(j) + sum over taps t and k of row(i, t)[k] w(j, t, k)
//
// The rows are read where they are (a convolution's inputs are never gathered), and the weights are
// packed into the order in which the inner loop reads them. Of a leaf's weights the packed copy is
// kept with its tensor, so that a network that runs many times on few positions packs them once: a
// general matrix product spends a quarter of such a step on packing (tests/bench/LOG.md).
// After Dukhan, "The Indirect Convolution Algorithm" (2019).
#pragma once

#include "compute/graph/graph.h"

// w(j, t, k) = data[j * step_n + t * step_tap + k * step_depth].
struct packed_weights {
    const float *data;
    int64_t step_n, step_tap, step_depth; // elements
    int n, taps, depth;
    struct tensor *keeper; // whose data it is, or NULL: packed at every call
};

// Fills in where rows [begin, end) are read: at[t * pitch + i - begin] for every tap t points to
// `depth` floats. Outside of an image: `zeros`.
typedef void (*packed_locate)(const void *data, int64_t begin, int64_t end, const float **at,
                              int64_t pitch, const float *zeros);

struct packed_product {
    int64_t m;
    packed_locate locate;
    const void *data; // locate's
    struct packed_weights w;
    const float *bias;                  // n numbers, or NULL
    float *y;                           // (m, n)
    const struct packed_kernel *kernel; // NULL: the widest that the processor has
};

// On the whole team. Every sum runs in one order, whatever the number of threads.
void packed_product_run(const struct packed_product *product);

// One call of an inner loop: c = (bias, or c itself) + rows times panel.
struct packed_tile {
    const float *const *rows; // (taps, pitch), of which the kernel reads its number of rows
    int64_t pitch;
    int taps, begin, depth; // of every row the floats [begin, begin + depth)
    const float *panel;     // (taps, depth, columns)
    float *c;               // (rows, columns), ldc from row to row
    int64_t ldc;
    const float *bias; // `columns` numbers, or NULL: adds to c
};

// The inner loops: one for each width of vectors.
struct packed_kernel {
    const char *name;
    int rows, columns; // of y that one call makes
    bool (*usable)(void);
    void (*run)(const struct packed_tile *tile);
};
extern const struct packed_kernel *const packed_kernels[]; // widest first, NULL behind the last
