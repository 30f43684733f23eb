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
//
// In bf16 (8 bits of mantissa, the exponents of fp32) rows and weights are rounded, to the nearest
// and to even where two are as near; products are exact then, and sums are fp32. Two neighbours
// along k are one word of four bytes, (2k + 1) << 16 | 2k, and everything between the rounding and
// the inner loop counts in words: one number of fp32, or such a pair.
#pragma once

#include "compute/graph/graph.h"
#include "compute/i18n.h"

// In fp32 w(j, t, k) = data[j * step_n + t * step_tap + k * step_depth]. What rests in 16 bits lies
// in panels (compute/graph/panels.h), and is widened while it is packed.
struct packed_weights {
    const void *data;
    enum dtype dtype;                     // of data; 0: fp32
    int64_t step_n, step_tap, step_depth; // elements, of fp32
    int n, taps, depth;
    bool turned; // n are the inputs of whose weights these are and depth the outputs: a gradient
    struct tensor *keeper; // whose data it is, or NULL: packed at every call
};

// Where rows are read.
struct packed_table {
    const float *x; // position p of the input is at x + (p - first) * words
    int64_t first, words;
    const float *zeros; // as many: a row outside of an image
    const float **at;   // (taps, pitch)
    int64_t pitch;
};
// Fills in rows [begin, end): at[t * pitch + i - begin] for every tap t.
typedef void (*packed_locate)(const void *data, int64_t begin, int64_t end,
                              const struct packed_table *table);
// The positions [*from, *to) of the input that rows [begin, end) read, or a few more.
typedef void (*packed_reach)(const void *data, int64_t begin, int64_t end, int64_t *from,
                             int64_t *to);

struct packed_product {
    const float *x; // (positions, depth)
    int64_t m;
    packed_locate locate;
    packed_reach reach;
    const void *data; // of both
    struct packed_weights w;
    const float *bias; // n numbers, or NULL
    float *y;          // (m, n)
    bool bf16;         // wanted: a result of few columns is computed in fp32 all the same
    const struct packed_kernel *kernel; // NULL: the widest that the processor has
};

// On the whole team. Every sum runs in one order, whatever the number of threads.
void packed_product_run(const struct packed_product *product);

// ---- products that a caller cuts himself: attention ---------------------------------------------

// The widest inner loop for results of n columns.
const struct packed_kernel *packed_kernel_for(int n, bool bf16);

// One row's words, and those of all panels.
int packed_words(const struct packed_weights *w, const struct packed_kernel *kernel);
int64_t packed_panels_words(const struct packed_weights *w, const struct packed_kernel *kernel);

// Packs all panels, one behind the other: panel i holds outputs [i * columns, (i + 1) * columns).
// On the caller's thread; keeper is not used.
void packed_panels(const struct packed_weights *w, const struct packed_kernel *kernel, float *out);

// `rows` rows of count numbers, ldx from one to the next, each number times scale, in the kernel's
// words: (rows, count), or (rows, (count + 1) / 2) of them.
void packed_rows(const struct packed_kernel *kernel, const float *x, int64_t ldx, int rows,
                 int count, float scale, float *out);

// c (rows, columns) = or += x panels, for at most PACKED_BLOCK_ROWS rows of words words each; the
// panels are those of `columns` outputs, panel_words from one to the next. On the caller's thread.
enum { PACKED_BLOCK_ROWS = 64 };
struct packed_block {
    const struct packed_kernel *kernel;
    const float *x; // row i is at x + i * ldx, in the kernel's words
    int64_t ldx;
    int rows, words, columns;
    const float *panels;
    int64_t panel_words;
    float *c;
    int64_t ldc;
    bool accumulate;
};
void packed_block_run(const struct packed_block *block);

#define PACKED_HALVES (1u << 1) // op_kernel.halves of those that multiply by in[1]
// For the host's kernels: in[1] is fp32, or weights that can be taken as they rest; in words.
#define PACKED_NEEDS N_("weights in fp32, or a network's own")
bool packed_fits(const struct node *node, const struct gpu_info *gpu);
// For the kernels named "bf16": whether the device is set to it, and that in words.
#define PACKED_BF16_NEEDS N_("a processor that multiplies in bf16 and is set to it")
bool packed_bf16_fits(const struct node *node, const struct gpu_info *gpu);

// One call of an inner loop: c = (bias, or c itself) + rows times panel.
struct packed_tile {
    const float *const *rows; // (taps, pitch), of which the kernel reads its number of rows
    int64_t pitch;
    int taps, begin, words; // of every row the words [begin, begin + words)
    const float *panel;     // (taps, words, columns), words of the same kind
    float *c;               // (rows, columns), ldc from row to row
    int64_t ldc;
    const float *bias; // `columns` numbers, or NULL: adds to c
};

// The inner loops: one for each width of vectors and kind of word.
struct packed_kernel {
    const char *name;
    int rows, columns; // of y that one call makes
    bool bf16;         // words are pairs
    bool (*usable)(void);
    void (*run)(const struct packed_tile *tile);
    void (*run_half)(const struct packed_tile *tile); // the left half of the columns; or NULL
};
extern const struct packed_kernel
    *const packed_kernels[]; // bf16, then widest first, NULL behind the last
