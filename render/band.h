// Splitting square tiles into a low and a high frequency band.
//
// The split is a Gaussian in the frequency domain: it does not ring, and its reach in space is
// short, so that tiles cut from a photo with a margin give the same result as the whole photo
// would.
#pragma once

#include "render/transform.h"

// One size of transform for photos of any size: the first use of a size is slow.
#define BAND_TILE 1024

struct band;

// scale_x and scale_y say how many pixels of the tile make one pixel of the model's picture. The
// low band is what the model's picture holds reliably: it fades to one half at half of that
// picture's Nyquist frequency.
struct band *band_new(double scale_x, double scale_y);
void band_free(struct band *band);

// Pixels at each edge of a tile whose result is not valid, because the transform is periodic.
int band_margin(const struct band *band);

// Leaves the high band of tile, (BAND_TILE, BAND_TILE), in place.
bool band_keep_high(struct band *band, const struct transform *transform, float *tile,
                    GError **error);
