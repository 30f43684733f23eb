// The session: the one object that the widgets of a window are given. It owns the window's project
// and library, works in the studio (ui/core/studio.h) that all windows share, and hands what the
// jobs that it asked for bring to whoever applies it. Widgets hold no facts: they show what project
// and queue say, change the project, and send requests to what the session owns or, where several
// of these take part, to the session.
//
// Thread: main only. Nothing here blocks.
//
// Signals
//   "device-changed"  ()   device and model are known or differ
//   "elsewhere"       (TinctureSession *)   what was to be opened here is open in that one
#pragma once

#include "ui/core/batch_recipe.h"
#include "ui/core/hint.h"
#include "ui/core/live.h"
#include "ui/core/painting.h"
#include "ui/core/sticker_work.h"
#include "ui/core/studio.h"
#include "ui/core/subject_photo.h"
#include "ui/core/subject_work.h"
#include "ui/core/training.h"
#include "ui/core/variations.h"
#include "ui/core/workshop.h"

G_BEGIN_DECLS

#define TINCTURE_TYPE_SESSION (tincture_session_get_type())
G_DECLARE_FINAL_TYPE(TinctureSession, tincture_session, TINCTURE, SESSION, GObject)

// To be read.
struct _TinctureSession {
    GObject parent_instance;

    TinctureStudio *studio;
    TinctureQueue *queue; // the studio's, as are subject and style
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
    GBytes *continued;      // the result that is to be opened as a photo; NULL: none
    char *continued_prompt; // what it shows
    char *exported;         // path of what was exported last; NULL: nothing yet
};

// Another window of the studio. With the first one the loading of the model begins in the
// background, and the last document is restored.
TinctureSession *tincture_session_new(TinctureStudio *studio);
// Another engine in the place of the one at hand, for all sessions: model NULL is the starter. What
// was promised is done before, all else ends, a training with its checkpoint. The open photos are
// then seen as that model sees them. One that cannot be loaded is told of, and the one at hand
// comes back.
void tincture_session_use(TinctureSession *self, const struct studio_engine *engine);
// Saves, and cancels the session's jobs (a running training writes its checkpoint), but for those
// that stay or were promised. The last one closes the studio.
void tincture_session_close(TinctureSession *self);
// What is learned apart from photos is worked at in this session's window from now on.
void tincture_session_attend(TinctureSession *self);

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
// The one of the studio in which the document is open; NULL: none.
TinctureSession *tincture_session_of_document(TinctureSession *self, gint64 id);
// A document of the library, unless another session has it, which is told.
void tincture_session_open(TinctureSession *self, gint64 document);
// As the library does it, in all sessions. Of the document that is open in one of them, what works
// for it ends.
bool tincture_session_delete(TinctureSession *self, enum store_kind kind, gint64 id);
bool tincture_session_restore(TinctureSession *self, enum store_kind kind, gint64 id);
void tincture_session_restore_cleaned(TinctureSession *self, gint64 when);
// The adapter of a file, into another one. dialect: compute/adapter/dialect/dialect.h, NULL: the
// method's own. rank: of a low-rank copy, where the dialect needs one, 0: the default.
void tincture_session_export_adapter_file(TinctureSession *self, const char *file, const char *path,
                                          const char *dialect, int rank);
// The same of one of the open photo.
void tincture_session_export_adapter(TinctureSession *self, gint64 id, const char *path,
                                     const char *dialect, int rank);

G_END_DECLS
