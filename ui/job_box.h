// Where a page or a panel shows the job that works for it.
#pragma once

#include "ui/core/job.h"

#include <gtk/gtk.h>

// The box with what the job does, how far it is, and the button that stops it; NULL hides it.
// When a job begins the keyboard goes to that button: the one that it was on cannot be pressed
// any more.
void job_box_show(GtkWidget *box, GtkLabel *text, GtkProgressBar *bar, GtkWidget *stop,
                  const TinctureJob *job);
