// A change of colour that a small model made on a part of a surface goes on over all of it.
#pragma once

#include <stdbool.h>

// delta and guide are (height, width, 3): what is added to the photo's colours, and these; inside
// is (height, width), 0..1: the surface; NULL: all of it, as where the light changes. delta moves
// by amount, 0..1, towards what one affine map of the guide's colours says, which is the same
// everywhere inside. The map is fitted to delta by least squares, in which a place counts by how
// much it changed: where nothing was done nothing is learned.
// The less of the change the map explains the less it is followed: what is newly drawn is no change
// of colour. neutral, 0..1, says how far the surface has become black, white or gray: then the map
// is one of luma to luma, and all of the surface gets the mean tint of what changed.
void spread_change(float *delta, const float *guide, const float *inside, int width, int height,
                   float amount, float neutral);

// The same of a change of light, time of day or weather: the map is one of the colours, of their
// squares and products, and of the height in the picture, since what is above is lit otherwise than
// what lies below and what is bright otherwise than what is dark. It is fitted to all that lies
// inside, unchanged places as well. always: it is followed however much it leaves, because the
// shapes stay and what it cannot say is a weak model's blotches.
void spread_light(float *delta, const float *guide, const float *inside, int width, int height,
                  float amount, bool always);
