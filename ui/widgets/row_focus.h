// Thread: main only.
#pragma once

#include <gtk/gtk.h>

// GtkWidgetClass.focus for a list's row that does not take the keyboard itself: only its controls
// do, in both directions.
gboolean row_focus_controls(GtkWidget *row, GtkDirectionType direction);
