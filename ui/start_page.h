// What the window shows before a photo is open: a word on how to begin, and sample photos to try.
//
// Thread: main only.
#pragma once

#include "ui/core/session.h"
#include <adwaita.h>

G_BEGIN_DECLS

#define TINCTURE_TYPE_START_PAGE (tincture_start_page_get_type())
G_DECLARE_FINAL_TYPE(TinctureStartPage, tincture_start_page, TINCTURE, START_PAGE, AdwBin)

// A sample was chosen: signal "open" (char *path, char *caption).

G_END_DECLS
