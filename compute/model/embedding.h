// Learned tokens (Gal et al., An Image is Worth One Word: Textual Inversion): a safetensors file
// with one or a few vectors that stand in the place of a word.
#pragma once

#include "compute/model/model.h"

struct st_file;

// Whether the file looks like one for model_embed(), of this model or another.
bool model_embeds(const struct st_file *f);
// Takes the file's vectors (n, hidden_size) as a token of the model that its prompts may hold; they
// take the place of n ids. token NULL: the name that the file gives it, its tensor's; where that is
// one that programs give to all (emb_params, clip_l, *), the file's own name. Before the first text
// is encoded. Refused: vectors of another length, more than a prompt holds, a token that is there
// already.
bool model_embed(struct model *m, const char *path, const char *token, GError **error);
