// The tools beside the picture: a row of buttons, each an action of the window.
//
// Thread: main only.
#pragma once

#include "ui/core/session.h"
#include <adwaita.h>

G_BEGIN_DECLS

#define TINCTURE_TYPE_TOOLBAR (tincture_toolbar_get_type())
G_DECLARE_FINAL_TYPE(TinctureToolbar, tincture_toolbar, TINCTURE, TOOLBAR, AdwBin)

void tincture_toolbar_set_project(TinctureToolbar *self, TinctureProject *project); // once
// Opens the list of words.
void tincture_toolbar_ask_word(TinctureToolbar *self);

G_END_DECLS
