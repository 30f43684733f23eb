// The mask over the picture: a tint where it lets the edit through, and the outline of that in
// black and white, which is seen on any photo.
//
// A texture cannot be changed, and a mask has as many pixels as the photo. So it is drawn in tiles
// at about the resolution of the screen, and only those that a stroke has touched are made anew:
// the cost of a stroke is its own size, not the photo's.
//
// Thread: main only.
#pragma once

#include "render/image.h"
#include "ui/canvas/viewport.h"

#include <gtk/gtk.h>

struct overlay;

struct overlay *overlay_new(void);
void overlay_free(struct overlay *o);

// values: (height, width), 0..255, borrowed until the next call; NULL: none.
void overlay_set_mask(struct overlay *o, const uint8_t *values, int width, int height);
// The values in that part are others than before.
void overlay_changed(struct overlay *o, const struct image_region *part);

// While the values are being changed by somebody: they are not read, and what is drawn stays.
void overlay_freeze(struct overlay *o, bool frozen);

// Draws what is seen. picture: where the whole photo lies in the widget; seen: the part of the
// photo that is in it; device_factor: pixels of the screen in a logical pixel.
void overlay_snapshot(struct overlay *o, GtkSnapshot *snapshot, const struct viewport_rect *picture,
                      const struct viewport_rect *seen, double device_factor);
