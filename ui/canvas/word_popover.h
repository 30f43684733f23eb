// The words of the description, and an entry for any: the one that is chosen is what "win.select"
// is activated with.
//
// Thread: main only.
#pragma once

#include "ui/core/session.h"
#include <gtk/gtk.h>

G_BEGIN_DECLS

#define TINCTURE_TYPE_WORD_POPOVER (tincture_word_popover_get_type())
G_DECLARE_FINAL_TYPE(TinctureWordPopover, tincture_word_popover, TINCTURE, WORD_POPOVER, GtkPopover)

void tincture_word_popover_set_project(TinctureWordPopover *self, TinctureProject *project);

G_END_DECLS
