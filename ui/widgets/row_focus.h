// Thread: main only.
#pragma once

#include <gtk/gtk.h>

// GtkWidgetClass.focus for a list's row that does not take the keyboard itself: only its controls
// do, in both directions.
gboolean row_focus_controls(GtkWidget *row, GtkDirectionType direction);
// Before a row goes, or anything else with controls: the keyboard, where it is in it, goes to what
// follows. Else it would stay in what nobody sees.
void row_focus_leave(GtkWidget *row);
