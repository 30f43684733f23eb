// The session: the one object that widgets are given. It owns the engine, the queue, the project and
// the library, makes a job of each request, and hands what a job brings to whoever applies it.
// Widgets hold no facts: they show what project and queue say, and send requests.
//
// Thread: main only. Nothing here blocks.
//
// Signals
//   "device-changed"  ()   device and model are known or differ
#pragma once

#include "ui/core/live.h"
#include "ui/core/training.h"

G_BEGIN_DECLS

#define TINCTURE_TYPE_SESSION (tincture_session_get_type())
G_DECLARE_FINAL_TYPE(TinctureSession, tincture_session, TINCTURE, SESSION, GObject)

// data_dir: where the library lives (NULL: the user's data folder). model: folder or file, or NULL
// for the starter. device: as gpu_open(). Loading begins at once in the background; the last
// document is restored.
TinctureSession *tincture_session_new(const char *data_dir, const char *model, const char *device);
// Saves, cancels jobs (a running training writes its checkpoint) and joins the threads.
void tincture_session_close(TinctureSession *self);

TinctureProject *tincture_session_project(TinctureSession *self); // borrowed
TinctureQueue *tincture_session_queue(TinctureSession *self);     // borrowed
const char *tincture_session_device_text(TinctureSession *self);  // "llvmpipe" or "" while unknown
const char *tincture_session_model_text(TinctureSession *self);
// Name of a photo that is still being opened, or NULL.
const char *tincture_session_opening(TinctureSession *self);
// struct document_entry *: the documents changed last, newest first (transfer full).
GPtrArray *tincture_session_documents(TinctureSession *self);

// ---- requests -----------------------------------------------------------------------------------

void tincture_session_open(TinctureSession *self, const char *path);
void tincture_session_open_bytes(TinctureSession *self, GBytes *encoded, const char *name); // paste
void tincture_session_open_document(TinctureSession *self, gint64 id);
void tincture_session_adapter_add(TinctureSession *self, const char *path);
void tincture_session_result_restore(TinctureSession *self, gint64 id); // picture and parameters
void tincture_session_more_results(TinctureSession *self);
// Learns the photo with its learn parameters and source prompt; goes on with the interrupted
// training where one waits.
void tincture_session_learn(TinctureSession *self);
void tincture_session_learn_resume(TinctureSession *self); // the interrupted one
void tincture_session_learn_over(TinctureSession *self);   // a new one also where one waits
void tincture_session_edit_now(TinctureSession *self);     // instead of waiting for the pause
void tincture_session_cancel(TinctureSession *self); // everything but the loading of the model
// The piece of the photo that the window shows enlarged, in its pixels and inside it. Ignored while
// a job runs; an edit does not wait for it.
void tincture_session_want_detail(TinctureSession *self, int x, int y, int width, int height);
// The newest finished result at the photo's own size; the format follows the suffix.
void tincture_session_export(TinctureSession *self, const char *path, bool with_recipe,
                             int jpeg_quality, int bits);
void tincture_session_export_adapter(TinctureSession *self, gint64 id, const char *path);

G_END_DECLS
