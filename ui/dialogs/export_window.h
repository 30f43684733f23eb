// What a picture is exported as: its name and place, format, size and what else there is to choose.
//
// Thread: main only.
#pragma once

#include "compute/settings.h"

#include <gtk/gtk.h>

// options: of export_settings, valid during the call.
typedef void (*export_chosen_fn)(const char *path, const struct settings *options, gpointer data);

// photo: the name of the original, NULL: it has none. origin: where it was opened from, beside
// which the picture goes unless another folder was chosen before; NULL: from nowhere. A file that
// is there is written over only after a question. The choices are remembered.
void export_window_show(GtkWindow *parent, const char *photo, const char *origin,
                        export_chosen_fn chosen, gpointer data);
