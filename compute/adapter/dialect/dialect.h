// Dialects: the forms that programs give adapter files. A family: svdiff, peft, kohya, ... (one
// file, one word).
//
// A dialect says what the tensors of a file are called and what their numbers mean: which layer a
// name stands for, by how much a product is scaled, on which side a rotation acts. A method
// (adapter.h) says what is done to a weight. Several dialects write one method, and one dialect may
// hold several.
#pragma once

#include "compute/adapter/adapter.h"

// What a path leads to, opened. Thread: any, one at a time.
struct adapter_source {
    char *path;         // as it was named: a file or a folder
    GPtrArray *files;   // struct st_file *, one or more: of one dialect and one adapter. A hint
                        // encoder's tensors are set aside
    JsonNode *config;   // object: the adapter_config.json beside the first file; NULL: none
    char *config_fault; // why there is none though there is such a file; NULL where all is well
};
// path: a safetensors file, or a folder in the layout of one dialect. The bytes are checked as
// st_open() and json_file_read() do; what they say is for each dialect to check.
struct adapter_source *adapter_source_open(const char *path, GError **error);
void adapter_source_free(struct adapter_source *s);
// The value of a key in the metadata of the first file that has it, NULL where none has.
const char *adapter_source_meta(const struct adapter_source *s, const char *key);

// The family of models that the files are for where it is none that the model can be of, such as
// "Stable Diffusion XL", by the names of the tensors. NULL: nothing says so.
const char *adapter_source_family(const struct adapter_source *s, const struct model *model);
// What the metadata say the files are for, in the words that programs use ("sd_v1",
// "stable-diffusion-v1/lora"). NULL: nothing.
const char *adapter_source_claim(const struct adapter_source *s);

// beside.c: the method that a tensor of this name is of, or the first tensor of the files that is
// of one, where it is none that is applied ("VeRA"). NULL: it is none of those.
const char *adapter_name_method(const char *name);
const char *adapter_source_method(const struct adapter_source *s);
// Makes words of the adapter of those that are bundled with it (bundle_emb.WORD..., as A1111 and
// Forge read them), which then are not unmatched. False where one is damaged.
bool adapter_take_words(struct adapter *a, const struct adapter_source *s, GError **error);

// How near a dialect comes to an adapter: not at all, by a low-rank update, to the same weights at
// strength 1 though other strengths may act otherwise, or exactly.
enum dialect_way { DIALECT_NOTHING, DIALECT_LOW_RANK, DIALECT_AT_ONE, DIALECT_EXACT };

struct adapter_dialect {
    MEMBER_FIELDS; // no settings
    // Names that write gives in a folder, the tensors' first, NULL-terminated. A name may be of
    // several dialects.
    const char *const *files;
    // Does this look like mine? By names of tensors and metadata only: numbers are read later. The
    // first dialect of the table that says so reads the source.
    bool (*detect)(const struct adapter_source *s);
    // The adapter: adapter_begin() with the method that the tensors are for, then a parameter for
    // each weight. A tensor that fits no layer, or whose size is wrong, is noted with
    // adapter_unmatched() and is no error; what the file leaves open and how it was taken is said
    // with adapter_note(). NULL: something is damaged (a number that is none).
    struct adapter *(*read)(const struct adapter_source *s, struct model *model, GError **error);
    // Whether the dialect can hold this adapter exactly. NULL: it is only read.
    bool (*holds)(const struct adapter *a);
    // One that it holds in the forms that the dialect's own program opens: another adapter, which
    // does the same and is the caller's, or NULL: it is in them. NULL: that program opens all.
    struct adapter *(*fitted)(const struct adapter *a);
    // Writes an adapter that it holds. path is a folder that exists, or ends in .safetensors; once
    // the first of several files has its name, all are written.
    bool (*write)(const struct adapter *a, const char *path, struct task *task, GError **error);
    // What becomes of one that it cannot hold; DIALECT_AT_ONE: the difference of each weight.
    enum dialect_way converts;
    bool one_network; // what it writes is of one part of a model
};
extern const struct adapter_dialect *const adapter_dialect_table[]; // NULL-terminated
const struct member *adapter_dialect_family(int i);
const struct adapter_dialect *adapter_dialect_find(const char *name);
// How each dialect of the table can write the adapter, in its order. The caller's.
enum dialect_way *adapter_dialect_ways(const struct adapter *a);
// The one that reads this, NULL where none does.
const struct adapter_dialect *adapter_dialect_of(const struct adapter_source *s);

// ---- for dialects -------------------------------------------------------------------------------

// An adapter of the method without parameters yet, with the source's metadata and the settings that
// it was made with, where the metadata say them.
struct adapter *adapter_begin(const struct adapter_source *s, const char *method,
                              struct model *model);
// A writer that already holds the metadata every adapter file carries.
struct st_writer *adapter_writer(const struct adapter *a);
// Writes the tensors that layer() gives for each parameter, behind what w holds already (it is
// freed), to the file of the dialect.
typedef void (*adapter_layer_fn)(struct st_writer *w, const struct adapter_param *p);
bool adapter_write_layers(const struct adapter *a, const struct adapter_dialect *d,
                          struct st_writer *w, adapter_layer_fn layer, const char *path,
                          struct task *task, GError **error);
// Writes a text, such as a configuration, in one go: the old file stays where that fails.
bool adapter_write_text(const char *path, const char *text, gsize length, GError **error);
// The layer's path in PEFT's files: transformers calls its CLIPTextModel's own layers without
// "text_model." since version 5. As the end of a longer path it names them in both.
const char *adapter_peft_path(const struct adapter_param *p);
// Whether all that it changes is of one part of the model.
bool adapter_is_of_one_network(const struct adapter *a);
// Whether the name of any tensor of the files ends in suffix and begins with prefix.
bool adapter_source_has(const struct adapter_source *s, const char *prefix, const char *suffix);
