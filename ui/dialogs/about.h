// Thread: main only.
#pragma once

#include <gtk/gtk.h>

// device, model: what is in use, for the page that bug reports are made from.
void about_dialog_show(GtkWindow *parent, const char *device, const char *model);
