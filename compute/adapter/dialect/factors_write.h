// Writing changes in factors: what the dialects of low-rank updates and their relatives share.
#pragma once

#include "compute/adapter/dialect/dialect.h"
#include "compute/adapter/private.h"

// The form of a parameter of the method lora or update; a low-rank update of lora has one, too.
// false: it is of another method.
bool factors_form(const struct adapter_param *p, struct update_form *form);
// Whether all parameters are low-rank updates of weights, with magnitudes that act in the one way
// or the other (update_form.blend) or none at all.
bool factors_low_rank(const struct adapter *a, int blend);
// Whether PEFT's LoRA can say it: magnitudes of all layers or of none, and of their outputs.
bool factors_holds_as_peft(const struct adapter *a);

// prefix and the path, flat: its dots as underscores. Newly allocated.
char *factors_flat_name(const struct adapter_param *p);
bool factors_is_bias(const struct adapter_param *p);

// x (first, ky, kx, inputs) in the file's order (first, inputs, ky, kx). Newly allocated.
float *factors_channels_first(const float *x, int first, int inputs, int places);

// A and B of a low-rank update under name + down and name + up, in the shapes of its kind of layer.
void factors_write_low_rank(struct st_writer *w, const struct adapter_param *p, const char *name,
                            const char *down, const char *up);
// The magnitudes of p, NULL: it has none.
const float *factors_magnitudes(const struct adapter_param *p, int *count);
// What an adapter is written as where programs know one alpha for all layers, as diffusers 0.42
// does of layers of attention in kohya's files: alpha is the largest rank, and ranks are widened by
// zeros until it is a power of two of each, at most to double. NULL: all ranks are the same.
struct adapter *factors_evened(const struct adapter *a);
// A low-rank update as kohya's scripts have it: .lora_down.weight, .lora_up.weight, .alpha, and
// .dora_scale where it has magnitudes. Of an adapter whose ranks are even in the sense above.
void factors_write_flat(struct st_writer *w, const struct adapter_param *p);
void factors_write_alpha(struct st_writer *w, const char *name, int rank);
void factors_write_dora(struct st_writer *w, const struct adapter_param *p, const char *name);

// How strong the updates are, in the words of PEFT's LoraConfig: the members of an object that is
// open in b, each key behind prefix. Only parameters of that part (NULL: of all).
void factors_config(const struct adapter *a, const char *part, const char *prefix, JsonBuilder *b);
// A dense difference: .diff of a weight, .diff_b of a bias.
void factors_write_dense(struct st_writer *w, const struct adapter_param *p, const char *name);
