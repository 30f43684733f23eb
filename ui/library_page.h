// The library: all documents, found by words, sorted, or those with a star, whose originals are
// missing, or what is in the trash; how much it uses, and what tidies it up.
//
// Thread: main only.
#pragma once

#include "ui/core/session.h"
#include <adwaita.h>

G_BEGIN_DECLS

#define TINCTURE_TYPE_LIBRARY_PAGE (tincture_library_page_get_type())
G_DECLARE_FINAL_TYPE(TinctureLibraryPage, tincture_library_page, TINCTURE, LIBRARY_PAGE, AdwBin)

// Keeps a reference to the session. The library is read while the page is seen.
void tincture_library_page_set_session(TinctureLibraryPage *self, TinctureSession *session);

G_END_DECLS
