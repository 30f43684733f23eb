// What a file or a folder of weights is, where it is not what was asked for: by the names of its
// tensors, by its configuration, or by its first bytes.
#pragma once

#include "compute/file/safetensors.h"

struct weights_kind {
    const char *what; // "a ControlNet"
    const char *use;  // a clause: what takes it, or that nothing here does
    enum { OTHER_WEIGHTS, WHOLE_MODEL, SOME_ADAPTER, CONTROL_WEIGHTS } sort;
};

// NULL: not known. Which adapter one is, is compute/adapter's to say.
const struct weights_kind *weights_kind_of(const struct st_file *f);
const struct weights_kind *weights_kind_of_folder(const char *path); // by its configuration
// Puts the refusal of a file in a format that is not read into words that name what it is, where
// its bytes say so all the same.
void weights_explain_pickle(const char *path, GError **error);
