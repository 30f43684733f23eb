// Light and shade of the photo, kept under a change of colour.
#pragma once

#include "render/color_map.h"

#include <stddef.h>

// Moves the map by amount, 0..1, to one after which the luma of a place is an affine function of
// the luma that it had, rising at least as steeply as the least gain: the guided filter of the
// edited luma with the photo's as guide (He, Sun, Tang 2010), its slope bounded below. What a
// colour becomes on the average of its surroundings stays; what a repainted thing shows of its
// shape and surface is the photo's. guide and weight as in color_map_fit(). delta is (height,
// width, 3): what the map adds to the guide's colours; it moves along.
//
// neutral, 0..1, says how far a thing has become black, white or gray: then lightness is what the
// edit is about, so that the least gain is lower, and of the photo's hues only what neutral_kept()
// says comes through the map; what tint the edit itself has stays.
void shading_keep(struct color_map *map, float *delta, const float *guide, const float *weight,
                  float amount, float neutral);

// The share of the photo's hues that stay in a thing which becomes black, white or gray, 0..0.2: a
// fifth in a thing that had little of them, so that the eyes of a tabby cat are green when it is
// white, and next to nothing of a red flower's. rgb and delta are (count, 3), weight is (count) or
// NULL.
float neutral_kept(const float *rgb, const float *delta, const float *weight, size_t count);

// Weights, of sum 1, of the channels in which such a thing's light and shade show: those of its
// own colour, since a red flower is as dark in green as it is in shadow. rgb, delta and weight as
// above.
void neutral_weights(const float *rgb, const float *delta, const float *weight, size_t count,
                     float weights[3]);

// What is left of the slope of lightness of such a thing, whose mean luma becomes `after` and of
// whose hues so much is kept: in what has hardly a colour, dark and light are its colours, such as
// a tabby's stripes.
float neutral_slope(float slope, float after, float kept);
