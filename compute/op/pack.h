// Private to packed products: weights in the order in which the inner loop reads them.
#pragma once

#include "compute/op/packed.h"

#define PACK_COLUMNS 32 // most of a panel

// `n` numbers of a row, each times scale, to words of bf16 pairs; behind an odd number of them a
// zero. The fastest that the processor has.
typedef void (*pack_row_fn)(const float *row, int n, float scale, float *out);
pack_row_fn pack_row_packer(void);
// A panel (taps, words, columns): the weights of outputs [first, first + columns), of which there
// may be fewer: the columns behind the last stay as they are. pairs: words are those of bf16.
void pack_panel(const struct packed_weights *w, int first, int columns, bool pairs, float *out);
