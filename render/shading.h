// Light and shade of the photo, kept under a change of colour.
#pragma once

#include "render/color_map.h"

// Moves the map by amount, 0..1, to one after which the luma of a place is an affine function of
// the luma that it had, rising at least as steeply as the least gain: the guided filter of the
// edited luma with the photo's as guide (He, Sun, Tang 2010), its slope bounded below. What a
// colour becomes on the average of its surroundings stays; what a repainted thing shows of its
// shape and surface is the photo's. guide and weight as in color_map_fit(). delta is (height,
// width, 3): what the map adds to the guide's colours; it moves along.
void shading_keep(struct color_map *map, float *delta, const float *guide, const float *weight,
                  float amount);
