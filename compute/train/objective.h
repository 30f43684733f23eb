// Objectives: what a sample is and what the loss is. A family: a new one is NAME.c with
// NAME_objective and one word in meson.build.
//
// An objective looks at the set once (prepare) and may add to it pictures and captions that it
// makes of it, parameters of its own that are trained with the adapter's (leaves: rows of the token
// embedding, a small network), and inputs that it writes before each step. It draws each step's
// batch; nothing else is random. While the step is built it may change what a layer computes, give
// the U-Net more than latents, time and text, ask it for attention probabilities, and it says what
// the loss is.
#pragma once

#include "compute/train/train.h"

struct objective;

// ---- what is learned from -----------------------------------------------------------------------

struct train_caption {
    char *text;
    int32_t *ids;      // [max_tokens]
    float *embeddings; // (max_tokens, hidden_size); NULL where the text encoder is part of the step
};
// What training keeps of an example. Latents are channels first and scaled.
struct train_sample {
    int caption; // of train_data.captions
    enum train_role role;
    float weight;
    int t_begin, t_end; // time steps [t_begin, t_end)
    float *mean, *std;  // of the autoencoder's posterior of the picture, [n]
    float *mask;        // [area], of mean 1; NULL: all ones
    float *hint;        // (height, width, 3) of the picture; NULL: none
};
struct train_data {
    struct train_sample *samples;
    int count;
    struct train_caption *captions; // each text once
    int n_captions;
    int channels, height, width; // of the latents
    int64_t area, n;             // height * width, channels * height * width
};

// One row of a batch: what the U-Net sees as one picture of a batch. It need not be a sample of the
// set: latents, caption and mask may be put together of several.
struct train_row {
    int sample; // -1: put together of several
    enum train_role role;
    int caption, timestep;
    float weight;           // factor of its loss
    float *latents, *noise; // [n], channels first
    float *mask;            // [area]
};
struct train_batch {
    int count;
    struct train_row *rows;
};

// ---- what is trained ----------------------------------------------------------------------------

// A tensor of parameters. Whatever it is of, its gradient goes through the same clipping, optimizer
// and checkpoint.
struct train_leaf {
    char *name; // in checkpoints
    int64_t count;
    float *value; // on the host, the truth
    double lr;
    struct tensor *tensor; // on the device
    struct node *node;     // in the step's graph; NULL where it does not occur
    struct node *gradient; // of it
    bool own;              // value and tensor belong to it, not to an adapter
};

// ---- a run --------------------------------------------------------------------------------------

// What an objective sees of a run.
struct objective_run {
    const struct objective *objective;
    const struct settings *settings; // the objective's own
    struct model *model;
    struct noise_schedule schedule;
    struct train_data data;
    GPtrArray *leaves; // struct train_leaf *: the adapter's, then the objective's
    int rows;          // of a batch
    double min_snr;    // of the setting; 0: every time step counts alike
    void *state;       // the objective's own

    // For prepare to set.
    bool trains_text; // the text encoder is part of the step, as it is where an adapter is in it
    bool masked;      // rows have masks, as they have where an example has one
    const char *attention; // pattern of attentions whose probabilities the loss wants; NULL: none
    int kept_rows; // of a batch, the last ones: their target is what the model itself predicts

    // Private to the trainer.
    GPtrArray *inputs;        // struct tensor *
    struct adapter **beneath; // struct train_params has them; owned, the adapters are borrowed
    int n_beneath;
};

// What a loss is made of.
struct loss_nodes {
    struct node *prediction, *target; // (N,h,w,C)
    struct node *weights;             // of the rows, (N,1,1,1)
    struct node *mask;                // (N,h,w,1); NULL: the run has none
    const GArray *attention;          // struct attention_map, as run->attention asked; else empty
};

struct objective {
    MEMBER_FIELDS;
    bool of_subjects; // it learns from photos of subjects and their classes
    bool of_hints;    // it learns from pictures with hints; without its hint none is drawn again
    bool of_sets;     // it learns from sets of pictures, of which one drawn again tells nothing
    // Rows of a batch of one, with these settings of its own; NULL: 1.
    int (*rows)(const struct settings *s);

    // Each may be NULL but for draw and loss.

    // Checks the set and adds to run->data, leaves and inputs with the functions below.
    bool (*prepare)(struct objective_run *run, const struct train_set *set, struct task *task,
                    GError **error);
    void (*draw)(const struct objective_run *run, struct rng *rng, struct train_batch *batch);
    // While the step is built: the output of a layer in place of y, what the adapters make of it
    // (NULL: nothing, the layer computes as usual; nn_plain() is that). Returns y for "not mine".
    struct node *(*layer)(struct objective_run *run, struct graph *g, const struct nn_layer *layer,
                          struct node *y);
    // While the step is built: what else the U-Net is given.
    void (*inputs)(struct objective_run *run, struct graph *g, struct unet_inputs *in);
    // -> (1,1,1,1)
    struct node *(*loss)(struct objective_run *run, struct graph *g, const struct loss_nodes *in);
    // Before each run of the step: writes the inputs that the objective added.
    bool (*write)(struct objective_run *run, const struct train_batch *batch, GError **error);
    // Gives what it has learned beside the adapter to the adapter, which goes on being trained.
    void (*publish)(const struct objective_run *run, struct adapter *adapter);
    // Frees run->state, which is NULL where prepare did not come to it.
    void (*finish)(struct objective_run *run);
};
extern const struct objective *const objective_table[]; // NULL-terminated
const struct member *objective_family(int i);
// The one that settings of learn_settings choose.
const struct objective *objective_chosen(const struct settings *s);

// ---- for objectives -----------------------------------------------------------------------------

// The error says what kind of pictures is missing where there is none of the role.
bool train_need_role(const struct objective_run *run, enum train_role role, GError **error);
// One of the samples of a role at random; there has to be one.
int train_pick(const struct objective_run *run, struct rng *rng, enum train_role role);
// Fills a row with a sample: a time step of its range, latents of its posterior, noise. Its weight
// is the sample's, and that of the time step where the run has min_snr.
void train_row_draw(const struct objective_run *run, struct rng *rng, int sample,
                    struct train_row *row);

// During prepare; run->data moves while it grows. A caption's index; an example encoded and added
// behind the others; a parameter that begins as value (copied) and learns at rate lr; an input
// (rows, d1, d2, d3) to write before each step. The last three are NULL or false with an error;
// what they give belongs to the run.
int train_add_caption(struct objective_run *run, const char *text);
bool train_add_example(struct objective_run *run, const struct train_example *example,
                       struct task *task, GError **error);
struct train_leaf *train_add_leaf(struct objective_run *run, const char *name,
                                  const int shape[GRAPH_RANK], const float *value, double lr,
                                  GError **error);
struct tensor *train_add_input(struct objective_run *run, enum dtype dtype, int d1, int d2, int d3,
                               const char *name, GError **error);
// The leaf in the step's graph.
struct node *train_leaf_node(struct graph *g, struct train_leaf *leaf);

// Mean over all rows of weight * mask * (prediction - target)^2.
struct node *loss_mean(struct graph *g, const struct loss_nodes *in);
