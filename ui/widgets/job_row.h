// A row of the queue: what is done and for what, how far it is, and what can be done about it.
//
// Thread: main only.
#pragma once

#include "ui/core/session.h"

#include <adwaita.h>

G_BEGIN_DECLS

#define TINCTURE_TYPE_JOB_ROW (tincture_job_row_get_type())
G_DECLARE_FINAL_TYPE(TinctureJobRow, tincture_job_row, TINCTURE, JOB_ROW, GtkListBoxRow)

// Of a job that waits or runs, or of one that failed.
GtkWidget *tincture_job_row_new(TinctureSession *session, TinctureJob *job);
TinctureJob *tincture_job_row_get_job(TinctureJobRow *self);
// As it is now, in that place of its list: its controls are named after that, "queue.0.pause".
void tincture_job_row_show(TinctureJobRow *self, guint place);
// The keyboard to the control that moves by so much, or to the other one where that is off.
void tincture_job_row_focus_move(TinctureJobRow *self, int by);

// Signals
//   "moved"  (int by)   it has another place by now, and another row
G_END_DECLS
