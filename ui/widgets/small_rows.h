// Thread: main only.
// Rows and buttons of which pages and dialogs have many.
#pragma once

#include <adwaita.h>

// A title with a text of any length below it, which is shown as it is.
GtkWidget *fact_row_new(const char *title, const char *text);
// Appended to an expander; NULL: there is nothing to say.
void fact_row_add(GtkWidget *expander, const char *title, const char *text);

// As high as its label in a row of any height; clicked is called with data alone.
GtkWidget *named_button_new(const char *label, const char *name, GCallback clicked, gpointer data);
