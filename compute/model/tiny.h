// Private to compute/model: the small decoder that may lie with a model (TAESD, by O. B. Bohan): a
// folder taesd as diffusers writes its AutoencoderTiny, or taesd_decoder.safetensors as its maker
// does. Beside a model in one file it lies in that file's folder.
#pragma once

#include "compute/file/safetensors.h"
#include "compute/model/model.h"

// Fills m->tiny and m->tiny_path, where the model has one. One of another kind of latents is an
// error, as it would show something else than what is drawn.
bool tiny_find(struct model *m, GError **error);
// Its maker's file: the tensor that the network calls `name`.
bool tiny_find_tensor(const struct st_file *file, const char *name, struct st_tensor *t);
