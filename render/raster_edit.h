// Moving and softening the border of what a raster shows.
#pragma once

#include "render/raster.h"

// What is shown grows by so many pixels on all sides, or shrinks where pixels < 0: each value
// becomes the greatest, or the least, within that distance (of an octagon, whose corners are up to
// 8 % farther). What lies outside the raster does not count, so that a photo's border does not eat
// into it. Works on all cores, on the part that is not 0.
bool raster_grow(struct raster *raster, int pixels, GError **error);
// Blurs the border as a Gaussian of that many pixels does: three means in a row. The border of the
// raster goes on outside.
bool raster_feather(struct raster *raster, double sigma, GError **error);
