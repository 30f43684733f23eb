// A list of photos on the page of subjects or styles, with its word and what it is.
//
// Thread: main only.
#pragma once

#include "ui/core/session.h"
#include <adwaita.h>

G_BEGIN_DECLS

#define TINCTURE_TYPE_SUBJECT_BLOCK (tincture_subject_block_get_type())
G_DECLARE_FINAL_TYPE(TinctureSubjectBlock, tincture_subject_block, TINCTURE, SUBJECT_BLOCK, AdwBin)

// index: its place in the draft.
GtkWidget *tincture_subject_block_new(TinctureSession *session, TinctureSubjectWork *work,
                                      guint index);
// As the draft has it now; one more and one fewer among them are blocks more and fewer.
void tincture_subject_block_show(TinctureSubjectBlock *self);
guint tincture_subject_block_get_index(TinctureSubjectBlock *self);

G_END_DECLS
