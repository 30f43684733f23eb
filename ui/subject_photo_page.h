// A photo of a subject: the canvas with its tools, and beside it what the photo shows and where the
// subject is on it. It shows the project of the session's subject_photo.
//
// Thread: main only.
#pragma once

#include "ui/canvas/stage.h"

G_BEGIN_DECLS

#define TINCTURE_TYPE_SUBJECT_PHOTO_PAGE (tincture_subject_photo_page_get_type())
G_DECLARE_FINAL_TYPE(TinctureSubjectPhotoPage, tincture_subject_photo_page, TINCTURE,
                     SUBJECT_PHOTO_PAGE, AdwBin)

void tincture_subject_photo_page_set_session(TinctureSubjectPhotoPage *self,
                                             TinctureSession *session); // once
// It is about to be seen.
void tincture_subject_photo_page_show(TinctureSubjectPhotoPage *self);
TinctureStage *tincture_subject_photo_page_get_stage(TinctureSubjectPhotoPage *self);

G_END_DECLS
