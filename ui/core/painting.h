// What the mask of a project looks like: a raster that follows the document's mask, or the one that
// is being drawn by hand and is not the document's yet. Strokes are painted at once, so that they
// follow the hand; what takes longer (a selection, growing, feathering) on a thread of its own.
//
// Thread: main only.
//
// Signals
//   "changed"  (struct image_region *)   the raster has other values there; NULL: perhaps
//                                        everywhere, it is another one, or it is busy
#pragma once

#include "ui/core/project.h"

G_BEGIN_DECLS

#define TINCTURE_TYPE_PAINTING (tincture_painting_get_type())
G_DECLARE_FINAL_TYPE(TincturePainting, tincture_painting, TINCTURE, PAINTING, GObject)

TincturePainting *tincture_painting_new(TinctureProject *project); // borrowed

TinctureProject *tincture_painting_get_project(TincturePainting *self); // borrowed

// Shows m while a hand draws it; NULL: the document's mask again.
void tincture_painting_preview(TincturePainting *self, const struct mask *m);

// Of the photo's size, until "changed" says that it is another one. NULL: there is no mask.
const struct raster *tincture_painting_raster(TincturePainting *self);
// Its values are changing now, on the other thread, and must not be read: "changed" comes after it.
bool tincture_painting_is_busy(TincturePainting *self);
// How much of the photo is covered, 0..1, when it was last known.
double tincture_painting_coverage(TincturePainting *self);

G_END_DECLS
