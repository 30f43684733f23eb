// What the jobs that learn have in common: progress that becomes reports, samples on the way, and
// an adapter that is saved and described.
//
// Thread: the engine's.
#pragma once

#include "ui/core/engine.h"
#include "ui/core/job.h"

struct learner {
    // borrowed
    TinctureJob *job;
    struct engine *engine;

    struct adapter *adapter;       // owned, until it is kept
    struct learning *learning;     // owned; NULL: it is still to be made
    struct task task;              // what works under it reports to the job
    struct task_progress progress; // the last, as samples are told with it
};

// The model that a checkpoint was written with, as a person calls it, where that is another one
// than the one of this path and hash (of its U-Net; NULL: not known), newly allocated. NULL: it is
// not, or that cannot be told.
char *learner_other_model(const char *checkpoint, const char *path, const char *hash);
// False with an error where there is no model, or the settings' method does not fit it, or
// what it goes on from was begun with another one. One that made way has its learning.
bool learner_begin(struct learner *l, TinctureJob *job, struct engine *engine, GError **error);
// Of the job's document the settings and the seed; checkpoints go to its source.
struct train_params learner_params(const struct learner *l);
// The checkpoint to go on from; NULL: from the beginning.
const char *learner_resumes(const struct learner *l);
// Runs its learning. Where it makes way, the engine keeps that, and the adapter.
bool learner_run(struct learner *l, void *data, GError **error);
void learner_let_go(TinctureJob *job, struct engine *e); // struct job_type has this
// A sample for the person to see.
void learner_show(const struct learner *l, const struct edit_result *drawn);
// Names the adapter (takes the name; NULL: after method and steps), saves it as the job's path, and
// describes it in the outcome.
bool learner_keep(struct learner *l, char *name, GError **error);
void learner_end(struct learner *l);
