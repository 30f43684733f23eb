// Where a page or a panel shows the job that works for it.
#pragma once

#include "ui/core/job.h"

#include <gtk/gtk.h>

// What the job does and how far it is, for the eye and for a screen reader.
void job_progress_show(GtkLabel *text, GtkProgressBar *bar, const TinctureJob *job);

// The box with both and with the button that stops the job; NULL hides it. When a job begins the
// keyboard goes to that button: the one that it was on cannot be pressed any more.
void job_box_show(GtkWidget *box, GtkLabel *text, GtkProgressBar *bar, GtkWidget *stop,
                  const TinctureJob *job);
