// Ten steps of runs that draw their own batches, as the reference framework takes them
// (data/train/make_batch_vectors.py): its set of pictures, its settings, its numbers.
#pragma once

#include "compute/train/objective.h"
#include "tests/adapter/fixture.h"

#define REFERENCE_STEPS    10
#define REFERENCE_PICTURES 3
#define REFERENCE_ADAPTER  "lr=0.01 lr_1d=0.001 steps=10 " // settings of every adapter

struct reference {
    struct fixture *fx;
    struct fixture vectors; // SCRIPT_MODEL.safetensors for fixture_vector()
    struct train_example examples[REFERENCE_PICTURES];
    float *rgb[REFERENCE_PICTURES], *mask;
    const char *tokens[2];   // that are trained; none
    struct adapter *beneath; // that is learned on top of; NULL: none
};
// script: "batch" or "control", of tests/data/train/make_SCRIPT_vectors.py. The fixture is open and
// stays the caller's.
void reference_open(struct reference *r, struct fixture *fx, const char *script, const char *model);
void reference_close(struct reference *r);

// learn: the objective and the batch are the caller's choice; decay and clipping are set here.
struct trainer *reference_trainer(struct reference *r, struct adapter *a, struct settings *learn,
                                  double clip_norm, const char *checkpoint);
// Takes ten steps of the trainer's own draw and compares all that the vectors have of the case:
// samples, time steps, latents, noise, gradients, losses, norms.
void reference_check(struct reference *r, struct trainer *t, struct adapter *a, const char *name,
                     const char *draw, double clip_norm);
// A number of a curve: KEY of CASE at a step, from 0.
double reference_number(struct reference *r, const char *name, const char *key, int step);
// Asserts that it is within tolerance, relative to expected.
void reference_near(const char *what, double value, double expected, double tolerance);
