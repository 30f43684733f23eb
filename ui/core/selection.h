// Where the thing is that a word names: from the model's map of the word, the photo itself and the
// sentence. A small model knows few things, and those roughly; but a photo of a thing shows it
// apart from what is around it, and a sentence says often enough what colour it has.
#pragma once

#include "render/image.h"

// Of the model's map against the picture and the sentence, where the model's folder says nothing.
#define SELECTION_TRUST 6.0

// Brings map, (height, width), 0..1, 0.5 on its border, together with what the picture rgb,
// (height, width, 3), -1..1, shows: what stands out, or for what is around things what does not;
// and what has the colour that the sentence gives the word. trust: how much the map counts; what
// stands out counts 6.
void selection_weigh(float *map, const float *rgb, int width, int height, const char *sentence,
                     const char *word, double trust);

// A frame around a box of a picture of that size: larger by 0.4, not much wider than tall or the
// other way round, at least so large where the picture is. The whole picture where little of it
// would be left out.
struct image_region selection_frame_around(const struct image_region *box, int least_width,
                                           int least_height, int width, int height);
// The frame around the largest part of a map, a quarter of the picture's sides at least. The whole
// picture where the map is sure of nothing. Uses map up.
struct image_region selection_frame(float *map, int width, int height);
