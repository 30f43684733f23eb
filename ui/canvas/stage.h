// The canvas with what floats over it: the preview badge, before and after labels, zoom buttons,
// and the running job with its progress and Cancel.
//
// Thread: main only.
#pragma once

#include "ui/canvas/canvas.h"
#include "ui/canvas/toolbar.h"
#include "ui/core/session.h"
#include <adwaita.h>

G_BEGIN_DECLS

#define TINCTURE_TYPE_STAGE (tincture_stage_get_type())
G_DECLARE_FINAL_TYPE(TinctureStage, tincture_stage, TINCTURE, STAGE, AdwBin)

// painting: of the project that is shown. Once.
void tincture_stage_set_session(TinctureStage *self, TinctureSession *session,
                                TincturePainting *painting);
TinctureCanvas *tincture_stage_get_canvas(TinctureStage *self);
TinctureToolbar *tincture_stage_get_toolbar(TinctureStage *self);

G_END_DECLS
