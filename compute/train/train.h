// Training: the step one can read aloud - batch, noise, forward, loss, backward, clip, update,
// report.
//
// Thread: the engine thread. Optimizer state and the parameters' truth live on the host in fp32, so
// a checkpoint is exact and resume gives the same numbers bit for bit.
#pragma once

#include "compute/adapter/adapter.h"
#include "compute/sched/sched.h"

// One training example: picture (side x side x 3 floats in [-1,1], row-major) and its caption. All
// examples of a run have the same size. Used during trainer_new only.
struct train_example {
    int width, height;
    const float *rgb;
    const char *caption;
};

// What can be set about learning: the method, the objective and the optimizer with all that is
// theirs, and what is common to all. The method's own rows are the adapter's settings.
extern const struct setting learn_settings[];

struct train_params {
    const struct settings *settings; // of learn_settings, copied; NULL: the defaults
    uint64_t seed;
    int checkpoint_every;        // steps; 0: only where the run ends, however it does
    const char *checkpoint_path; // NULL: no checkpoints
};

// After every step: struct task_progress has it.
struct train_report {
    int step, steps;
    double loss, loss_mean;       // of this step; moving mean
    double grad_norm;             // before clipping
    double seconds, seconds_left; // since trainer_run began
};

// ---- objectives: what is a sample, what is the loss ---------------------------------------------

// What training keeps of an example. Latents are channels first and scaled.
struct train_sample {
    char *caption;
    int32_t *ids;         // [max_tokens]
    float *states;        // text states (T, C); NULL where the text encoder is trained too
    float *mean, *spread; // the autoencoder's posterior of the picture, [n]
};
struct train_data {
    struct train_sample *samples;
    int count;
    int channels, height, width; // of the latents
    int64_t n;                   // channels * height * width
};
// What one step is made from; all that is random is drawn here.
struct train_batch {
    int count;
    int *sample, *timestep; // [count]
    float *latents, *noise; // (count, n)
};

struct objective {
    MEMBER_FIELDS;
    void (*draw)(const struct train_data *data, const struct noise_schedule *schedule,
                 struct rng *rng, struct train_batch *batch);
    // prediction and target (N,h,w,channels) -> one number.
    struct node *(*loss)(struct graph *g, struct node *prediction, struct node *target);
};
extern const struct objective *const objective_table[]; // NULL-terminated
const struct member *objective_family(int i);
const struct objective *objective_find(const char *name);

// ---- optimizers ---------------------------------------------------------------------------------

#define OPTIMIZER_SLOTS 2
struct optimizer_type {
    MEMBER_FIELDS;
    int slots; // numbers it remembers of each parameter, at most OPTIMIZER_SLOTS
    // One update of n parameters; step counts from 1; state[slot] begins as zeros; settings are the
    // optimizer's own.
    void (*update)(float *value, const float *gradient, float *const *state, int64_t n, int step,
                   double lr, const struct settings *settings);
};
extern const struct optimizer_type *const optimizer_table[]; // NULL-terminated
const struct member *optimizer_family(int i);
const struct optimizer_type *optimizer_find(const char *name);

// ---- the trainer --------------------------------------------------------------------------------

// Encodes the examples, prepares the adapter and compiles the step. The adapter and the model are
// borrowed; the adapter's scale becomes 1.
struct trainer;
struct trainer *trainer_new(struct model *model, struct adapter *adapter,
                            const struct train_example *examples, int n_examples,
                            const struct train_params *params, struct task *task, GError **error);
// Continues from a checkpoint written by the same model and adapter method; the error says what
// differs.
bool trainer_resume(struct trainer *t, const char *checkpoint, GError **error);
// Runs until steps are done or cancelled (a checkpoint is written first in each case), or a step
// fails: then the good steps of this run are in the checkpoint. Reports TASK_LEARNING after every
// step; whoever wants no more cancels there, and the steps so far are kept. A loss that is not a
// number is TINCTURE_ERROR_NUMERIC; the adapter keeps the parameters of the last good step.
bool trainer_run(struct trainer *t, struct task *task, GError **error);
int trainer_step(const struct trainer *t); // steps done
bool trainer_checkpoint(struct trainer *t, const char *path, GError **error);
void trainer_free(struct trainer *t);

// The two halves of a step, for tests: the gradient of every parameter (in the order of
// adapter->params) at the current state for given latents and noise (batch, channels, h, w), one t
// and states (batch, T, C; NULL: those of the captions) ...
bool trainer_gradient(struct trainer *t, const float *latents, const float *noise, int timestep,
                      const float *states, double *loss, float *gradient, GError **error);
// ... and clipping, the optimizer's update and the method's projection. Returns the norm before
// clipping, NaN on failure. gradient is clipped in place.
double trainer_update(struct trainer *t, float *gradient, GError **error);
