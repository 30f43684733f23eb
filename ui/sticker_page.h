// Make a Sticker: of a sentence or of what is selected in the photo, on a checkered ground as it
// will be saved. It shows what the session's sticker says (core/sticker_work.h).
//
// Thread: main only.
#pragma once

#include "ui/core/session.h"
#include <adwaita.h>

G_BEGIN_DECLS

#define TINCTURE_TYPE_STICKER_PAGE (tincture_sticker_page_get_type())
G_DECLARE_FINAL_TYPE(TinctureStickerPage, tincture_sticker_page, TINCTURE, STICKER_PAGE, AdwBin)

void tincture_sticker_page_set_session(TinctureStickerPage *self, TinctureSession *session);
// It is about to be seen: what can be done depends on the photo.
void tincture_sticker_page_show(TinctureStickerPage *self);

G_END_DECLS
