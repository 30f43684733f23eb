// CLIP's byte-pair tokenizer, read from a model's tokenizer folder: vocab.json and merges.txt, or
// tokenizer.json where newer programs saved only that; the special tokens' names from
// tokenizer_config.json and special_tokens_map.json; the added tokens from tokenizer_config.json,
// or from added_tokens.json and tokenizer.json. Gives the ids of transformers' CLIPTokenizer,
// including its habit of finding special tokens inside the text (SD 2.x: every "!" becomes the
// padding token).
//
// Thread: any number of threads may encode, also while one adds or removes a token.
#pragma once

#include "compute/error.h"

#include <glib.h>
#include <stdbool.h>
#include <stdint.h>

struct tokenizer;
// pad: the token that fills up, where the folder may be another model's; NULL: what the folder
// says.
struct tokenizer *tokenizer_open(const char *folder, const char *pad, GError **error);
void tokenizer_free(struct tokenizer *t);

int tokenizer_bos(const struct tokenizer *t);
int tokenizer_eos(const struct tokenizer *t);
int tokenizer_pad(const struct tokenizer *t);
int tokenizer_max_id(const struct tokenizer *t); // the largest id that can come out
// Words of the vocabulary that no merge makes, so that text never becomes them: of a list of merges
// that is whole there are none.
int tokenizer_unmade(const struct tokenizer *t);
// Forgets the added tokens whose ids are not below this: a text encoder that has no rows for them
// reads their names as words, like any text. Before the first text.
void tokenizer_limit(struct tokenizer *t, int ids);
// Adds a token that stands for `count` ids from `first` on. A name of letters is found only where
// it is a whole word. False: there is a token that is found as this one would be.
bool tokenizer_add(struct tokenizer *t, const char *name, int first, int count);
// Takes away the token of that name that stands for ids from `first` on. False: there is none.
bool tokenizer_remove(struct tokenizer *t, const char *name, int first);
// Whether a word ends with this id; words are split into several. The special tokens are words.
bool tokenizer_ends_word(const struct tokenizer *t, int id);

// Fills ids[max]: begin, text cut to fit, end, padding. n (may be NULL): ids before padding, with
// both marks. True where text was cut. Bytes that are not UTF-8 are read as U+FFFD.
bool tokenizer_encode(const struct tokenizer *t, const char *text, int32_t *ids, int max, int *n);

// The text in lower case without its special and added tokens, newly allocated. Names of those that
// stand for ids from `first` on are added to found (char *, each once, newly allocated), unless it
// is NULL.
char *tokenizer_without(const struct tokenizer *t, const char *text, int first, GPtrArray *found);
