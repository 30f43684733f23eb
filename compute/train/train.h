// Training: the step one can read aloud - batch, noise, forward, loss, backward, clip, update,
// report.
//
// What is learned from is a set of pictures; what a sample of them is and what the loss is says an
// objective (objective.h), how a gradient becomes a step an optimizer (optimizer.h).
//
// Thread: the engine thread. Optimizer state and the parameters' truth live on the host in fp32, so
// a checkpoint is exact and resume gives the same numbers bit for bit.
#pragma once

#include "compute/adapter/adapter.h"
#include "compute/sched/sched.h"

// What a picture is there for.
enum train_role {
    ROLE_INSTANCE, // what is to be learned
    ROLE_PRIOR,    // what the model made of the class before, to be kept
    ROLE_CONTENT,  // what pictures of a domain show
    ROLE_STYLE,    // how they look
    TRAIN_ROLES,
};

// One training example: a picture in [-1,1], (height, width, 3), and its caption.
struct train_example {
    int width, height;
    const float *rgb;
    const char *caption;
    enum train_role role;
    float weight;       // factor of its loss; 0: 1
    int t_begin, t_end; // it is noised to time steps [t_begin, t_end) only; 0, 0: to all
    const float *mask;  // (height, width): how much each place counts, >= 0; NULL: all alike
    const float *hint;  // (height, width, 3) in 0..1: what leads the drawing; NULL: nothing
    bool composed;      // it is put together of two, a left and a right half, ...
    const char
        *sides[2]; // ... whose words, in the caption, shall not look at the other; NULL: none
};
// All examples of a set have the same size. Used during trainer_new() only.
struct train_set {
    const struct train_example *examples;
    int count;
    // Learned tokens of the model (compute/model/embedding.h) that are trained on, NULL-terminated;
    // NULL: none. What they have become is in the adapter (adapter_tokens()).
    const char *const *tokens;
};

// What can be set about learning: the method, the objective and the optimizer with all that is
// theirs, and what is common to all. The method's own rows are the adapter's settings.
extern const struct setting learn_settings[];

struct train_params {
    const struct settings *settings; // of learn_settings, copied; NULL: the defaults
    uint64_t seed;
    int checkpoint_every;        // steps, sooner where they are slow; 0: only where the run ends
    const char *checkpoint_path; // NULL: no checkpoints
    // How well what is learned is drawn by now, in dB: more is better, NaN where it could not be
    // found out. Asked a few times a run, between steps, on its thread; NULL: never. With the
    // setting "keep_best" a run ends when it gets worse, and with the best state.
    double (*measure)(void *data);
    void *measure_data;
    // Adapters that stay as they are, at their scales, and that the new one is learned on top of:
    // it is then to be used with them. Of methods that can be learned, and acting at all time
    // steps. Borrowed as long as the trainer.
    struct adapter *const *beneath;
    int n_beneath;
};

// After every step: struct task_progress has it.
struct train_report {
    int step, steps;
    double loss, loss_mean;        // of this step; moving mean
    double role_loss[TRAIN_ROLES]; // mean over the samples of a role, unweighted; NaN: none
    double grad_norm;              // before clipping
    double redrawn;                // the last measurement in dB; NaN: none yet
    double redrawn_best;           // the best one ...
    int best_step;                 // ... and its step; 0: none yet
    double seconds, seconds_left;  // since trainer_run began
};

// Encodes the set, prepares the adapter and compiles the step. The adapter and the model are
// borrowed; the adapter's scale becomes 1.
struct trainer;
struct trainer *trainer_new(struct model *model, struct adapter *adapter,
                            const struct train_set *set, const struct train_params *params,
                            struct task *task, GError **error);
// Continues from a checkpoint written by the same model, with the same examples and settings but
// for the number of steps; the error says what differs.
bool trainer_resume(struct trainer *t, const char *checkpoint, GError **error);
// The number of steps that a checkpoint was to have in the end; 0: it is none, or does not say.
int checkpoint_steps(const char *checkpoint);
// The model that a checkpoint was written with: the hash of its U-Net, and what it was called and
// where it lay, which older ones do not say (NULL). False: it is no checkpoint.
struct checkpoint_model {
    char *hash, *name, *path;
};
bool checkpoint_model_read(const char *checkpoint, struct checkpoint_model *m);
void checkpoint_model_clear(struct checkpoint_model *m);
// Runs until steps are done, it gets worse (struct train_params.measure) or cancelled (a checkpoint
// is written first in each case), or a step fails: then the good steps of this run are in the
// checkpoint. Reports TASK_LEARNING after every step; whoever wants no more cancels there, and the
// steps so far are kept. A loss that is not a number is TINCTURE_ERROR_NUMERIC; the adapter keeps
// the parameters of the last good step.
bool trainer_run(struct trainer *t, struct task *task, GError **error);
int trainer_step(const struct trainer *t); // steps done
bool trainer_checkpoint(struct trainer *t, const char *path, GError **error);
void trainer_free(struct trainer *t);

// ---- the parts of a step, for tests -------------------------------------------------------------

// Numbers that are trained: the adapter's parameters in the order of adapter->params, then the
// objective's leaves.
int64_t trainer_count(const struct trainer *t);
// Fills the batch as a real step does; it may also be filled by hand (struct train_batch in
// objective.h).
struct train_batch *trainer_draw(struct trainer *t);
// Loss and gradient (trainer_count() floats) of the batch.
bool trainer_gradient(struct trainer *t, double *loss, float *gradient, GError **error);
// Clipping, the optimizer's update and the method's projection. Returns the norm before clipping,
// NaN on failure. gradient is clipped in place.
double trainer_update(struct trainer *t, float *gradient, GError **error);
