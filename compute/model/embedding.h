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
// take the place of n ids. token NULL: the name that the file gives it. Refused: vectors of another
// length, more than a prompt holds, whole numbers, a layer's tensor, a token that is there already.
bool model_embed(struct model *m, const char *path, const char *token, GError **error);
bool model_embed_file(struct model *m, const struct st_file *f, const char *token, GError **error);
// Takes such a token away: its name is read as words again. False: there is none.
bool model_unembed(struct model *m, const char *token);

// ---- those that are learned here ----------------------------------------------------------------

// Whether a new token may have that name: one word that a prompt does not have otherwise.
bool model_embed_check(const struct model *m, const char *token, GError **error);
// A token of `count` rows (count, hidden_size) that are given; its name may come from a file. The
// rows of a token that is there already become these.
bool model_embed_named(struct model *m, const char *token, const float *rows, int count,
                       GError **error);
// The same with `count` vectors that begin as the words `like` are: the mean of their rows, or
// where there are to be several, one after another. Refused: a name that a prompt has otherwise.
bool model_embed_like(struct model *m, const char *token, const char *like, int count,
                      GError **error);
// The rows of a token (*count, hidden_size) and the first of its ids; NULL: there is no such
// learned token. The model's, until another is taken.
float *model_embedded_rows(const struct model *m, const char *token, int *first, int *count);
// What the text encoder's graph takes of ids (text_encoder_build_mixed): kept[n] is 0 where an id
// is a learned token's, and given (n, hidden_size) has its row there, else zeros.
void model_learned_rows(const struct model *m, const int32_t *ids, int n, float *kept,
                        float *given);

// ---- in sentences -------------------------------------------------------------------------------

// The sentence in lower case without its tokens, newly allocated. The names of those that were
// taken so are added to tokens (char *, each once, newly allocated), unless it is NULL. Any thread.
char *model_embedded(const struct model *m, const char *sentence, GPtrArray *tokens);
// Whether the model has this name as a word of its own, which a token would take away.
bool model_reads_as_word(const struct model *m, const char *token);
