// The session: the one object that widgets talk to. It owns the engine thread, the open document, undo, and the
// library; it knows no GTK. Widgets hold no facts: they show what the session says and send requests.
//
// Thread: main only. Work runs on the session's engine thread; results come back through the main loop as
// signals. Nothing here blocks.
//
// Signals
//   "document-changed"  (guint parts)      some of enum document_part differ: read them again
//   "view-changed"      ()                 a new picture to show: tincture_session_view()
//   "job-changed"       ()                 tincture_session_job() differs: progress, text, busy, loss
//   "message"           (int kind, char *text)   enum message_kind: one sentence for a toast
//   "device-changed"    ()                 tincture_session_device_text() is known or differs
#pragma once

#include "compute/edit/edit.h"
#include "compute/train/train.h"
#include "render/picture.h"
#include <glib-object.h>

G_BEGIN_DECLS

enum document_part {
    DOCUMENT_PHOTO = 1 << 0,    // another photo (or none)
    DOCUMENT_PROMPTS = 1 << 1,  // source, edit or negative prompt
    DOCUMENT_PARAMS = 1 << 2,   // edit parameters, seed, learn parameters
    DOCUMENT_ADAPTERS = 1 << 3, // the list, a scale, a switch
    DOCUMENT_RESULTS = 1 << 4,  // the list of earlier results
    DOCUMENT_UNDO = 1 << 5,     // whether undo or redo is possible
    DOCUMENT_ALL = (1 << 6) - 1,
};
enum message_kind { MESSAGE_INFO, MESSAGE_ERROR };

struct view_detail { // a piece of the photo, in its own pixels, and of the newest result
    int x, y;        // where it lies in the photo
    struct picture before, after; // after: empty where there is no result
};
enum job_kind { JOB_NONE, JOB_LOAD_MODEL, JOB_OPEN, JOB_LEARN, JOB_EDIT, JOB_DETAIL, JOB_EXPORT };
struct job_state {      // what the status bar and the Learn panel show
    enum job_kind kind; // JOB_NONE: idle
    bool cancellable;
    double fraction;        // 0..1, < 0 unknown
    char text[160];         // "step 12 of 60"
    double seconds_left;    // < 0 unknown
    const char *opens_next; // name of a photo that waits until this is done, or NULL
    // learning: the whole curve so far
    int n_loss;
    const double *loss; // smoothed
    double last_loss;
    bool can_resume; // an interrupted training of this document waits
    int resume_step, resume_steps;
};

struct document_adapter { // row of the adapter list
    char *name, *path, *method;
    double scale;
    bool enabled;
    int applied, total; // tensors
    bool failed;        // its file could not be loaded: left out of every edit until it can be
    gint64 id;
};
#define RESULTS_SHOWN 200
struct document_result { // row of the history
    gint64 id;
    char *prompt;
    gint64 created; // unix seconds
    struct picture thumb;
    double seconds;
};
#define DOCUMENTS_SHOWN 20
struct document_entry { // row of the list of recent documents
    gint64 id;
    char *title;
    char *origin;         // the file it was opened from, NULL for a paste
    gint64 modified;      // unix seconds
    struct picture thumb; // of the newest result; empty where there is none
    bool open;            // the one that is shown
};
struct learn_params { // Learn panel
    char method[16];  // "svdiff", "oft", "coft"
    int steps;
    double lr;  // 0: the method's default
    int subset; // choice of the method's "subset" parameter
    bool text_encoder;
    uint64_t seed;
};

#define TINCTURE_TYPE_SESSION (tincture_session_get_type())
G_DECLARE_FINAL_TYPE(TinctureSession, tincture_session, TINCTURE, SESSION, GObject)

// data_dir: where the library and drafts live (NULL: the user's data folder). model: folder or file, or NULL for the
// starter. device: as gpu_open(). Loading begins at once in the background; the last document is restored.
TinctureSession *tincture_session_new(const char *data_dir, const char *model, const char *device);
// Saves, cancels jobs (a running training writes its checkpoint) and joins the thread.
void tincture_session_close(TinctureSession *self);

// ---- what is shown ------------------------------------------------------------------------------
const char *tincture_session_device_text(TinctureSession *self); // "llvmpipe" or "" while unknown
const char *tincture_session_model_text(TinctureSession *self);
const char *tincture_session_title(TinctureSession *self); // file name or NULL
bool tincture_session_has_photo(TinctureSession *self);
void tincture_session_photo_size(TinctureSession *self, int *width, int *height); // full size
struct picture
tincture_session_before(TinctureSession *self); // the photo, at most 1600 a side (transfer none)
struct picture tincture_session_view(TinctureSession *self);  // newest: preview, or finished result
bool tincture_session_view_is_preview(TinctureSession *self); // true while it is a rough preview
// The piece that was asked for last, until the picture changes; view-changed says when it is there. Asking while a job
// runs is in vain, and an edit does not wait for it. In pixels of the photo, inside it.
const struct view_detail *
tincture_session_detail(TinctureSession *self); // empty: none (transfer none)
void tincture_session_want_detail(TinctureSession *self, int x, int y, int width, int height);
const struct job_state *tincture_session_job(TinctureSession *self);
// Fixed-seed samples made while learning, oldest first (array of struct picture, transfer none).
const GArray *tincture_session_samples(TinctureSession *self);

// ---- document: reading --------------------------------------------------------------------------
const char *tincture_session_source_prompt(TinctureSession *self);
const char *tincture_session_prompt(TinctureSession *self);
const char *tincture_session_negative(TinctureSession *self);
double tincture_session_param(TinctureSession *self, const char *key); // of edit_params
uint64_t tincture_session_seed(TinctureSession *self);
const struct learn_params *tincture_session_learn_params(TinctureSession *self);
const GPtrArray *tincture_session_adapters(TinctureSession *self); // struct document_adapter *
// struct document_result *, newest first: at most RESULTS_SHOWN, and as many more each time more are asked for.
const GPtrArray *tincture_session_results(TinctureSession *self);
bool tincture_session_has_more_results(TinctureSession *self);
void tincture_session_more_results(TinctureSession *self);
// struct document_entry *, changed last first, at most DOCUMENTS_SHOWN, as the library has them now (transfer full).
// Empty where there is no library.
GPtrArray *tincture_session_documents(TinctureSession *self);
bool tincture_session_can_undo(TinctureSession *self);
bool tincture_session_can_redo(TinctureSession *self);

// ---- document: changing -------------------------------------------------------------------------
// Each is undoable; changes of the same field within a second are one step.
//
// Changing anything that the picture depends on asks for a new preview after a short pause; one in flight, a
// newer request cancels it at the next step.
void tincture_session_set_source_prompt(TinctureSession *self, const char *text);
void tincture_session_set_prompt(TinctureSession *self, const char *text);
void tincture_session_set_negative(TinctureSession *self, const char *text);
void tincture_session_set_param(TinctureSession *self, const char *key, double value);
void tincture_session_set_seed(TinctureSession *self, uint64_t seed);
void tincture_session_roll_seed(TinctureSession *self);
void tincture_session_set_learn_params(TinctureSession *self, const struct learn_params *params);
void tincture_session_adapter_add(TinctureSession *self,
                                  const char *path); // loads in the background
void tincture_session_adapter_remove(TinctureSession *self, gint64 id);
void tincture_session_adapter_set_scale(TinctureSession *self, gint64 id, double scale);
void tincture_session_adapter_set_enabled(TinctureSession *self, gint64 id, bool enabled);
void tincture_session_result_restore(TinctureSession *self,
                                     gint64 id); // its picture and all parameters
void tincture_session_undo(TinctureSession *self);
void tincture_session_redo(TinctureSession *self);

// ---- jobs ---------------------------------------------------------------------------------------
void tincture_session_open(TinctureSession *self, const char *path);
void tincture_session_open_bytes(TinctureSession *self, GBytes *encoded, const char *name); // paste
void tincture_session_open_document(TinctureSession *self,
                                    gint64 id); // of tincture_session_documents()
// Learns the photo with learn_params and the source prompt; goes on with the interrupted training where one waits.
void tincture_session_learn(TinctureSession *self);
void tincture_session_learn_resume(TinctureSession *self); // the interrupted one
// A new training also where one waits. That one can be gone on with until the new one has a checkpoint.
void tincture_session_learn_over(TinctureSession *self);
void tincture_session_edit_now(TinctureSession *self); // full run instead of waiting for the pause
void tincture_session_cancel(TinctureSession *self);
// Exports the newest finished result at the photo's own size; the format follows the suffix.
void tincture_session_export(TinctureSession *self, const char *path, bool with_recipe,
                             int jpeg_quality, int bits);
void tincture_session_export_adapter(TinctureSession *self, gint64 id, const char *path);
bool tincture_session_modified(TinctureSession *self); // results not exported yet

G_END_DECLS
