// A session on a library of its own, driven by the main loop.
#pragma once

#include "ui/core/session.h"

struct fixture {
    char *dir; // the library's folder
    TinctureSession *session;
    TinctureProject *project;    // the session's: borrowed
    TinctureQueue *queue;        // the same
    int messages[MESSAGE_KINDS]; // by enum message_kind
    char *last_message;
    unsigned parts; // all that changed
    int views, previews;
    int edits_seen;              // times an edit became what is shown
    const struct job_type *kind; // of the job that is shown; NULL: none
    int loss_seen;               // most steps a loss curve had
};

char *sample_path(const char *name);   // of resources/samples
void fixture_begin(struct fixture *f); // an empty library, no session yet
// The newest result to a file, else with the usual options.
void fixture_export(TinctureSession *session, const char *path, bool with_recipe, int quality,
                    int bits);
// The only one of a studio. model: NULL: the starter.
TinctureSession *session_in(const char *dir, const char *model);
void fixture_open(struct fixture *f);   // a session on it
void fixture_attach(struct fixture *f); // to a session that is there
void fixture_close(struct fixture *f);
void fixture_end(struct fixture *f); // closes and removes the library

typedef bool (*condition_fn)(struct fixture *f);
void wait_until(struct fixture *f, condition_fn condition, const char *what); // fails after a while
// For what must not happen: then there is no condition to wait for.
void wait_ms(int milliseconds);
// Until the newest document in the library on the disk has this description; what was to be saved
// before is there then, too.
void wait_saved(struct fixture *f, const char *source_prompt);
const struct job_type *job_kind(struct fixture *f); // of the job that is shown; NULL: none
guint loss_steps(struct fixture *f);                // of the curve so far
bool learning_is_over(struct fixture *f);
void wait_idle(struct fixture *f); // no job, and none about to begin

// A photo is open and idle: apple.png, prompts empty, few steps.
void fixture_photo(struct fixture *f);
void fixture_learn(struct fixture *f, int steps); // sets the learn parameters and begins anew

// A second program: this test again, learning `steps` steps in the same library until it is killed.
bool fixture_is_trainer(int argc, char **argv); // true: main() was that program, and returns
GPid fixture_start_trainer(const struct fixture *f, int steps); // returns at its first checkpoint
void fixture_kill_trainer(GPid pid);                            // with -9; returns when it is gone
guint fixture_checkpoints(const struct fixture *f);             // in the library, complete ones
