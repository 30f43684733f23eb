// Pictures made while learning, oldest left, the newest scrolled into view.
//
// Thread: main only.
#pragma once

#include "render/picture.h"
#include <adwaita.h>

G_BEGIN_DECLS

#define TINCTURE_TYPE_SAMPLE_STRIP (tincture_sample_strip_get_type())
G_DECLARE_FINAL_TYPE(TinctureSampleStrip, tincture_sample_strip, TINCTURE, SAMPLE_STRIP, AdwBin)

// samples: array of struct picture. Pictures that are shown already are kept.
void tincture_sample_strip_show(TinctureSampleStrip *self, const GArray *samples);

G_END_DECLS
