// The subjects that are being put together and learned, or a style: of each list its photos, its
// word and what it is one of, and how all are learned; the training, that can be gone on with; and
// those that were learned before. What a person has put in is in the library's folder within a
// second, and is there again at the next start. It belongs to no photo that is open.
//
// Thread: main only.
//
// Signals
//   "changed"   ()   anything of it
#pragma once

#include "compute/model/model.h"
#include "ui/core/library.h"
#include "ui/core/subject_draft.h"

G_BEGIN_DECLS

#define TINCTURE_TYPE_SUBJECT_WORK (tincture_subject_work_get_type())
G_DECLARE_FINAL_TYPE(TinctureSubjectWork, tincture_subject_work, TINCTURE, SUBJECT_WORK, GObject)

struct subject_view { // a photo as it was when it was added
    char *name;
    char *caption; // that of the file beside it; NULL: there is none
    bool masked;   // there is a mask beside it, or it is a cut-out
    int width, height;
    struct picture thumb;
};

struct subject_strip { // what a training drew of one thing, oldest first
    char *title;       // the sentence
    GArray *samples;   // struct picture
};

struct subject_run { // a training that runs, or waits to be gone on with
    struct subject_draft draft;
    char *checkpoint; // relative to the library; NULL: there is no training
    int step, steps;
    GArray *loss; // double, smoothed: one a step
};

// To be read; only the functions below change it.
struct _TinctureSubjectWork {
    GObject parent_instance;

    const struct lesson *lesson; // what kind of thing is learned
    struct subject_draft draft;  // photos: those that can be read, and those that are read now
    GHashTable *views;           // path -> struct subject_view: of photos that have been read
    guint reading;               // photos that are still being read
    GPtrArray *removed;          // what can be put back, the last one last
    struct subject_run run;      // that runs, waits, or (without a checkpoint) was last
    bool running;
    GPtrArray *strips; // struct subject_strip: of the first photo, and of the sentences

    // private
    TinctureQueue *queue;       // borrowed
    TinctureProject *project;   // of the window that attends to it, borrowed; NULL: none does yet
    struct library *library;    // the same
    struct subject_run waiting; // that waits until the one that runs has a checkpoint of its own
    GString *faults;            // of photos that are being read
    guint n_faults;
    guint save_timer, tell_timer, next_strip;
    gint64 last_removed; // the number of the last one
    bool loaded, save_failed;
    GCancellable *cancel; // of reading photos
};

TinctureSubjectWork *tincture_subject_work_new(const struct lesson *lesson, TinctureQueue *queue);
// The window in which a person works with it from now on: what there is to say is said there, and
// what is learned is used on its photo. To be called before anything else.
void tincture_subject_work_attend(TinctureSubjectWork *self, TinctureProject *project,
                                  struct library *library);
// Reads what was put in before; once is enough. To be called before anybody looks.
void tincture_subject_work_load(TinctureSubjectWork *self);
// The library's model is another one: what no person has set is as that one has it.
void tincture_subject_work_use_model(TinctureSubjectWork *self);
// At the close: the training's checkpoint is there by now, where it could write one.
void tincture_subject_work_leave(TinctureSubjectWork *self);

// ---- what is learned ----------------------------------------------------------------------------
// Subjects and their photos are named by their places in the draft.

// Another subject, with a word that is suggested; not beyond SUBJECTS_MOST.
void tincture_subject_work_add_subject(TinctureSubjectWork *self);
// All but the last one can be removed; of lists that stay, all photos are. Returns a number to put
// it back by.
gint64 tincture_subject_work_remove_subject(TinctureSubjectWork *self, guint subject);
// The one that photos belong to where nobody says it: the first without any, else the last.
guint tincture_subject_work_next(TinctureSubjectWork *self);
// NULL-terminated: photos, and folders of them. Those that cannot be read are told of and left out.
void tincture_subject_work_add(TinctureSubjectWork *self, guint subject, const char *const *paths);
gint64 tincture_subject_work_remove(TinctureSubjectWork *self, guint subject, guint photo);
// Puts back what was removed under that number (0: the last one), where it was, if it has not been
// put back yet.
void tincture_subject_work_put_back(TinctureSubjectWork *self, gint64 number);
void tincture_subject_work_set_word(TinctureSubjectWork *self, guint subject, const char *word);
void tincture_subject_work_set_kind(TinctureSubjectWork *self, guint subject, const char *kind);
// A sentence that is drawn on the way, besides those that are drawn anyway; "": none.
void tincture_subject_work_set_own_prompt(TinctureSubjectWork *self, const char *prompt);
// A value outside its legal range changes nothing.
void tincture_subject_work_set(TinctureSubjectWork *self, const char *key, double value);
// What a person says of a photo of the draft from now on: caption, crop and mask of said, borrowed.
void tincture_subject_work_say(TinctureSubjectWork *self, struct subject_shot *shot,
                               const struct subject_shot *said);
// NULL: it is still being read.
const struct subject_view *tincture_subject_work_view(TinctureSubjectWork *self,
                                                      const struct subject_shot *shot);
// Whether something says where on the photo the subject is.
bool tincture_subject_work_has_mask(TinctureSubjectWork *self, const struct subject_shot *shot);
// Whether the photos need masks, as subjects are put together by them.
bool tincture_subject_work_needs_masks(TinctureSubjectWork *self);
// "a photograph of a <rex> dog": what the subject is called in a sentence. To be freed.
char *tincture_subject_work_sentence(TinctureSubjectWork *self, guint subject);
// The name of subjects that have been learned under the same word, to be freed; NULL: none.
char *tincture_subject_work_same_word(TinctureSubjectWork *self, guint subject);
// Why the word cannot be taken, as a sentence to be freed; NULL: it can. m: the session's reader.
char *tincture_subject_work_word_fault(TinctureSubjectWork *self, guint subject,
                                       const struct model *m);

// ---- learning -----------------------------------------------------------------------------------

// Both say what is in the way and return false where there is no training then.
bool tincture_subject_work_learn(TinctureSubjectWork *self, const struct model *m); // a new one
bool tincture_subject_work_resume(TinctureSubjectWork *self);
bool tincture_subject_work_waits(TinctureSubjectWork *self); // one can be gone on with
void tincture_subject_work_stepped(TinctureSubjectWork *self, struct job_report *report);
void tincture_subject_work_ended(TinctureSubjectWork *self, TinctureJob *job);

// ---- what was learned ---------------------------------------------------------------------------

// struct library_file *, by name.
GPtrArray *tincture_subject_work_known(TinctureSubjectWork *self);
// Into the list of the open document, switched on; others with one of its words are switched off.
void tincture_subject_work_use(TinctureSubjectWork *self, const char *path);

G_END_DECLS
