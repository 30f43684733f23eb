// What stands out from what is around it, seen in the picture alone: a guess at where its thing is.
#pragma once

// lab is (height, width, 3) in Oklab; a picture of a hundred pixels a side is enough. Returns
// (height, width), newly allocated: near 0 what is like the picture's borders or reached from them
// without a step of colour, near 1 what is neither.
//
// The first by the minimum barrier distance (Zhang et al., Minimum Barrier Salient Object
// Detection, 2015), the second by how far the colour is from those of each side, as there.
float *stands_out(const float *lab, int width, int height);
