// A progress bar that moves also while the work says nothing.
//
// Thread: main only.
#pragma once

#include <gtk/gtk.h>

// fraction < 0: nobody knows how far it is.
void progress_show(GtkProgressBar *bar, double fraction);
// When the bar is hidden: it would keep the window drawing.
void progress_stop(GtkProgressBar *bar);
