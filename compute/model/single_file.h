// Checkpoints that hold a whole model in one safetensors file, in the layout of the original Stable
// Diffusion 1.x and 2.x: which such a file is, the configuration that its names and shapes say, and
// its names for the networks' tensors (methods 7.10).
#pragma once

#include "compute/file/safetensors.h"
#include "compute/model/model.h"

#include <json-glib/json-glib.h>

// What the four configuration files of a folder would say: an object with the members text_encoder,
// unet, vae and scheduler, for config.c to check like any other. Numbers that cannot be seen in the
// file are the family's; where the metadata has a `config`, a JSON object with members of these
// names (as the files of LTX-Video have it), that has the last word. layout receives which family
// it is. other_vae: the file need not hold an autoencoder. NULL: another kind of file, and the
// error says which.
JsonObject *single_file_config(const char *path, enum model_layout *layout, bool other_vae,
                               GError **error);
// What the configuration of an autoencoder would say whose tensors are in this file, under names of
// the original layout or of today's behind a prefix.
JsonObject *single_file_vae_config(const char *path, const char *prefix, bool original,
                                   GError **error);

// The tokenizer, which such a file does not hold: `tokenizer/` beside m->path, or vocab.json and
// merges.txt beside it, or the first of the model folders there whose tokenizer has as many ids as
// m->text.vocab_size. Padding is the family's, whatever the folder says.
struct tokenizer *single_file_tokenizer(const struct model *m, GError **error);

// Whether a part's tensors are to be looked for in a file by the two functions below.
bool single_file_holds(const struct model *m, const char *part);
// Looks up what the networks call `name`. The result is a copy of the file's entry, valid as long
// as the file; of tensors that are stored as one (query, key and value) it is the part asked for.
bool single_file_find(const struct model *m, const char *part, const struct st_file *file,
                      const char *name, struct st_tensor *t);

// What follows the part's prefix in a tensor's name; NULL where the tensor is of another part or
// one that this family never reads.
const char *single_file_member(const struct model *m, const char *part, const char *name);

// What the original layout calls a tensor of the U-Net, without the prefix that checkpoints put
// before it: "down_blocks.0.downsamplers.0.conv.weight" is "input_blocks.3.0.op.weight" in SD 1.x.
// Newly allocated. Adapters of programs that kept these names are read by it.
char *single_file_unet_name(const struct model *m, const char *name);
