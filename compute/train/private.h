// Private to compute/train.
#pragma once

#include "compute/train/train.h"

struct trainer {
    // borrowed
    struct model *model;
    struct adapter *adapter;
    const struct objective *objective;
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

    // what is learned from
    struct noise_schedule schedule;
    struct train_data data;
    struct train_batch batch;

    // the compiled step
    struct graph *graph;
    struct adapter_hook *hook;
    struct program *program;
    struct tensor *latents, *time, *target; // written before each run
    struct tensor *states, *ids; // one of them: ids where the text encoder is trained too
    struct node *loss;
    struct node **grads; // of adapter->params; NULL where a layer does not occur
    float *staging;      // one batch of the largest input

    // state
    int64_t count;                 // parameters
    float *gradient;               // [count]
    float *state[OPTIMIZER_SLOTS]; // [count] each
    int step;
    struct rng rng;
    double loss_mean;
};

// Posterior, tokens and (without a trained text encoder) text states of the examples.
bool train_data_encode(struct train_data *d, struct model *model,
                       const struct train_example *examples, int n, bool text_states,
                       struct task *task, GError **error);
void train_data_finish(struct train_data *d);
