// Weights of a linear layer or a table (1,1,O,I) or a convolution (O,ky,kx,I) that rest in 16 bits,
// as files have them: in panels of PANEL_OUTPUTS outputs, each (ky, kx, I, outputs), the last one
// with fewer where they do not divide. Products on the host take weights in such panels, whichever
// of outputs and inputs they sum over, so that packing them (compute/op/pack.c) reads memory in its
// own order.
#pragma once

#include "compute/graph/graph.h"

#define PANEL_OUTPUTS 32

struct panels {
    int outputs, taps, inputs;
};
struct panels panels_of(const int shape[GRAPH_RANK]);
int panels_count(const struct panels *p);
// Outputs of panel i.
int panels_width(const struct panels *p, int i);
// Where panel i begins, in elements.
int64_t panels_offset(const struct panels *p, int i);

// Panel i of numbers as files have them, (O,I,ky,kx), unaligned. Returns the largest of their bits
// without the sign.
uint16_t panels_fill(const struct panels *p, int i, const uint8_t *file, uint16_t *out);
// What output j has in all panels, as fp32 (ky, kx, I): a row of a table.
void panels_row(const struct panels *p, enum dtype half, const uint16_t *panels, int j, float *out);
// All panels as fp32 in the order of the shape. Exact. half: DTYPE_F16 or DTYPE_BF16.
void panels_widen(const struct panels *p, enum dtype half, const uint16_t *panels, float *out);
