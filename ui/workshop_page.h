// The Adapter Workshop: adapters side by side, what they do and how alike they are, and a new one
// made of them. It shows what the session's workshop says (core/workshop.h).
//
// Thread: main only.
#pragma once

#include "ui/core/session.h"
#include <adwaita.h>

G_BEGIN_DECLS

#define TINCTURE_TYPE_WORKSHOP_PAGE (tincture_workshop_page_get_type())
G_DECLARE_FINAL_TYPE(TinctureWorkshopPage, tincture_workshop_page, TINCTURE, WORKSHOP_PAGE, AdwBin)

void tincture_workshop_page_set_session(TinctureWorkshopPage *self, TinctureSession *session);
// It is about to be seen: adapters are looked for again.
void tincture_workshop_page_show(TinctureWorkshopPage *self);

G_END_DECLS
