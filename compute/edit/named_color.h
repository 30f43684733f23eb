// An edit of colour, held to the colours that its sentences name. A small model turns a red tower
// turquoise where blue was asked for, and lets what has no colour, such as a tyre of a red car,
// take part; but what the words mean is known.
#pragma once

#include "compute/edit/color_word.h"

// rgb is the edit and before what was there, both (count, 3) in -1..1; mask, (count), 0..1, says
// where the edit may show; NULL: everywhere. Moves rgb by amount, 0..1: what does not take part
// (takes, (count), 0..1; NULL: all does) does not change; and where the mean colour of what did
// change is not the word's, all of it is turned, saturated and lightened together until it is.
void named_color_hold(float *rgb, const float *before, const float *mask, int count,
                      const struct color_word *is, const float *takes, float amount);

// How well each place of before fits the word, 0..1, (count), as a thing's lights and shadows do:
// its hue counts, and that it has one. Newly allocated; NULL: the word does not describe what
// changed, or is none of a hue (what is white has gray shadows). within: somebody said where the
// thing is, so that a colour beside the word's is its, too.
float *named_color_fits(const float *rgb, const float *before, const float *mask, int count,
                        const struct color_word *was, bool within);
