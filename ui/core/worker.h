// The engine thread: runs one job after the other and owns everything that jobs work on.
//
// A job is made on the main thread, run on the engine thread, finished on the main thread. What a job learns on the
// way it posts to the main loop. A job that has to wait for a disk first is prepared on the reader thread, and comes to
// the engine thread once it is; such jobs keep their order.
#pragma once

#include "ui/core/engine.h"
#include "ui/core/session.h"

struct worker;

struct job {
    enum job_kind kind;
    GCancellable *cancel;
    GError *error; // set by prepare or run where it failed
    // Reader thread: touches nothing but the job. NULL: nothing to prepare. False with job->error, then there is no run.
    bool (*prepare)(struct job *job, struct worker *w);
    // Engine thread. False with job->error.
    bool (*run)(struct job *job, struct worker *w);
    // Main thread, also after failure; the session may be gone by then (NULL).
    void (*done)(struct job *job, TinctureSession *session);
    void (*free)(struct job *job); // frees what the kind added; may be NULL
};

void job_free(struct job *job);

// What jobs share, touched only by the engine thread.
struct worker {
    struct engine *engine;       // NULL until the model is loaded
    char *load_error;            // why it is not, where that has failed
    struct photo *photo;         // NULL until a photo is open
    struct edit_result *result;  // newest finished edit
    struct edit_request request; // how it was made; its strings are owned
    GArray *result_adapters;     // with which adapters, struct job_adapter
    GHashTable *adapters;        // path -> struct adapter *

    // private to worker.c
    GThread *thread;
    GThreadPool *reader;
    GAsyncQueue *queue;
    GWeakRef session;
};

struct worker *worker_new(TinctureSession *session);
// Cancels nothing: waits for what is queued, then frees everything. What was posted comes to nothing.
void worker_stop(struct worker *w);
// Takes the job.
void worker_submit(struct worker *w, struct job *job);
// Engine thread: has fn called with (session, data) in the main loop, unless the session is gone; then data is freed.
void worker_post(struct worker *w, void (*fn)(TinctureSession *session, void *data), void *data,
                 GDestroyNotify free_data);

// Engine thread: the adapter of a file, loaded once. NULL with an error.
struct adapter *worker_adapter(struct worker *w, const char *path, GError **error);
void worker_adapter_forget(struct worker *w, const char *path);
// Puts a trained adapter in the place of whatever was known of this path. Takes it.
void worker_adapter_put(struct worker *w, const char *path, struct adapter *adapter);
void worker_photo_clear(struct worker *w);
// Takes result; copies the strings of request, refers to adapters. All NULL: there is none any more.
void worker_result_set(struct worker *w, struct edit_result *result,
                       const struct edit_request *request, GArray *adapters);
