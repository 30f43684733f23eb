// A photo of a subject that is looked at closely: a project of its own, so that tools and panels
// that show a project crop, mask and describe it. What is decided there goes into the draft at
// once; its undo lasts until another one is opened. Nothing of it is in the library's documents.
//
// Thread: main only.
//
// Signals
//   "opened"   ()   the photo that was asked for is the project's
#pragma once

#include "ui/core/painting.h"
#include "ui/core/subject_work.h"

G_BEGIN_DECLS

#define TINCTURE_TYPE_SUBJECT_PHOTO (tincture_subject_photo_get_type())
G_DECLARE_FINAL_TYPE(TinctureSubjectPhoto, tincture_subject_photo, TINCTURE, SUBJECT_PHOTO, GObject)

// To be read.
struct _TinctureSubjectPhoto {
    GObject parent_instance;

    TinctureProject *project;
    TincturePainting *painting;
    guint subject; // whose photo it is, by its place in the draft

    // private
    TinctureSubjectWork *work; // borrowed, as the next two
    TinctureProject *main;     // where messages are said
    TinctureQueue *queue;
    char *path;
    struct mask *beside; // what lies beside the photo says, as the project began; NULL: nothing
};

TinctureSubjectPhoto *tincture_subject_photo_new(TinctureSubjectWork *work, TinctureProject *main,
                                                 TinctureQueue *queue);
// Asks for a photo of the draft.
void tincture_subject_photo_open(TinctureSubjectPhoto *self, guint subject, guint photo);
void tincture_subject_photo_opened(TinctureSubjectPhoto *self, TinctureJob *job);

G_END_DECLS
