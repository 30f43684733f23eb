// The session: the one object that widgets are given. It owns the engine, the queue, the project
// and the library, loads the model, and hands what a job brings to whoever applies it. Widgets hold
// no facts: they show what project and queue say, change the project, and send requests to what the
// session owns or, where several of these take part, to the session.
//
// Thread: main only. Nothing here blocks.
//
// Signals
//   "device-changed"  ()   device and model are known or differ
#pragma once

#include "compute/model/vocabulary.h"
#include "ui/core/batch_recipe.h"
#include "ui/core/hint.h"
#include "ui/core/live.h"
#include "ui/core/painting.h"
#include "ui/core/sticker_work.h"
#include "ui/core/subject_photo.h"
#include "ui/core/subject_work.h"
#include "ui/core/training.h"
#include "ui/core/variations.h"
#include "ui/core/workshop.h"

G_BEGIN_DECLS

#define TINCTURE_TYPE_SESSION (tincture_session_get_type())
G_DECLARE_FINAL_TYPE(TinctureSession, tincture_session, TINCTURE, SESSION, GObject)

// What the engine is made of.
struct session_engine {
    const char *model;     // folder or file
    const char *vae;       // of the autoencoder in the place of that model's own, or NULL
    const char *device;    // as gpu_open()
    const char *precision; // as gpu_set_precision()
};

// To be read.
struct _TinctureSession {
    GObject parent_instance;

    TinctureQueue *queue;
    TinctureProject *project;
    struct library *library;
    struct live *live;
    struct training *training;
    TinctureSubjectWork *subject, *style;
    TinctureSubjectPhoto *subject_photo;
    TinctureWorkshop *workshop;
    TinctureStickerWork *sticker;
    TincturePainting *painting;
    struct variations *variations;
    struct hint *hint;
    struct engine *engine;         // of the queue's thread; NULL: closed
    char *device, *model;          // names to be shown; "" while unknown
    bool has_edges;                // a control of the model keeps a photo's edges
    const struct model *reader;    // for how it reads sentences, and its sampler; NULL: none yet
    struct vocabulary *vocabulary; // NULL: the model does not say which words it knows
    GBytes *continued;             // the result that is to be opened as a photo; NULL: none
    char *continued_prompt;        // what it shows
    char *opening;                 // what the library knows to be opened; NULL: nothing
    struct session_engine used;    // what was loaded; owned; model NULL: nothing yet
    char *exported;                // path of what was exported last; NULL: nothing yet
    bool again;                    // it is loaded once more, as another one failed
};

// data_dir: where the library lives (NULL: the user's data folder). model: folder or file, or NULL
// for the starter. vae: of the autoencoder in the place of that model's own, or NULL. device: as
// gpu_open(); precision: as gpu_set_precision(). Loading begins at once in the background; the last
// document is restored.
TinctureSession *tincture_session_new(const char *data_dir, const char *model, const char *vae,
                                      const char *device, const char *precision);
// Another engine in the place of the one at hand: model NULL is the starter. What was promised
// is done before, all else ends, a training with its checkpoint. The open photo is then seen as
// that model sees it. One that cannot be loaded is told of, and the one at hand comes back.
void tincture_session_use(TinctureSession *self, const struct session_engine *engine);
// Saves, cancels jobs (a running training writes its checkpoint) and joins the threads.
void tincture_session_close(TinctureSession *self);

// Learns the photo with its settings and source prompt; goes on with the interrupted training where
// one waits.
void tincture_session_learn(TinctureSession *self);
void tincture_session_learn_resume(TinctureSession *self); // the interrupted one
void tincture_session_learn_over(TinctureSession *self);   // a new one also where one waits
void tincture_session_cancel(TinctureSession *self); // everything but the loading of the model
// Adds what belongs to a word of the description, or to a place of the photo in its pixels, to the
// mask of a project of the session, or takes it away.
void tincture_session_select_word(TinctureSession *self, TinctureProject *p, const char *word,
                                  bool erase);
void tincture_session_select_point(TinctureSession *self, TinctureProject *p, double x, double y,
                                   bool erase);
// Frames what the words are about.
void tincture_session_suggest_frame(TinctureSession *self, TinctureProject *p);
// The newest finished result becomes the photo that is edited next, with what it shows as its
// description. The one before stays in the library.
void tincture_session_continue(TinctureSession *self);
// The newest finished result, or else the photo, as the settings (of export_settings) say.
void tincture_session_export(TinctureSession *self, const char *path,
                             const struct settings *options);
// What is done to the open photo, as a recipe for others: without its mask, region and control.
void tincture_session_plan(TinctureSession *self, struct batch_plan *plan);
// One recipe on many photos, which go to a folder. plan NULL: what is done to the open photo.
// files: paths of photos and of folders of them.
void tincture_session_batch(TinctureSession *self, const struct batch_plan *plan,
                            const char *const *files, const char *folder);
// A job that failed, once more with what it was given.
void tincture_session_retry(TinctureSession *self, TinctureJob *job);
// library_delete(), also of the document that is open: what works for it ends.
bool tincture_session_delete(TinctureSession *self, enum store_kind kind, gint64 id);
// dialect: compute/adapter/dialect/dialect.h, NULL: the method's own. rank: of a low-rank copy,
// where the dialect needs one, 0: the default.
void tincture_session_export_adapter(TinctureSession *self, gint64 id, const char *path,
                                     const char *dialect, int rank);

G_END_DECLS
