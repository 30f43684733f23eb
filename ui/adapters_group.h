// The adapters that there are, the library's and those of watched folders, as rows of the page of
// models: what each is, what of it does not fit the model, and what can be done with it.
//
// Thread: main only.
#pragma once

#include "ui/core/session.h"

#include <adwaita.h>

G_BEGIN_DECLS

#define TINCTURE_TYPE_ADAPTERS_GROUP (tincture_adapters_group_get_type())
G_DECLARE_FINAL_TYPE(TinctureAdaptersGroup, tincture_adapters_group, TINCTURE, ADAPTERS_GROUP,
                     AdwPreferencesGroup)

void tincture_adapters_group_set_session(TinctureAdaptersGroup *self, TinctureSession *session);
// Looks at them again. folders: that are watched, NULL-terminated.
void tincture_adapters_group_look(TinctureAdaptersGroup *self, const char *const *folders);

G_END_DECLS
