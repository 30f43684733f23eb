// A private copy of a model that a test may damage.
#pragma once

#include <glib.h>

// Copies tests/data/models/NAME to a new temporary folder.
char *folder_copy(const char *name);
// The same model as one file, FOLDER/NAME.safetensors, with vocab.json and merges.txt beside it.
char *folder_single(const char *name);
void folder_free(char *folder); // removes it and frees the string

// Replaces the first `from` in a file by `to`; `from` must be there.
void folder_edit(const char *folder, const char *file, const char *from, const char *to);
void folder_write(const char *folder, const char *file, const char *text);
void folder_remove(const char *folder, const char *file);

// Rewrites a weight file (all fp32): without the tensor `drop`, with the tensor `flatten` as a
// vector, with an additional tensor `add` of one number, with `spoil`'s first number not a number,
// with `meta` in the metadata. Each may be NULL.
struct folder_change {
    const char *drop, *flatten, *add, *spoil, *meta, *meta_value;
    float value;             // of the added tensor
    const char *only;        // keep the tensors whose names begin so ...
    const char *prefix;      // ... and put this in its place
    const char *rename, *to; // the first of one in each name becomes the other
};
void folder_change_weights(const char *folder, const char *file, struct folder_change change);
