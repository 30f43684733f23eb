// A progress bar that also moves while the work reports nothing.
//
// Thread: main only.
#pragma once

#include <gtk/gtk.h>

// fraction < 0: it is not known how far the work is.
void progress_show(GtkProgressBar *bar, double fraction);
// To be called when the bar is hidden: else it would keep the window redrawing.
void progress_stop(GtkProgressBar *bar);
