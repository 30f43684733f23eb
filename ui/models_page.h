// Models: which there are and where, what each is and needs, what does not fit, and which one is
// used. Folders of models are watched.
//
// Thread: main only.
#pragma once

#include "ui/core/session.h"
#include <adwaita.h>

G_BEGIN_DECLS

#define TINCTURE_TYPE_MODELS_PAGE (tincture_models_page_get_type())
G_DECLARE_FINAL_TYPE(TinctureModelsPage, tincture_models_page, TINCTURE, MODELS_PAGE, AdwBin)

void tincture_models_page_set_session(TinctureModelsPage *self, TinctureSession *session);
void tincture_models_page_show(TinctureModelsPage *self); // it is about to be seen: looks again
// A folder that is looked into from now on; "": the person is asked for one.
void tincture_models_page_add_folder(TinctureModelsPage *self, const char *path);

G_END_DECLS
