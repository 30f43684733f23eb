// The frame around the part of the photo that is edited: which grip the hand has, and what pulling
// it makes of the frame. Plain arithmetic in pixels of the photo.
//
// Thread: any (no state).
#pragma once

#include "ui/core/photo.h"

// What is pulled: sides (a corner is two of them), all of the frame, or a new one from a point.
enum frame_grip {
    FRAME_LEFT = 1 << 0,
    FRAME_RIGHT = 1 << 1,
    FRAME_TOP = 1 << 2,
    FRAME_BOTTOM = 1 << 3,
    FRAME_MOVE = 1 << 4,
    FRAME_NEW = 1 << 5,
};

#define FRAME_MIN PHOTO_MIN_REGION // pixels of a side

// The grip at a point; reach is how near the hand has to come to a side. A frame of width 0 is
// none: every point begins a new one.
unsigned frame_grip_at(const struct image_region *frame, double x, double y, double reach);

// The frame around where values, (height, width), are at least half: with a fifth of its sides
// beside it, as far as the photo goes. False: there is nothing.
bool frame_around(const uint8_t *values, int width, int height, struct image_region *frame);

// The frame after its grip has been pulled from (x0, y0) to (x, y), inside a photo of that size.
// aspect: width / height to keep, 0 for any.
struct image_region frame_pull(const struct image_region *frame, unsigned grip, double x0,
                               double y0, double x, double y, double aspect, int photo_width,
                               int photo_height);
