// Weight files to tensors.
#pragma once

#include "compute/file/safetensors.h"
#include "compute/model/model.h"

// Whether the folder has a file of that name.
bool file_exists_in(const char *folder, const char *name);

// The files of one network: one, or several shards, or the one that holds the whole model.
struct weights {
    struct model *model;  // whose; borrowed
    struct nn_part *part; // of the model; borrowed
    GPtrArray *files;     // struct st_file *, owned
};

// Opens the weight files of m's part. Only headers are read.
struct weights *weights_open(struct model *m, struct nn_part *part, GError **error);
void weights_free(struct weights *w);

// Compares what the network needs with what the files hold; appends to report where they differ:
// "unet: 2 missing (a, b), 1 of another shape (c: 3 instead of 4)". Tensors that no layer asks for
// are not at fault: alone they go to notes, in the same form.
void weights_check(const struct weights *w, GString *report, GString *notes);

// Bytes that the part's tensors take on the device.
uint64_t weights_bytes(const struct nn_part *part);

// Loads all weights of a part that weights_check found complete. done and total are in bytes, over
// all parts.
struct load_progress {
    uint64_t done, total;
};
bool weights_load(const struct weights *w, struct load_progress *progress, struct task *task,
                  GError **error);

// SHA-256 of the part's weight file, also where that holds the other parts too; of several shards,
// that of their hashes in the order of their names.
char *weights_hash(const struct model *m, const char *part, struct task *task, GError **error);
