// What the two files of the session share.
#pragma once

#include "ui/core/document.h"
#include "ui/core/jobs.h"
#include "ui/store/store.h"

struct pending_job {
    const struct job *job;      // the worker's; for comparing only
    enum job_kind kind;
    GCancellable *cancel;
};

struct _TinctureSession {
    GObject parent;

    // owned
    struct store *store;        // NULL: the library could not be opened; work goes on unsaved
    struct worker *worker;
    char *device_text, *model_text;

    // the open document
    struct store_document row;  // its row; id 0: none
    struct store_document pending; // the row whose photo is being read
    struct document document;
    struct history *history;
    GPtrArray *known_adapters;  // struct store_adapter *: all rows, listed or not
    GHashTable *adapter_counts; // id -> int[2]: applied, total
    GPtrArray *adapters;        // struct document_adapter *: the list as shown
    GPtrArray *results;         // struct document_result *
    int photo_width, photo_height;
    bool has_photo;
    bool exported;              // the newest result has been exported

    // pictures
    struct view_picture before, view, preview;
    bool view_is_preview;
    GArray *samples;

    // jobs
    struct job_state state;
    GArray *jobs;               // struct pending_job: submitted and not done
    guint edit_timer;           // the pause before a preview
    bool edit_wanted;           // an edit is to follow the current job
    bool edit_explicit;         // asked for by the user: goes into the history at once
    guint save_timer;
    guint keep_timer;           // until a result that nobody replaces goes into the history
    struct {                    // the newest result that is not yet in the history
        GBytes *pixels;
        struct view_picture thumb;
        int width, height;
        double seconds;
        char *recipe, *prompt;
    } fresh;
    struct store_run run;       // the training that runs or waits; id 0: none
    GArray *loss;               // double, one a step
    char *learn_path;           // where the running training's adapter goes
};

enum { SIGNAL_DOCUMENT, SIGNAL_VIEW, SIGNAL_JOB, SIGNAL_MESSAGE, SIGNAL_DEVICE, N_SIGNALS };
extern guint session_signals[N_SIGNALS];

void session_changed(TinctureSession *self, unsigned parts); // emits document-changed
void session_message(TinctureSession *self, enum message_kind kind, const char *format, ...) G_GNUC_PRINTF(3, 4);
void session_submit(TinctureSession *self, struct job *job);
void session_want_edit(TinctureSession *self);               // after a pause
GArray *session_job_adapters(TinctureSession *self);          // struct job_adapter, in list order

// session_library.c: between the document and its rows. Failures become messages.
void session_save_soon(TinctureSession *self);
void session_save_now(TinctureSession *self);
void session_library_open(TinctureSession *self, const char *data_dir);
// Copies the file's bytes into the library and asks for the photo; then comes one of the two below.
bool session_library_import(TinctureSession *self, GBytes *bytes, const char *name, const char *origin);
void session_library_opened(TinctureSession *self);          // its document becomes the open one
void session_library_not_opened(TinctureSession *self);      // the open document stays
void session_library_restore_last(TinctureSession *self);
void session_keep_result(TinctureSession *self);             // the fresh one
void session_refresh_adapters(TinctureSession *self);
struct store_adapter *session_adapter_row(TinctureSession *self, gint64 id);
struct store_adapter *session_adapter_new(TinctureSession *self, const char *name, const char *path,
                                          const char *method);
void session_refresh_results(TinctureSession *self);
