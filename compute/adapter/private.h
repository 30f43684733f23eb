// Private to compute/adapter.
#pragma once

#include "compute/adapter/adapter.h"
#include "compute/i18n.h"

// An adapter of the method with default settings and no parameters yet.
struct adapter *adapter_alloc(const struct adapter_method *method, struct model *model);
// Likewise, with the name of another one and what is known of it.
struct adapter *adapter_alloc_like(const struct adapter *a);

// A parameter of `to` as p is.
struct adapter_param *adapter_param_copy(struct adapter *to, const struct adapter_param *p);
// The rank of the widest low-rank update; 0: there is none.
int adapter_largest_rank(const struct adapter *a);

// Removes a file of an earlier adapter, where there is one.
bool adapter_remove(const char *path, GError **error);

// The factors W = u diag(sigma) vt of one weight, rank = min(rows, columns), in host memory.
struct svd {
    int rows, columns, rank;
    float *u;     // (rows, rank)
    float *sigma; // (rank), descending
    float *vt;    // (rank, columns)
};
// How u and vt rest in the cache and on the device: in fp16 where the weight came in 16 bits and
// rests so (their numbers are at most 1, of which fp16 keeps more than bf16), else in fp32. In an
// svd they are fp32 all the same, rounded already, whether they were computed or kept.
enum dtype svd_dtype(const struct nn_weight *w);
// Called for each weight once its factors are there; they are valid during the call.
typedef bool (*svd_ready_fn)(int index, const struct svd *svd, void *data, GError **error);
// The factors of n params' weights (2-D and 4-D), from the cache on disk or computed and put there.
// Embeddings, linear and convolution weights are matrices (outputs, inputs): (O, I) or (O,
// ky*kx*I).
bool svd_each(const struct adapter_param *const *params, int n, svd_ready_fn ready,
              void *ready_data, struct task *task, GError **error);

// False with an error where one of the list acts in some time steps alone: what is asked for knows
// no time.
bool adapters_check_always(struct adapter *const *list, int n, GError **error);

// ---- changes on the host ------------------------------------------------------------------------

// Adapters that act together, at their scales.
struct adapter_set {
    struct adapter *const *adapters;
    int n;
};
// A weight and what each of n sets makes of it, in the engine's layout; valid during the call.
struct weight_change {
    const struct adapter_param *param; // one of those that change it
    const float *base;
    const float *const *after; // n; NULL: that set leaves it as it is
    int n;
};
typedef bool (*change_fn)(const struct weight_change *change, void *data, GError **error);
// Called for each weight of the model that any of the sets changes. Slow, and reports, as
// merged_model_update().
bool changes_each(const struct adapter_set *sets, int n, change_fn changed, void *data,
                  struct task *task, GError **error);

// ---- adding up ----------------------------------------------------------------------------------

// The parameter of to for the weight of p; where there is none a new one, of that shape and zero.
struct adapter_param *adapter_param_at(struct adapter *to, const struct adapter_param *p,
                                       const int shape[GRAPH_RANK]);

// The row of methods that can learn in the text encoder as well.
#define TEXT_ENCODER_ROW                                                                           \
    {                                                                                              \
        .key = "text_encoder", .title = N_("Text encoder too"), .level = SETTING_EXPERT,           \
        .help = N_("Also learn in the text encoder; slower, and closer to the description"),       \
        .kind = SETTING_SWITCH                                                                     \
    }

// The choices of the setting "targets" of rotations and low-rank updates, and which weights a
// choice names. A matrix is a linear layer or a convolution of one pixel.
extern const char *const target_names[], *const lora_target_names[];
bool target_has(int targets, const struct nn_weight *w);
bool target_is_matrix(const struct nn_weight *w);
// Those of the text encoder's attention.
bool target_has_text(const struct nn_weight *w);

// Singular values of a weight, or the length of a 1-D one.
int svdiff_rank(const struct nn_weight *w);

// ---- words --------------------------------------------------------------------------------------

// Whether no two of the list mean different things by one word.
bool adapters_check_tokens(struct adapter *const *list, int n, GError **error);

// ---- low-rank updates ---------------------------------------------------------------------------

// Columns and rows of a weight as a matrix; a convolution is (O, ky*kx*I).
int lora_inputs(const struct nn_weight *w);
int lora_outputs(const struct nn_weight *w);
// Whether the method lora, and files of low-rank updates, have a place for the weight: not for
// vectors, nor for tables of embeddings, where what goes in are row numbers.
bool lora_has_place(const struct nn_weight *w);
// Of a parameter of the method lora: A (rank, inputs), then B (outputs, rank).
int lora_rank(const struct adapter_param *p);

// ---- changes in factors (update.c) --------------------------------------------------------------

enum update_kind {
    UPDATE_LOW_RANK,  // B A
    UPDATE_HADAMARD,  // (B1 A1) . (B2 A2), entry by entry (LoHa)
    UPDATE_KRONECKER, // W1 (x) W2 (LoKr)
    UPDATE_DENSE,     // the change itself
    UPDATE_CHANNELS,  // W times a number for each channel ((IA)^3)
};
enum update_axis { UPDATE_NO_AXIS, UPDATE_OUT, UPDATE_IN };

// What is changed by how much is all in the value, which is laid out as the kind says; scales of
// the file are multiplied in. Matrices are row-major, of convolutions in the engine's order:
//   low rank   A (rank[0], columns), B (rows, rank[0])
//   Hadamard   A1, B1 with rank[0], A2, B2 with rank[1]
//   Kronecker  W1 (rows, columns), W2 (O / rows, ky, kx, I / columns)
//   dense      like the weight
//   channels   a number for each output or input channel
// and then the magnitudes, a number for each output or input channel, where there are any (DoRA).
struct update_form {
    enum update_kind kind;
    int rank[2];
    int rows, columns;
    enum update_axis axis;      // of channels
    enum update_axis magnitude; // of DoRA's
    // How strength s acts with magnitudes m. true: W + s (m (W + D) / |W + D| - W), between the
    // model and the adapter as ComfyUI and A1111 go; false: m (W + s D) / |W + s D|, as PEFT does.
    int blend; // an int, so that the form has no gaps
};
// Floats of the value of a form for a weight.
int64_t update_count(const struct update_form *form, const struct nn_weight *w);

// An adapter of updates with magnitudes that does the same at strength 1, and at others what files
// of the other kind do (update_form.blend). NULL: it has none. The caller's.
struct adapter *update_other_way(const struct adapter *a);
// An adapter that does the same and has no Kronecker product that opens (of a form, for a weight)
// refuses: those become the product of one number and their whole change. NULL: it has none. The
// caller's.
struct adapter *update_unfolded(const struct adapter *a, bool (*opens)(const struct update_form *,
                                                                       const struct nn_weight *));
// The form of a parameter of "update" or "full".
bool update_form_of(const struct adapter_param *p, struct update_form *form);
// Whether strength s is W + s D at every s.
bool update_is_linear(const struct adapter *a);

// What the adapters change together at their scales in other terms. rank > 0: a low-rank update of
// that rank, by truncated singular value decomposition; vectors and tables are left out.
// rank 0: differences. *part receives what is left out of the change, as a part of its norm over
// all weights; the metadata have it for each. Slow. The caller's.
struct adapter *adapter_converted(struct adapter *const *list, int n, int rank, double *part,
                                  struct task *task, GError **error);

// ---- rotations: what oft and coft share ---------------------------------------------------------

bool rotation_goes_by_number(const struct settings *s); // of blocks, not by their size
// Rows of the settings that both have.
#define ROTATION_PARAMS                                                                            \
    {.key = "blocks",                                                                              \
     .level = SETTING_EXPERT,                                                                      \
     .title = N_("Blocks"),                                                                        \
     .help = N_("How many blocks of channels turn separately; fewer blocks can learn more. The "   \
                "nearest number "                                                                  \
                "that divides the channels is taken"),                                             \
     .unit = N_("blocks"),                                                                         \
     .kind = SETTING_INT,                                                                          \
     .min = 1,                                                                                     \
     .max = 65536,                                                                                 \
     .slider_min = 1,                                                                              \
     .slider_max = 32,                                                                             \
     .def = 4,                                                                                     \
     .matters = rotation_goes_by_number},                                                          \
        {.key = "block_size",                                                                      \
         .level = SETTING_EXPERT,                                                                  \
         .title = N_("Block size"),                                                                \
         .help = N_("Channels of a block, instead of the number of blocks; 0 goes by the number"), \
         .unit = N_("channels"),                                                                   \
         .kind = SETTING_INT,                                                                      \
         .min = 0,                                                                                 \
         .max = 4096,                                                                              \
         .slider_max = 128,                                                                        \
         .def = 0},                                                                                \
    {                                                                                              \
        .key = "targets", .level = SETTING_EXPERT, .title = N_("Layers"),                          \
        .help = N_("Which layers of the image network turn their input"), .kind = SETTING_CHOICE,  \
        .min = 0, .max = 1, .def = 0, .choices = target_names                                      \
    }
bool rotation_init(struct adapter *a, GError **error);
bool rotation_prepare(struct adapter *a, struct task *task, GError **error);
void rotation_release(struct adapter *a);
struct node *rotation_input(struct graph *g, const struct nn_layer *l,
                            const struct adapter_use *uses, int n, struct node *x);
bool rotation_add(struct adapter *to, const struct adapter_param *p, double scale);
double rotation_askew(const struct adapter_param *p, double scale);
bool rotation_merge(const struct adapter_param *const *params, const double *scales, int n,
                    const struct svd *svd, float *weight, GError **error);
// The divisor of n that is nearest to wanted, the smaller one of two: PEFT's adjust_oft_parameters.
int rotation_divisor(int n, int wanted);
// Sum of squares of R R^T - I for the first rows of R (b, b).
double rotation_squares(int b, int rows, const float *r);
// R of one block (b, b), exact, of its triangle; scratch is 2 b^2.
void rotation_cayley(int b, const float *u, double scale, double *scratch, float *r);

// ---- rotations in the forms of other programs ---------------------------------------------------

// How a block's numbers become R (b, b). S = U - U^T with U the strict upper triangle, row-major.
enum orthogonal_cayley {
    CAYLEY_EXACT,  // R = (I - S)(I + S)^-1
    CAYLEY_SERIES, // R = I + 2 S + .. + 2 S^(powers - 1) + last S^powers, the other sign
    CAYLEY_NONE,   // the numbers are R itself, row-major
};

// What the numbers of a parameter mean: blocks of each factor, the first to act first, then the
// outputs' scales. No padding: forms are compared as bytes.
struct orthogonal_form {
    gboolean outputs; // of the layer are turned, else its inputs
    gboolean scaled;  // there are scales
    int factors, blocks, block;
    enum orthogonal_cayley cayley;
    int powers;
    float last;
};

#define ORTHOGONAL_MAX_BLOCK 4096 // channels

// Channels of a weight that are turned; numbers of one block; whether a form is one for the weight
// (false also for blocks that are too large to be computed in sensible time).
int orthogonal_channels(const struct nn_weight *w, bool outputs);
int64_t orthogonal_block_count(const struct orthogonal_form *f);
bool orthogonal_fits(const struct nn_weight *w, const struct orthogonal_form *f);
// A parameter of the method "orthogonal"; the form, which fits, is copied.
struct adapter_param *orthogonal_add(struct adapter *a, const struct nn_part *part,
                                     struct nn_weight *w, const struct orthogonal_form *f);
const struct orthogonal_form *orthogonal_form_of(const struct adapter_param *p);
float *orthogonal_scale(const struct adapter_param *p); // (outputs), inside value; NULL: none
