// Where subjects are learned, or a style: of each list its photos, its word and what it is, the
// training, and those that were learned before. It shows what its work says (core/subject_work.h).
//
// Thread: main only.
#pragma once

#include "ui/core/session.h"
#include <adwaita.h>

G_BEGIN_DECLS

#define TINCTURE_TYPE_SUBJECT_PAGE (tincture_subject_page_get_type())
G_DECLARE_FINAL_TYPE(TinctureSubjectPage, tincture_subject_page, TINCTURE, SUBJECT_PAGE, AdwBin)

// work: one of the session's, whose page it is.
void tincture_subject_page_set_session(TinctureSubjectPage *self, TinctureSession *session,
                                       TinctureSubjectWork *work);
// It is about to be seen: what was put in before is read.
void tincture_subject_page_show(TinctureSubjectPage *self);
// The subject that something is let go over, at a place of the widget; elsewhere on the page the
// one that waits for photos.
guint tincture_subject_page_at(TinctureSubjectPage *self, GtkWidget *widget, double x, double y);

G_END_DECLS
