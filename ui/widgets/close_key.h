// Thread: main only.
#pragma once

#include <gtk/gtk.h>

// Escape closes the window, as it does those of libadwaita's own.
void window_close_at_escape(GtkWindow *window);
