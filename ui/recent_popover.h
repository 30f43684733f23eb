// The documents of the library, those changed last first, and the samples. A click brings a
// document back with its prompts, adapters and results, even if there is no file any more (after a
// paste). A sample: signal "open-sample" (char *path, char *caption).
//
// Thread: main only.
#pragma once

#include "ui/core/session.h"
#include <gtk/gtk.h>

G_BEGIN_DECLS

#define TINCTURE_TYPE_RECENT_POPOVER (tincture_recent_popover_get_type())
G_DECLARE_FINAL_TYPE(TinctureRecentPopover, tincture_recent_popover, TINCTURE, RECENT_POPOVER,
                     GtkPopover)

// Keeps a reference to the session. The list is read each time the popover is shown.
void tincture_recent_popover_set_session(TinctureRecentPopover *self, TinctureSession *session);

G_END_DECLS
