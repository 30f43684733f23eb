// Reading changes in factors: low-rank updates and their relatives, in any dialect that names
// layers (layers.h). What the dialects do not agree on is by how much a product is multiplied.
#pragma once

#include "compute/adapter/dialect/layers.h"

// By how much the product of a layer is multiplied that has no alpha beside it. rank 0: it has none
// to be seen (LoKr with both matrices whole).
typedef double (*factor_scale_fn)(const struct file_layer *layer, int rank, void *data);
// alpha is taken to be the rank: kohya's scripts, LyCORIS and everybody who reads their files.
double factor_scale_one(const struct file_layer *layer, int rank, void *data);

// An adapter of the method lora where that can express everything, else of the method update.
// Tensors of AdaLoRA and layers whose sizes do not fit go to adapter_unmatched(). An alpha in the
// file is multiplied in as alpha / rank; 0 counts as the rank, as for the programs that write it;
// two whole matrices of LoKr have no rank, and their alpha means nothing.
struct adapter *factors_read(const struct adapter_source *s, struct model *model,
                             factor_scale_fn scale, void *data, GError **error);
