// Shapes that a mask is painted with. Each adds to the raster - what is there already and covered
// more stays - or, where it erases, takes away in the same way: so that a stroke may be painted
// piece by piece and in any order, and the pieces may overlap.
//
// Places are as in mask.h. What lies beyond the raster is cut off. The boxes are the pixels that a
// shape may touch, width 0: none.
#pragma once

#include "render/raster.h"

struct shape_brush {
    float size, softness; // as in struct mask_step
    bool erase;
};

// From a to b, both (x, y): all pixels whose distance from that line is at most half of the
// brush's size; a may be b.
struct image_region shape_capsule_box(const struct raster *r, const struct shape_brush *brush,
                                      const float *a, const float *b);
void shape_capsule(struct raster *r, const struct shape_brush *brush, const float *a,
                   const float *b);

// Any points (x, y); the box of all of them.
struct image_region shape_points_box(const struct raster *r, const float *points, int count);
// corners: two points. A pixel is covered as much as it lies inside.
void shape_rectangle(struct raster *r, const float *corners, bool erase);
// Inside a polygon, by the non-zero winding rule: exact along a row, in eight lines of each row.
void shape_polygon(struct raster *r, const float *points, int count, bool erase);
