// Keys of the windows beside the main one, whose own do not reach into them. Thread: main only.
#pragma once

#include <gtk/gtk.h>

// Escape closes the window, as it does those of libadwaita's own.
void window_close_at_escape(GtkWindow *window);

// F1 opens the page of the manual for a place of ui/window_help.c. The window is transient for the
// main one.
void window_help_at_f1(GtkWindow *window, const char *place);
