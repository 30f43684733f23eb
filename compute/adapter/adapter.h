// Adapters: ways to change frozen weights with few parameters. A family: svdiff, oft, ... (one
// file, one word).
//
// An adapter is a set of small parameter tensors, one or more a layer, plus a scale. It can be
// trained (its parameters are trainable leaves and the layers are computed in factor space: no
// dense weight is rebuilt and no dense weight gradient is formed), applied in factor space at a
// scale that is data, merged into a copy of the weights for sampling, saved and loaded in the
// formats other programs read.
//
// What several adapters do to one layer, whatever their methods and in whatever order they stand:
// shifts of the same singular values add up, rotations act on what goes into the layer, low-rank
// updates and differences are added, and what is only merged acts on that:
//
//   W' = f((U diag(sigma') V^T) R^T + B A)
#pragma once

#include "compute/file/safetensors.h"
#include "compute/i18n.h"
#include "compute/model/model.h"
#include "compute/settings.h"

struct adapter_dialect;
struct adapter_method;
struct svd;
struct update_form;

// One adapted layer's parameter.
struct adapter_param {
    struct adapter *adapter;  // whose it is
    char *part;               // "unet" or "text_encoder"
    char *path;               // layer path, as in struct nn_layer
    struct nn_weight *weight; // borrowed from the model
    int shape[GRAPH_RANK];    // of the parameter
    int count;                // floats
    float *value;             // host copy, the truth (the optimizer works here)
    GBytes *form;             // the method's own: what value means; NULL: its shape says all
    int group;                // 0: matrices, 1: 1-D weights (their own learning rate)
    double strength;          // of the adapter's scale that this layer takes, 1 when made
    struct tensor *tensor;    // device copy between adapter_prepare and adapter_release, else NULL
    void *factors; // the method's own, with the same life as tensor: U, sigma, V^T on the device
};

// What of an adapter's settings is true of it. A file says what is known, and no default.
enum adapter_known {
    KNOWN_NOTHING, // read from a file that does not say, or brought near by other means
    KNOWN_FORM,    // but not how it was learned: put together of several
    KNOWN_ALL,
};

// A tensor that goes with an adapter and is of none of its layers: a hint encoder's.
struct adapter_extra {
    char *name; // as in the file
    int rank;
    int64_t shape[GRAPH_RANK]; // the file's
    float *value;
};

// The key of a trained adapter's metadata that has the sentence it was learned with.
#define ADAPTER_CAPTION "tincture.prompt"
// That of one that was learned on top of others, with which it is to be used: "cat:0.3; dog:1".
#define ADAPTER_BENEATH "tincture.on_top_of"
// That of a combined one's, "cat:0.3; dog:0,down=1", and those of one that was brought near: what
// is left out of the change, in all and of each layer (a JSON object).
#define ADAPTER_ORIGINS       "tincture.made_of"
#define ADAPTER_APPROXIMATION "tincture.approximation"
#define ADAPTER_LAYERS_LEFT   "tincture.approximation.layers"

struct adapter {
    const struct adapter_method *method;
    const struct adapter_dialect *dialect; // in which it was read; NULL: it was made here
    struct model *model;                   // borrowed
    struct settings *settings;             // of method->settings
    enum adapter_known known;              // of settings
    bool read;                             // from a file, whose metadata are all that is known
    GPtrArray *params;                     // struct adapter_param *
    GPtrArray *extras;                     // struct adapter_extra *
    GHashTable *metadata;                  // string -> string, from the file or for the file
    char *name;
    bool enabled;
    double scale;                       // strength; 0 = base model, 1 = as trained
    int tensors_applied, tensors_total; // of the file it came from
    GPtrArray *unmatched;               // names in the file that fit no layer
    GPtrArray *notes;                   // sentences: what the file left open and how it was read
    bool other_base;                    // the file says that it was learned on another model
    char *strengths;                    // adapter_set_strengths(); NULL: all 1
    int from, to; // it acts at time steps from <= t < to; to 0: up to the noisiest
};

// One adapter's part in a layer, while a graph is built.
struct adapter_use {
    const struct adapter_param *param;
    struct node *value; // the parameter's leaf
    struct node *scale; // (1,1,1,1)
};

// A bit of setting.scope in the methods' tables: how many steps there are. No step depends on it.
enum { ADAPTER_LENGTH = 1 };

// The rows that every method's table begins with: how it is learned, and not what it is.
enum { N_TRAINING_ROWS = 3 };
#define TRAINING_ROWS(default_steps, default_lr, default_lr_1d)                                    \
    {.key = "steps",                                                                               \
     .title = N_("Steps"),                                                                         \
     .help = N_("How long to learn; more steps follow the photo more closely"),                    \
     .unit = N_("steps"),                                                                          \
     .kind = SETTING_INT,                                                                          \
     .level = SETTING_EXPERT,                                                                      \
     .min = 1,                                                                                     \
     .max = 100000,                                                                                \
     .slider_min = 10,                                                                             \
     .slider_max = 1000,                                                                           \
     .logarithmic = true,                                                                          \
     .def = default_steps,                                                                         \
     .scope = ADAPTER_LENGTH},                                                                     \
        {.key = "lr",                                                                              \
         .title = N_("Learning rate"),                                                             \
         .level = SETTING_EXPERT,                                                                  \
         .help = N_("How far each step goes; the default suits the method"),                       \
         .kind = SETTING_FLOAT,                                                                    \
         .min = 1e-9,                                                                              \
         .max = 10,                                                                                \
         .slider_min = (default_lr) / 100,                                                         \
         .slider_max = (default_lr)*100,                                                           \
         .logarithmic = true,                                                                      \
         .def = default_lr},                                                                       \
    {                                                                                              \
        .key = "lr_1d", .title = N_("Rate of biases and norms"),                                   \
        .help = N_("The learning rate of weights that are no matrices: biases and norms"),         \
        .kind = SETTING_FLOAT, .level = SETTING_EXPERT, .min = 1e-9, .max = 10,                    \
        .slider_min = (default_lr_1d) / 100, .slider_max = (default_lr_1d)*100,                    \
        .logarithmic = true, .def = default_lr_1d                                                  \
    }

struct adapter_method {
    MEMBER_FIELDS;    // settings: how it is trained (TRAINING_ROWS), which layers, rank, bound, ...
    bool words_alone; // it has no parameters: only words are learned with it
    // Name of the one that adapter_save writes (dialect/dialect.h); NULL: the first that holds it.
    const char *dialect;
    // Creates the parameters for every layer that the settings name; parameters start at "no
    // change".
    bool (*init)(struct adapter *a, GError **error);
    // Prepares the factors of all params on the device (SVD from the cache or computed); slow,
    // reports progress.
    bool (*prepare)(struct adapter *a, struct task *task, GError **error);
    void (*release)(struct adapter *a);
    // Called by the optimizer's owner after each update (COFT's projection). NULL: nothing to do.
    void (*project)(struct adapter *a);
    // The method's part of one layer, given all its n parameters there: several adapters of one
    // method come together, so that their shifts can meet in one ReLU. NULL: the method does not
    // act in that place. input: changes x on its way in (rotations).
    struct node *(*input)(struct graph *g, const struct nn_layer *l, const struct adapter_use *uses,
                          int n, struct node *x);
    // product: the layer's output in place of W x + b (for a norm: its gamma).
    struct node *(*product)(struct graph *g, const struct nn_layer *l,
                            const struct adapter_use *uses, int n, struct node *x);
    // delta: what is added to the output y, from the layer's own input (low-rank updates).
    struct node *(*delta)(struct graph *g, const struct nn_layer *l, const struct adapter_use *uses,
                          int n, struct node *y);
    // merge: the same change made to the weight itself, in place: engine layout of the nn_weight,
    // host memory. svd: the weight's factors where the method asks for them and it is a matrix,
    // else NULL.
    bool (*merge)(const struct adapter_param *const *params, const double *scales, int n,
                  const struct svd *svd, float *weight, GError **error);
    bool merge_svd; // asks for them
    // add: what p does at that scale comes behind what to, an adapter of this method or of one that
    // adds alike, does already. false: no parameter of the method expresses both. NULL: its
    // parameters never add up.
    bool (*add)(struct adapter *to, const struct adapter_param *p, double scale);
    // form: the parameter as a change in factors (private.h). false, NULL: it is none.
    bool (*form)(const struct adapter_param *p, struct update_form *form);
    // askew: |R R^T - I|, the Frobenius norm over all blocks of what the parameter turns by at a
    // scale. NULL: it turns nothing.
    double (*askew)(const struct adapter_param *p, double scale);
};
// Methods that can be learned, and those that are only merged: these have no part in a graph and
// no init. Both NULL-terminated. adapter_family() has what can be learned, adapter_method_find()
// all.
extern const struct adapter_method *const adapter_table[], *const adapter_merged_table[];
const struct member *adapter_family(int i);
const struct adapter_method *adapter_method_find(const char *name); // of both

// What adapter_export() made.
struct adapter_written {
    int rank;           // of a low-rank update near to the adapter; 0: there was no need for one
    double left_out;    // by that, as a part of the change's norm; the file's metadata say it, too
    bool at_one;        // at strength 1 alone it does what the adapter does
    bool without_hints; // it has a hint encoder, for which other programs' files have no place
};
// Told how near the low-rank update comes, before anything is written: the task may be cancelled.
typedef void (*adapter_near_fn)(const struct adapter_written *w, void *data);

// New adapter with untrained parameters. settings: of the method, copied; NULL for the defaults.
struct adapter *adapter_new(const char *method, struct model *model,
                            const struct settings *settings, GError **error);
// Reads a safetensors file, or a folder, in the dialect that its content shows (dialect/dialect.h).
// A note says where it was learned on another model.
struct adapter *adapter_load(const char *path, struct model *model, GError **error);
// Whether its headers show it to be an adapter in one of the dialects, for whatever model. Quick;
// the error says what it is not.
bool adapter_looks(const char *path, GError **error);
// What is to be told of an adapter that was read: what of its file is not applied, and how the file
// was read where it left something open. In one line, and as a list with a line for each note and
// tensor. NULL: everything is applied and was clear. Newly allocated; has texts of the file.
char *adapter_remark(const struct adapter *a);
char *adapter_remarks(const struct adapter *a);
// Saves in the method's own dialect + metadata, verifies by reading back (norm > 0, same
// numbers). A path that ends in .safetensors is one file; anything else is a folder in the layout
// of the public format, which then holds this adapter alone: what this program saved there before
// goes. What another program did is never removed: adapter_save_check() refuses such a folder, and
// can be asked before the work is done. Slow where the model has never been hashed, as the file
// names it by that. Cancelled or failed, nothing of the new file is left and an older one is as it
// was.
bool adapter_save(struct adapter *a, const char *path, struct task *task, GError **error);
// Saves in the dialect of that name (dialect/dialect.h): exactly where it can hold the adapter and
// rank is 0 or not below the adapter's own; else, where the dialect knows a way, as a low-rank
// update of that rank (0: 16; near, which may be NULL, is called) or as differences of the weights,
// which are right at strength 1.
bool adapter_export(struct adapter *a, const char *dialect, int rank, const char *path,
                    struct adapter_written *written, adapter_near_fn near, void *data,
                    struct task *task, GError **error);
// One adapter that does at strength 1 what these do together at their scales (the caller's),
// exactly: of their own method where its parameters add up (SVDiff, OFT and COFT with equal blocks,
// LoRA), else the differences of the weights. Its metadata say what it was made of
// (ADAPTER_ORIGINS).
struct adapter *adapter_combined(struct adapter *const *list, int n, struct task *task,
                                 GError **error);
bool adapter_save_check(const struct adapter_method *method, const char *path, GError **error);
void adapter_free(struct adapter *a);

// Words that were learned with an adapter (textual inversion) and that prompts may then hold. put:
// rows of the model's text encoder, count floats, copied. The names of all, newly allocated (char
// *). The rows of one (*count, hidden_size), newly allocated; NULL with an error where they fit no
// prompt of the model. embed: the model reads the words as these adapters mean them, *changed: it
// did not so far; the error names a word that two of them mean differently.
void adapter_token_put(struct adapter *a, const char *name, const float *rows, int count);
GPtrArray *adapter_tokens(const struct adapter *a);
void adapter_tokens_copy(struct adapter *to, const struct adapter *from);
// A word is called otherwise from now on, in the description that was learned, too.
bool adapter_token_rename(struct adapter *a, const char *from, const char *to, GError **error);
// One of them as a file of its own, which other programs read as a textual inversion and
// model_embed() does.
bool adapter_token_save(const struct adapter *a, const char *name, const char *path,
                        GError **error);
float *adapter_token_rows(const struct adapter *a, const char *name, int *count, GError **error);
// Whether its words fit the model.
bool adapter_check_tokens(const struct adapter *a, GError **error);
bool adapters_embed(struct adapter *const *list, int n, GError **error);

// Puts a tensor among the extras, in the place of one of that name; value is copied. They are in
// the adapter's own file, and in none that adapter_export() writes.
void adapter_extra_put(struct adapter *a, const char *name, int rank, const int64_t *shape,
                       const float *value);

// The time steps in which an adapter acts. set: whole numbers, 0 <= from < to <= the model's
// training steps; false, and nothing has changed, where they are none. at: whether it acts at a
// time step.
bool adapter_set_range(struct adapter *a, int from, int to, GError **error);
bool adapter_acts_at(const struct adapter *a, double t);
bool adapter_acts_always(const struct adapter *a);

// What the weights depend on that these make: parameters, scale, method and time steps of each that
// is switched on. "" where none is. Newly allocated.
char *adapters_key(struct adapter *const *list, int n);
// "cat:0.3; dog:0,down=1": names with their strengths. Newly allocated.
char *adapters_text(struct adapter *const *list, int n);

double adapter_norm(const struct adapter *a);   // Euclidean norm over all parameters
int64_t adapter_count(const struct adapter *a); // parameters

// The adapter's device side: factors and parameter tensors. prepare does nothing where it is done
// already; slow on the first time with a model. upload: after the host values changed. adapter_free
// releases.
bool adapter_prepare(struct adapter *a, struct task *task, GError **error);
bool adapter_upload(struct adapter *a, GError **error);
void adapter_release(struct adapter *a);

// For methods and dialects: a parameter with zero value for a layer; the parameter that a weight
// has already, or NULL (a weight has one at most: of two tensors of a file that name one layer the
// second fits nothing); one of the file's tensors that fits nothing; a sentence about how the file
// was read; the weight of a layer path in any part of the model (sets part), or NULL.
struct adapter_param *adapter_add(struct adapter *a, const struct nn_part *part,
                                  struct nn_weight *weight, const int shape[GRAPH_RANK]);
struct adapter_param *adapter_param_of(const struct adapter *a, const struct nn_weight *weight);
void adapter_unmatched(struct adapter *a, const char *name);
void adapter_note(struct adapter *a, const char *format, ...) G_GNUC_PRINTF(2, 3);
void adapter_note_all(struct adapter *a, const GPtrArray *sentences); // a NULL: nothing
struct nn_weight *adapter_layer(const struct model *model, const char *path,
                                const struct nn_part **part);

// The hook that lets several adapters act on one model build. scales: one (1,1,1,1) tensor an
// adapter, written before a run, so moving a slider re-records nothing. trainable: index of the
// adapter whose parameters are trainable leaves, -1 for none; their nodes are aligned with
// adapter->params (NULL where a parameter's layer did not occur in the graph). One hook serves one
// graph, of one or several networks. Adapters are borrowed and prepared where they are not yet.
struct adapter_hook;
struct adapter_hook *adapter_hook_new(struct adapter *const *adapters, int n, int trainable,
                                      struct gpu *gpu, GError **error);
struct nn_hook *adapter_hook_nn(struct adapter_hook *hook);
bool adapter_hook_set_scales(struct adapter_hook *hook,
                             GError **error); // from adapter->scale and ->enabled
struct node *const *adapter_hook_leaves(struct adapter_hook *hook);
void adapter_hook_free(struct adapter_hook *hook);

// Weights of the model with all enabled adapters merged at their scales: nn_parts that share the
// tensors of unchanged weights with the model and have their own for the changed ones. Going back
// to scale 0 restores the base values bit for bit.
struct merged_model;
struct merged_model *merged_model_new(struct model *model, GError **error);
GPtrArray *merged_model_parts(struct merged_model *m); // as model->parts
// Slow where decompositions of the weights are needed that no cache holds yet; reports and stops as
// adapter_prepare(). After it was stopped the weights are of no use until an update succeeds, which
// begins with what is missing.
bool merged_model_update(struct merged_model *m, struct adapter *const *adapters, int n,
                         struct task *task, GError **error);
// Changes whenever a tensor of a part was replaced by another one: programs built from the parts
// are stale then.
unsigned merged_model_layout(const struct merged_model *m);
void merged_model_free(struct merged_model *m);
