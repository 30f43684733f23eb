// The safetensors container (methods 8.1), read strictly: a file from outside is hostile until
// checked.
//
// Refused, each with one sentence naming the file: shorter than its header says, header over 100 MB
// or not UTF-8 JSON, duplicate keys, unknown fields, offsets that overlap, leave holes, go
// backwards or do not end at the end of the file, shape times element size that differs from the
// range or overflows, more than 8 dimensions, more than 65536 tensors, names over 512 bytes,
// metadata that is not string -> string.
#pragma once

#include "compute/error.h"
#include "compute/task.h"
#include <stdbool.h>
#include <stdint.h>

#define ST_MAX_HEADER  100000000
#define ST_MAX_RANK    8
#define ST_MAX_TENSORS 65536
#define ST_MAX_NAME    512

enum st_dtype { ST_F64, ST_F32, ST_F16, ST_BF16, ST_I64, ST_I32, ST_I16, ST_I8, ST_U8, ST_BOOL };

struct st_tensor {
    char *name;
    const char *path; // its file's, borrowed
    enum st_dtype dtype;
    int rank;
    int64_t shape[ST_MAX_RANK];
    int64_t count;       // elements
    const uint8_t *data; // inside the file's bytes; unaligned
    uint64_t size_bytes;
    bool mapped; // data is the file's, not a copy's
};

struct st_file {
    char *path;
    GPtrArray *tensors;   // struct st_tensor *, in the order of their data
    GHashTable *by_name;  // name -> struct st_tensor *
    GPtrArray *aside;     // struct st_tensor *, neither in tensors nor in by_name any more
    GHashTable *metadata; // string -> string
    GBytes *bytes;        // the mapping, or a copy of a small file
};

// Small files (adapters, states) are read into memory, so that a change under us does no harm;
// large ones are mapped. What the file is is told by its content, whatever its name; Python's
// pickles are refused as what they are.
struct st_file *st_open(const char *path, GError **error);
// Whether a file is to be opened as one: its name ends as files of weights do (.safetensors, .bin,
// .ckpt, .pt, .pth), or it begins as one.
bool st_is_file(const char *path);
bool st_is_named(const char *path); // its name alone
char *st_name(const char *path);    // the file's name without such an ending; the caller frees it
struct st_file *st_parse(GBytes *bytes, const char *name, GError **error); // for tests and fuzzing
void st_free(struct st_file *f);
const struct st_tensor *st_find(const struct st_file *f, const char *name);
// Takes the tensors whose names begin so out of the list, and sets them aside.
void st_set_aside(struct st_file *f, const char *prefix);
const char *st_dtype_name(enum st_dtype dtype); // "F16"
// What has been read of a mapped file stays in the process's memory until it is closed: this takes
// a tensor's bytes out of it. They can be read again.
void st_release(const struct st_tensor *t);
// A NaN or infinity in what was learned, named by the tensor.
void st_set_not_finite(const struct st_tensor *t, GError **error);

// Converts count elements to fp32. Integer types are converted by value. false: a NaN or infinity
// was met and finite is required (weights); the error names the tensor.
bool st_read_f32(const struct st_tensor *t, float *out, bool finite, GError **error);
// The same of what was learned, an adapter or a token: finite, and no whole numbers, which are of a
// quantised file without what they are to be multiplied by.
bool st_read_learned(const struct st_tensor *t, float *out, GError **error);
bool st_check_learned(const struct st_tensor *t, GError **error); // whole numbers alone
// Elements [first, first + count) to fp32. false: one is a NaN or infinity.
bool st_read_part(const struct st_tensor *t, int64_t first, int64_t count, float *out);

// Writing: collect, then save. Data is copied.
// Saving is atomic (temporary file in the same folder, fsync, read back and compared, rename; the
// old file is untouched on failure and when it is cancelled; a full disk is one sentence).
struct st_writer;
struct st_writer *st_writer_new(void);
void st_writer_free(struct st_writer *w);
void st_writer_meta(struct st_writer *w, const char *key, const char *value);
void st_writer_f32(struct st_writer *w, const char *name, int rank, const int64_t *shape,
                   const float *data);
// As fp16, each number rounded to the nearest.
void st_writer_f16(struct st_writer *w, const char *name, int rank, const int64_t *shape,
                   const float *data);
void st_writer_i32(struct st_writer *w, const char *name, int rank, const int64_t *shape,
                   const int32_t *data);
bool st_writer_save(struct st_writer *w, const char *path, struct task *task, GError **error);
