// What of a thing keeps its own colour when the thing takes another one: the eyes and the nose of a
// gray cat that turns orange, bushes on a rock, the white face of a patched cat. A small model
// paints over them, and a map of colours cannot tell them from the rest.
#pragma once

#include <stdbool.h>

// How far each place takes the new colour, 0..1, (count), newly allocated; rgb is (count, 3) in
// -1..1: the photo, and mask, (count), says where the thing is. NULL: there is too little of it.
// A thing that has a colour has no parts of their own: of a red tower with green beams nobody knows
// which are meant; nor has one of which too much would stay. neutral: it turns black, white or
// gray, and then what is white in it takes part.
float *own_colors(const float *rgb, const float *mask, int count, bool neutral);
