// Thread: main only.
#pragma once

#include <gtk/gtk.h>

// A wheel over a slider or a number inside a scrolled list scrolls the list and leaves the value
// alone.
void widget_ignore_scroll(GtkWidget *widget);
