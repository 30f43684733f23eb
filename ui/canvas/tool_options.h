// What the tool in the hand can be told: size and softness of the brush, sides of the frame,
// whether a border follows the photo's edges. Hidden while the tool has nothing to tell.
//
// Thread: main only.
#pragma once

#include "ui/canvas/canvas.h"
#include <adwaita.h>

G_BEGIN_DECLS

#define TINCTURE_TYPE_TOOL_OPTIONS (tincture_tool_options_get_type())
G_DECLARE_FINAL_TYPE(TinctureToolOptions, tincture_tool_options, TINCTURE, TOOL_OPTIONS, AdwBin)

// canvas outlives it.
void tincture_tool_options_set_canvas(TinctureToolOptions *self, TinctureCanvas *canvas); // once

G_END_DECLS
