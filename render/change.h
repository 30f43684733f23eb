// What an edit changed, measured at the size the model works at.
//
// reconstruction is the model's own rendering of the unedited photo, edit its rendering of the
// edited one. What both share, the autoencoder's losses included, is not a change.
#pragma once

#include "render/image.h"

struct change {
    int width, height;

    // (height, width, 3): edit - reconstruction.
    float *delta;

    // (height, width): 0 untouched .. 1 changed, feathered; exactly 0 away from changes.
    float *weight;

    // (height, width): how much of the photo's own fine luma and fine colour is to go. 0 where
    // weight is 0, 1 where something else stands now, negative in luma where contrast was raised.
    float *luma_fade, *chroma_fade;
};

struct change_params {
    double threshold; // smallest difference that counts as a change, in steps of 1/255; 0: 3
    double feather;   // softness of the border in pixels of the model's picture; 0: 1.5
};

// Both pictures have the same size. Never fails; change_free() the result.
struct change *change_measure(const struct image *reconstruction, const struct image *edit,
                              const struct change_params *params);
void change_free(struct change *change);
