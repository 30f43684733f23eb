// Thread: main only.
#pragma once

#include <gtk/gtk.h>

// GtkWidgetClass.focus of a list's row that is no stop for the keyboard itself, only its controls
// are, in both directions.
gboolean row_focus_controls(GtkWidget *row, GtkDirectionType direction);
