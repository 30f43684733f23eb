// Edit Many Photos: which photos, by which recipe, learned before or not, written how and where.
//
// Thread: main only.
#pragma once

#include "ui/core/batch_recipe.h"

#include <gtk/gtk.h>

// All valid during the call. files: NULL-terminated paths of photos and of folders of them.
typedef void (*batch_chosen_fn)(const struct batch_plan *plan, const char *const *files,
                                const char *folder, gpointer data);

// plan: of the photo that is open, where it asks for an edit; taken over with all it holds. Another
// one may be loaded from a file.
void batch_window_show(GtkWindow *parent, struct batch_plan plan, batch_chosen_fn chosen,
                       gpointer data);
