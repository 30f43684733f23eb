// Thread: main only.
#pragma once

#include <gtk/gtk.h>

// Shows the file in the desktop's file manager, or else the folder that it is in. path: absolute.
void show_file(GtkWindow *parent, const char *path);
