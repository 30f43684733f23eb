// Learned tokens (Gal et al., An Image is Worth One Word: Textual Inversion): a safetensors file
// with one or a few vectors that stand in the place of a word.
#pragma once

#include "compute/model/model.h"

struct st_file;

// Whether the file looks like one for model_embed(), of this model or another.
bool model_embeds(const struct st_file *f);
// The name that the file gives its token, newly allocated: its tensor's; where that is one that
// programs give to all (emb_params, clip_l, *), the file's own name. NULL with an error.
char *model_embedding_token(const struct st_file *f, GError **error);
// What of the file is left out, newly allocated: of a pair for two text encoders (clip_l, clip_g)
// one is used. NULL: nothing.
char *model_embedding_note(const struct st_file *f);
// Takes the file's vectors (n, hidden_size) as a token of the model that its prompts may hold; they
// take the place of n ids. token NULL: the name that the file gives it. An editor that has encoded
// texts takes it by editor_embed() instead. Refused: vectors of another length, more than a prompt
// holds, whole numbers, a layer's tensor, a token that is there already.
bool model_embed(struct model *m, const char *path, const char *token, GError **error);
bool model_embed_file(struct model *m, const struct st_file *f, const char *token, GError **error);
// Takes such a token away: its name is read as words again. False: there is none. An editor does it
// by editor_unembed().
bool model_unembed(struct model *m, const char *token);

// The sentence in lower case without its tokens, newly allocated. The names of those that were
// taken so are added to tokens (char *, each once, newly allocated), unless it is NULL. Any thread.
char *model_embedded(const struct model *m, const char *sentence, GPtrArray *tokens);
// Whether the model has this name as a word of its own, which a token would take away.
bool model_reads_as_word(const struct model *m, const char *token);
