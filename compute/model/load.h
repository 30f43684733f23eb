// Weight files to tensors.
#pragma once

#include "compute/file/safetensors.h"
#include "compute/model/model.h"

// Whether the folder has a file of that name.
bool file_exists_in(const char *folder, const char *name);

// What files call what the networks ask for.
struct weight_names {
    // The entry of what the network calls `name`, a copy, because of a file it may be a part only.
    bool (*find)(const void *data, const struct nn_part *part, const struct st_file *file,
                 const char *name, struct st_tensor *t);
    // What a tensor is called in files of the part alone; NULL: it is another part's.
    const char *(*member)(const void *data, const struct nn_part *part, const char *name);
    const void *data; // borrowed
};

// The files of one network: one, or several shards, or the one that holds the whole model.
struct weights {
    struct nn_part *part; // borrowed
    GPtrArray *files;     // struct st_file *, owned
    struct weight_names names;
};

// Opens the weight files of m's part. Only headers are read.
struct weights *weights_open(struct model *m, struct nn_part *part, GError **error);
// The same of a network that is no model's part: files (char *) are those of weights_in_folder(),
// or one.
struct weights *weights_open_files(const GPtrArray *files, struct nn_part *part,
                                   const struct weight_names *names, GError **error);
// Names in files are those that the networks ask for.
extern const struct weight_names weight_names_same;
// Paths of the weight files in a folder: one, or the shards that an index names. expected: what a
// message says is not there.
GPtrArray *weights_in_folder(const char *folder, const char *expected, GError **error);
void weights_free(struct weights *w);

// Compares what the network needs with what the files hold; appends to report where they differ:
// "unet: 2 missing (a, b), 1 of another shape (c: 3 instead of 4)". Tensors that no layer asks for
// are not at fault: alone they go to notes, in the same form.
void weights_check(const struct weights *w, GString *report, GString *notes);

// Bytes that the part's tensors take on the device. Those of linear layers, convolutions and tables
// rest in 16 bits where the files have them so and the device takes them (op_takes_halves()); the
// others, and all of other files and devices, are fp32.
uint64_t weights_bytes(const struct weights *w, const struct gpu *gpu);

// False where so much memory is not free; name is of what is to be loaded.
bool weights_check_memory(const struct gpu *gpu, const char *name, uint64_t need, GError **error);

// Loads all weights of a part that weights_check found complete. done and total are in bytes, over
// all parts.
struct load_progress {
    uint64_t done, total;
};
bool weights_load(const struct weights *w, struct gpu *gpu, struct load_progress *progress,
                  struct task *task, GError **error);
// A convolution's weights as files have them, (O,I,ky,kx), in the order of the engine,
// (O,ky,kx,I), and back.
void weights_channels_last(const float *in, float *out, const int shape[GRAPH_RANK]);
void weights_channels_first(const float *in, float *out, const int shape[GRAPH_RANK]);
// A weight's shape as files have it; the result is its rank.
int weights_file_shape(const struct nn_weight *w, int64_t shape[GRAPH_RANK]);

// SHA-256 of the part's weight file, also where that holds the other parts too; of several shards,
// that of their hashes in the order of their names.
char *weights_hash(const struct model *m, const char *part, struct task *task, GError **error);
