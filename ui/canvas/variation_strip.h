// The variations of the edit side by side, as they come: a click takes one, its star keeps it in
// the history. Hidden while there are none.
//
// Thread: main only.
#pragma once

#include "ui/core/session.h"
#include <adwaita.h>

G_BEGIN_DECLS

#define TINCTURE_TYPE_VARIATION_STRIP (tincture_variation_strip_get_type())
G_DECLARE_FINAL_TYPE(TinctureVariationStrip, tincture_variation_strip, TINCTURE, VARIATION_STRIP,
                     AdwBin)

void tincture_variation_strip_set_session(TinctureVariationStrip *self,
                                          TinctureSession *session); // once

G_END_DECLS
