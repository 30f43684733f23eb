// How likely a colour is inside and outside of something, learnt from the photo itself.
#pragma once

#include <stddef.h>

enum { COLOR_BINS = 24 }; // a side of the histograms

struct color_model {
    float *ratio; // (COLOR_BINS, COLOR_BINS, COLOR_BINS): log of inside's density to outside's
};

// rgb is (n, 3); inside (n), 0..1: how much each belongs inside. Those near 0.5 count little.
void color_model_learn(struct color_model *model, const float *rgb, const float *inside, size_t n);
void color_model_clear(struct color_model *model);
// Log of how much likelier the colour is inside; 0 for one that neither side has.
float color_model_ratio(const struct color_model *model, const float *rgb);
