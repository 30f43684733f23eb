// From a coarse map of what is selected to a selection with the photo's own edges.
//
// The map says where; the colours on both sides of its border, learnt from the photo itself, and
// the photo's edges say how far. Iterated as in GrabCut (Rother et al. 2004), but as a convex
// problem (Unger et al., TVSeg, 2008), at 512 pixels; the outline then comes to full size by a
// guided filter (He et al. 2010, 2015), so that hair and soft borders stay soft.
#pragma once

#include "compute/task.h"
#include "render/raster.h"

// map shows `placed`, a rectangle of the photo, at whatever size: 0 is outside, 255 inside. Returns
// the selection, of placed's size. reach: how far the border may move, in pixels of the photo, for
// a map that is nearly right such as a brush stroke; 0: as far as colours and edges say.
//
// Takes some tenths of a second for 24 megapixels on one core. Fails when memory runs out or the
// task is cancelled. Thread: any.
struct raster *refine_selection(const struct image *photo, const struct image_region *placed,
                                const struct raster *map, double reach, struct task *task,
                                GError **error);
