// The first-run tour: what the program does, in three cards that can be skipped.
//
// Thread: main only.
#pragma once

#include <gtk/gtk.h>

// However it ends, it is not shown by itself any more.
void tour_window_show(GtkWindow *parent);
// Whether it has never been shown, and can be remembered to have been.
gboolean tour_window_is_due(void);
