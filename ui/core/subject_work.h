// The subject that is being put together and learned: its photos, its word, what it is one of and
// how it is to be learned; the training, that can be gone on with; and the subjects that were
// learned before. What a person has put in is in the library's folder within a second, and is there
// again at the next start. It belongs to no photo that is open.
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

struct subject_view { // a photo of the subject, as it was when it was added
    char *path, *name;
    char *caption; // that of the file beside it; NULL: it is made of word and class
    bool masked;   // there is a mask beside it
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

    struct subject_draft
        draft;              // its photos are those that can be read, and those that are read now
    GPtrArray *photos;      // struct subject_view: those that have been read, in that order
    guint reading;          // photos that are still being read
    struct subject_run run; // that runs, waits, or (without a checkpoint) was last
    bool running;
    GPtrArray *strips; // struct subject_strip: of the first photo, and of the sentences

    // private
    TinctureProject *project; // borrowed, as the next two
    TinctureQueue *queue;
    struct library *library;
    struct subject_run waiting; // that waits until the one that runs has a checkpoint of its own
    GString *faults;            // of photos that are being read
    guint n_faults;
    guint save_timer, next_strip;
    bool loaded, save_failed;
    GCancellable *cancel; // of reading photos
};

TinctureSubjectWork *tincture_subject_work_new(TinctureProject *project, TinctureQueue *queue,
                                               struct library *library);
// Reads what was put in before; once is enough. To be called before anybody looks.
void tincture_subject_work_load(TinctureSubjectWork *self);
// At the close: the training's checkpoint is there by now, where it could write one.
void tincture_subject_work_leave(TinctureSubjectWork *self);

// ---- what is learned ----------------------------------------------------------------------------

// NULL-terminated. Those that cannot be read are told of and left out.
void tincture_subject_work_add(TinctureSubjectWork *self, const char *const *paths);
void tincture_subject_work_remove(TinctureSubjectWork *self, guint photo);
void tincture_subject_work_set_word(TinctureSubjectWork *self, const char *word);
void tincture_subject_work_set_kind(TinctureSubjectWork *self, const char *kind);
// A value outside its legal range changes nothing.
void tincture_subject_work_set(TinctureSubjectWork *self, const char *key, double value);
// "a photograph of a <rex> dog": what the subject is called in a sentence. To be freed.
char *tincture_subject_work_sentence(TinctureSubjectWork *self);
// The name of a subject that has been learned under the same word, to be freed; NULL: none.
char *tincture_subject_work_same_word(TinctureSubjectWork *self);
// Why the word cannot be taken, as a sentence to be freed; NULL: it can. m: the session's reader.
char *tincture_subject_work_word_fault(TinctureSubjectWork *self, const struct model *m);

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
// Into the list of the open document, switched on; others of the same word are switched off.
void tincture_subject_work_use(TinctureSubjectWork *self, const char *path);

G_END_DECLS
