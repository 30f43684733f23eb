// What the files of the session share.
#pragma once

#include "ui/core/document.h"
#include "ui/core/jobs.h"
#include "ui/store/store.h"

struct pending_job {
    const struct job *job; // the worker's; for comparing only
    enum job_kind kind;
    GCancellable *cancel;
    struct store_document
        *row;   // of a photo that is being opened: becomes the open document's; else NULL
    bool added; // an adapter that the user has just put into the list
};

struct _TinctureSession {
    GObject parent;

    bool starting; // still inside tincture_session_new()

    // owned
    struct store
        *store; // NULL: the library could not be opened, which has been said; then no photo can be
    struct worker *worker;
    char *device_text, *model_text;

    // the open document
    struct store_document row; // its row; id 0: none
    struct document document;
    struct history *history;
    GPtrArray *known_adapters; // struct store_adapter *: all rows, listed or not
    GHashTable
        *adapter_counts; // id -> int[2]: applied, total; both 0: its file could not be loaded
    bool adapter_failed; // one of this document's could not be loaded, which has been said
    GPtrArray *adapters; // struct document_adapter *: the list as shown
    GPtrArray *results;  // struct document_result *
    guint results_limit; // how many of them at most
    bool more_results;   // the library has older ones
    int photo_width, photo_height;
    bool has_photo;
    bool exported; // the newest result has been exported

    // pictures
    struct picture before, view, preview;
    struct view_detail detail;
    bool view_is_preview;
    GArray *samples;

    // jobs
    struct job_state state;
    GArray *jobs;       // struct pending_job: submitted and not done
    guint edit_timer;   // the pause before a preview
    bool edit_wanted;   // an edit is to follow the current job
    bool edit_explicit; // asked for by the user: goes into the history at once
    guint save_timer;
    bool unsaved;     // the document differs from its row
    bool save_failed; // the last saving did not work, which has been said
    guint keep_timer; // until a result that nobody replaces goes into the history
    struct {          // the newest result that is not yet in the history
        GBytes *pixels;
        struct picture thumb;
        int width, height;
        double seconds;
        char *recipe, *prompt;
    } fresh;
    struct store_run run; // the training that runs or waits; id 0: none
    bool replaces_runs;   // it has no checkpoint yet; those that waited before end once it has
    GArray *loss;         // double, one a step
    char *learn_path;     // where the running training's adapter goes
};

enum { SIGNAL_DOCUMENT, SIGNAL_VIEW, SIGNAL_JOB, SIGNAL_MESSAGE, SIGNAL_DEVICE, N_SIGNALS };
extern guint session_signals[N_SIGNALS];

// session.c
void session_changed(TinctureSession *self, unsigned parts); // emits document-changed
void session_message(TinctureSession *self, enum message_kind kind, const char *format, ...)
    G_GNUC_PRINTF(3, 4);
void session_message_error(TinctureSession *self, const char *what,
                           const GError *error);            // unless cancelled
void session_use_adapter(TinctureSession *self, gint64 id); // adds it to the document's list
void session_document_edited(TinctureSession *self, unsigned parts,
                             unsigned tag); // after a change: a step of undo
void session_document_shown(TinctureSession *self, unsigned parts); // after a change that is none

// session_jobs.c
void session_submit(TinctureSession *self, struct job *job); // takes the job
void session_submit_open(TinctureSession *self, struct job *job,
                         struct store_document *row); // takes both
void session_submit_added(TinctureSession *self,
                          struct job *job); // the same for an adapter that the user added
// Name of a photo that is still being opened, or NULL. Also one that is cancelled: that may come too late.
const char *session_opening(TinctureSession *self);
bool session_has_job(TinctureSession *self, enum job_kind kind);     // queued or running
bool session_cancel_jobs(TinctureSession *self, enum job_kind kind); // false: there was none
void session_job_changed(TinctureSession *self);
void session_job_finished(TinctureSession *self,
                          const struct job *job); // the last thing that a job's own function does
void session_edit_now(
    TinctureSession *self); // a newer edit cancels the one in flight and follows it
void session_want_edit(TinctureSession *self);       // the same after a pause
GArray *session_job_adapters(TinctureSession *self); // struct job_adapter, in list order

// session_detail.c
void session_detail_clear(TinctureSession *self); // when another picture is to be shown

// session_library.c: between the document and its rows. Failures become messages.
void session_save_soon(TinctureSession *self);
void session_save_run_soon(TinctureSession *self); // the running training only
void session_save_now(TinctureSession *self);
void session_library_open(TinctureSession *self, const char *data_dir);
// Asks for the photo in a file, or in bytes (then path is NULL). It comes to session_opened().
void session_library_import(TinctureSession *self, const char *path, GBytes *bytes,
                            const char *name);
// The row's document becomes the open one, or the known document of that photo. Empties the row. photo: relative path
// of the library's copy, NULL: the row knows it.
void session_library_opened(TinctureSession *self, struct store_document *row, const char *photo);
void session_library_restore(TinctureSession *self,
                             gint64 id);         // opens the document; id 0: the last one, if any
void session_keep_result(TinctureSession *self); // the fresh one
// The newest result with its pixels if that is its recipe, else NULL. To be freed.
struct store_result *session_newest_result(TinctureSession *self, const char *recipe);
bool session_run_begin(TinctureSession *self); // false, and said: another window is learning
bool session_run_begin_again(
    TinctureSession *self); // the one that waits; false also where it has ended elsewhere
void session_run_stepped(
    TinctureSession *self);                   // with its first checkpoint it replaces those before
void session_run_stop(TinctureSession *self); // it waits to be gone on with, or one before does
void session_run_leave(
    TinctureSession *self); // the same at the close: its checkpoint is still to come
void session_run_end(TinctureSession *self); // done: nothing waits any more
void session_refresh_adapters(TinctureSession *self);
struct store_adapter *session_adapter_row(TinctureSession *self, gint64 id);
struct store_adapter *session_adapter_new(TinctureSession *self, const char *name, const char *path,
                                          const char *method);
void session_refresh_results(TinctureSession *self);
