// Private to compute/train.
#pragma once

#include "compute/train/objective.h"
#include "compute/train/optimizer.h"

// What the step asks at every layer: the adapters first, then the objective.
struct step_hook {
    struct nn_hook nn; // first: the nn_hook is the step_hook
    struct nn_hook *adapters;
    struct objective_run *run;
};

// Learned tokens in the captions (tokens.c).
struct train_tokens {
    char **names; // of those that are trained; NULL: none is
    int32_t *ids; // [rows] of their rows
    int rows;
    struct train_leaf *leaf;              // (1,1,rows,hidden_size)
    struct tensor *kept, *given, *chosen; // (N,1,T,1), (N,1,T,hidden_size), (N,1,T,rows)
};

// The model without what is learned, for the last rows of the batch (prior.c).
struct train_prior {
    struct graph *graph;
    struct adapter_hook *beneath;
    struct program *program; // NULL: no row asks for it
    struct node *prediction;
    struct tensor *latents, *time, *text;
};

struct trainer {
    // borrowed
    struct model *model;
    struct adapter *adapter;
    const struct optimizer_type *optimizer;

    // settings
    struct settings *settings; // of learn_settings
    const struct settings *optimizer_settings;
    int steps, batch_size;
    double clip_norm;
    uint64_t seed;
    int checkpoint_every;
    char *checkpoint_path;
    double lr[2]; // by adapter_param.group

    struct objective_run run;
    struct train_batch batch;
    struct train_tokens tokens;
    struct train_prior prior;

    // step.c: the compiled step
    struct graph *graph;
    struct adapter_hook *adapters;
    struct step_hook hook;
    struct program *program;
    struct tensor *latents, *time, *target, *weights; // written before each run
    struct tensor *mask;                              // where the run has masks
    struct tensor *text, *ids;    // one of them: ids where the text encoder is part of the step
    struct node *loss, *row_loss; // row_loss: (N,1,1,1), neither weighted nor masked
    float *staging;               // one batch of the largest input

    // best.c: the state that draws best what is learned
    struct {
        double (*measure)(void *data); // NULL: nobody measures
        void *data;
        bool stops;         // the best state is what a run ends with
        bool cut;           // the last measurement was stopped: it is made when the run goes on
        double last, score; // of the last measurement and of the best
        int step;           // of the best; 0: none yet
        int worse;          // measurements since that were clearly worse
        float *values;      // [count] of the best
    } best;

    // state
    int64_t count;                 // parameters
    float *gradient;               // [count]
    float *state[OPTIMIZER_SLOTS]; // [count] each
    int step;
    struct rng rng;
    int64_t kept_at, keep_took; // the last checkpoint: monotonic time and duration, microseconds
    double loss_mean;
};

// ---- data.c -------------------------------------------------------------------------------------

// Posteriors, masks and tokens of the examples. All of one size.
bool train_data_encode(struct objective_run *run, const struct train_set *set, struct task *task,
                       GError **error);
// Text embeddings of all captions.
bool train_data_embed(struct objective_run *run, struct task *task, GError **error);
void train_data_finish(struct train_data *d);

// ---- tokens.c -----------------------------------------------------------------------------------

// After the set was read: the named tokens of the model become a leaf with this learning rate.
bool tokens_prepare(struct trainer *t, const char *const *names, double lr, GError **error);
// Where the text encoder is part of the step: what it is given beside the ids, the encoder, and
// the batch written into it.
bool tokens_inputs(struct trainer *t, GError **error);
struct node *tokens_text(struct trainer *t, struct nn *nn, struct node *ids);
bool tokens_write(struct trainer *t, GError **error);
// The adapter has the rows as they are now.
void tokens_publish(struct trainer *t);
void tokens_free(struct trainer *t);

// ---- prior.c ------------------------------------------------------------------------------------

// Where the run has kept_rows; captions have their embeddings.
bool prior_build(struct trainer *t, GError **error);
// Of the kept rows of the batch, whose latents and time have been written: (rows,h,w,C). Where
// there are none it leaves prediction alone.
bool prior_predict(struct trainer *t, float *prediction, struct task *task, GError **error);
void prior_free(struct trainer *t);

// ---- train.c ------------------------------------------------------------------------------------

// What the learning rates are multiplied by when so many steps have been taken: as the reference
// framework's schedules without warm-up.
double learn_rate(const struct settings *s, int step);

// ---- trainer.c ----------------------------------------------------------------------------------

// The adapter has all that is learned beside its own parameters, as it is now.
void trainer_publish(struct trainer *t);
bool trainer_upload(struct trainer *t, GError **error); // after the leaves' values changed

// ---- best.c -------------------------------------------------------------------------------------

bool best_is_due(const struct trainer *t);
// After a step. False where the run shall end here.
bool best_measure(struct trainer *t, struct task *task);
void best_report(const struct trainer *t, struct train_report *r);
// When a run ends, and there was a measurement: the parameters become the best ones.
bool best_take(struct trainer *t, GError **error);
// A checkpoint has it too. One that is not whole is as none: then the run is measured anew.
void best_write(const struct trainer *t, struct st_writer *w);
void best_read(struct trainer *t, const struct st_file *f);
void best_free(struct trainer *t);

// ---- step.c -------------------------------------------------------------------------------------

// Builds and compiles; t->run is complete. Gives the leaves their nodes and gradients.
bool step_build(struct trainer *t, GError **error);
// The adapters beneath, prepared, as they are in a graph without what is learned.
struct adapter_hook *beneath_hook(const struct objective_run *run, GError **error);
// Writes the batch and runs forward and backward; row_loss: [batch.count], may be NULL.
bool step_gradient(struct trainer *t, double *loss, float *row_loss, float *gradient,
                   struct task *task, GError **error);
void step_free(struct trainer *t);
