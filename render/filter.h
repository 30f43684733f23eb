// Small neighbourhood filters on one plane of floats, (height, width), in place.
#pragma once

// Gaussian blur with a kernel cut at three sigma, so that a value with nothing but zeros within
// that distance stays exactly zero. Edges are extended. sigma <= 0 does nothing.
void filter_gaussian(float *plane, int width, int height, double sigma);

// The mean within radius, in a square; the time does not depend on the radius.
void filter_box(float *plane, int width, int height, int radius);

// The largest and the smallest value within radius, in a square.
void filter_maximum(float *plane, int width, int height, int radius);
void filter_minimum(float *plane, int width, int height, int radius);
