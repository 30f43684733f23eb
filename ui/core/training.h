// Trainings of the open document: begun, gone on with, noted in the library step by step, and what
// they leave. One that stops, is closed or killed can be gone on with, until another one of the
// photo has a checkpoint of its own.
//
// Thread: main only.
#pragma once

#include "ui/core/library.h"

struct training {
    // borrowed
    TinctureProject *project;
    TinctureQueue *queue;
    struct library *library;

    // owned
    struct store_run run; // the one that runs or waits; id 0: none
    char *other_model; // with which alone it goes on, as a person calls it; NULL: the one at hand
    char *model_hash;  // of the one at hand; NULL: not known
    char *adapter;     // where the running one's adapter goes, relative to the library
    guint save_timer, tell_timer;

    // state
    bool replaces;    // it has no checkpoint yet; those that waited before end once it has
    bool save_failed; // which has been said
};

struct training *training_new(TinctureProject *project, TinctureQueue *queue,
                              struct library *library);
void training_free(struct training *t);
// The document that was opened, and the hash of the model at hand (NULL: not known).
void training_opened(struct training *t, const char *model_hash);
void training_read(struct training *t);  // the one of the document that is open
void training_leave(struct training *t); // at the close: its checkpoint is still to come

// Both say what is in the way and return false where there is no training then.
bool training_begin(struct training *t); // a new one, also where one waits
bool training_resume(struct training *t);
bool training_waits(const struct training *t);

// A step into a curve of doubles, one a step. A resumed training begins again at its checkpoint;
// that may lie before the last step that was seen, and after the last one that was saved: then the
// curve is bridged.
void training_note_loss(GArray *loss, const struct train_report *step);
void training_stepped(struct training *t, struct job_report *report);
void training_ended(struct training *t, TinctureJob *job);
