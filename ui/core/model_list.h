// What is told of models before one is loaded: where they lie, what they are, and in one sentence
// what does not fit. Only configurations and the headers of weight files are read.
#pragma once

#include "compute/task.h"

#include <glib.h>

struct model_entry {
    char *path; // of the folder, or of the file
    char *name;
    char *kind;      // "Stable Diffusion 1.x, 512 × 512"; NULL where it does not fit, ...
    char *parts;     // ... as are these: "text encoder, U-Net, autoencoder"
    char *precision; // of its U-Net's file, "F16"
    char *licence;   // as its card or licence file begins; NULL: it does not say
    char *hash;      // SHA-256 of its U-Net's file; NULL: it was not asked for
    char *fault;     // what does not fit; NULL: it can be used
    gint64 bytes;    // of its weight files, which is about what it takes of memory
};
void model_entry_free(void *entry);
// How a person reads the name that the model of this path has: the starter's in their own language.
// name: NULL where it is not known. Newly allocated.
char *model_title(const char *path, const char *name);

// Those that the paths name or hold: each a model's folder or file, or a folder of such. Struct
// model_entry, the same path once. hashed: the path of the one whose hash is wanted, or NULL. NULL
// where it is cancelled.
GPtrArray *model_list_read(const char *const *paths, const char *hashed, struct task *task,
                           GError **error);
