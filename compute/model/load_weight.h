// A tensor of a file becomes a weight of a network. Private to load.c.
#pragma once

#include "compute/file/safetensors.h"
#include "compute/nn/nn.h"

// How a weight rests: as its file has it in 16 bits where its layers take that, and the device's
// kernels do (halves), else in fp32.
enum dtype weight_rest_dtype(const struct nn_weight *w, const struct st_tensor *t, bool halves);
// Makes the weight's tensor and fills it, on the whole team. staging: room for it in fp32, for
// devices whose memory is not mapped.
bool weight_load(struct gpu *gpu, struct nn_weight *w, const struct st_tensor *t, bool halves,
                 float *staging, GError **error);
