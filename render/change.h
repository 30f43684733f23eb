// What an edit changed, measured at the size the model works at.
//
// The change is the difference of the model's rendering of the edited photo from its rendering of
// the unedited one. What both share, the autoencoder's losses included, is not a change.
#pragma once

#include <stdbool.h>

// For each place: a map of colours (see color_map.h), and the least and the most that it may add.
enum {
    CHANGE_MAP = 0,    // 12
    CHANGE_LEAST = 12, // 3, at most 0
    CHANGE_MOST = 15,  // 3, at least 0
    CHANGE_FIELDS = 18,
};

struct change {
    int width, height;
    float *fields; // (height, width, CHANGE_FIELDS)

    // (height, width): 0 untouched .. 1 changed, feathered; exactly 0 away from changes.
    float *weight;

    // (height, width): 0 .. 1: how far no map of the photo's colours explains the change, because
    // something else stands here now.
    float *replaced;
};

struct change_params {
    double threshold;  // smallest difference that counts as a change, in steps of 1/255; 0: 3
    double feather;    // softness of the border in pixels of the model's picture; 0: 1.5
    bool keeps_shapes; // nothing else stands anywhere: what no map explains is left out
    float shading;     // 0..1: how far light and shade stay the photo's own (see shading.h)
    float neutral;     // 0..1: how far what changed has no hue now: black, white or gray
};

// photo and delta are (height, width, 3): the photo at the model's size, and the difference. inside
// is (height, width), 0..1: how far the edit may show; NULL: everywhere. The map is fitted from
// what lies inside alone, and most from what lies well inside, so that what a place becomes does
// not depend on how tightly a mask was drawn. Never fails; change_free() the result.
struct change *change_measure(const float *photo, const float *delta, const float *inside,
                              int width, int height, const struct change_params *params);
void change_free(struct change *change);
