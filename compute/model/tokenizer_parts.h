// Private to tokenizer.c, which encodes, and tokenizer_read.c, which reads the files.
#pragma once

#include "compute/model/tokenizer.h"

#include <glib.h>

// A token that is found in the text before it is taken for words.
struct special {
    char *name;          // as the files have it; owned
    char *content;       // as it is matched; owned
    size_t length;       // of content
    int id, count;       // of the first of its ids, and how many it stands for
    bool normalized;     // matched in the normalised text
    bool lstrip, rstrip; // takes the white space before it, behind it
    bool listed;         // among the added tokens, which have the say on how it is found
    bool single_word;    // not within a word
};

struct tokenizer {
    GRWLock lock;       // of specials, begins and inner, which tokenizer_add() changes
    GHashTable *vocab;  // token -> id
    GHashTable *inner;  // ids with which no word ends
    GHashTable *merges; // "left right" -> rank + 1
    GArray *specials;   // struct special
    bool begins[256];   // bytes that one of them begins with
    int bos, eos, pad, unknown, max_id;
    int vocab_max;      // the largest id of the vocabulary
    int next_id;        // of the next token that is added to the vocabulary
    char bytes[256][3]; // the printable character of each byte
};

// Adds the special token, or gives the one of its name these properties. name is copied; content
// and length are made from it. One that nothing would match is left out.
void tokenizer_set_special(struct tokenizer *t, const struct special *s);
// NULL: there is none of that name.
const struct special *tokenizer_special(const struct tokenizer *t, const char *name);
