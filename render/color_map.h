// A change of colours as a small linear map per place: the guided filter with a colour guide (He,
// Sun, Tang 2013), fitted at a small size so that it can be applied at a large one (He, Sun 2015).
//
// What the map does to a colour depends on the place smoothly and on the colour itself sharply:
// applied to the photo, its edges are the photo's edges, and nothing is blurred.
#pragma once

enum { COLOR_MAP_VALUES = 12 };

// The change of channel c of a colour p is v[4c] p[0] + v[4c + 1] p[1] + v[4c + 2] p[2] +
// v[4c + 3].
struct color_map {
    int width, height;
    float *values; // (height, width, COLOR_MAP_VALUES)

    // (height, width): what the smallest window's map leaves unexplained of the change, all
    // channels together, root mean square over the place.
    float *residual;
};

// guide and delta are (height, width, 3): colours, and what is to be added to them. weight is
// (height, width), 0..1: how much each place counts, also in the residual; where nothing within
// reach counts the map is zero. NULL: all in full.
//
// Of three windows each place uses the largest that explains the change there: a small one follows
// what happens in a small place, and with it the noise that a large one averages out.
struct color_map *color_map_fit(const float *guide, const float *delta, const float *weight,
                                int width, int height);
void color_map_free(struct color_map *map);

// Radius in pixels of the smallest window for a picture of that size.
int color_map_reach(int width, int height);
