// Where an edit may show, as what a person did to say so: a list of strokes, shapes, selections and
// changes to all of it. A value: it never changes once it is made, whoever uses it holds a
// reference, and masks that begin alike share their beginning, so that undo costs nothing. NULL is
// the empty mask: nothing was said.
//
// Places are in pixels of the photo: (0, 0) is its upper left corner, (0.5, 0.5) the middle of the
// first pixel. What goes beyond the photo is cut off where it is painted.
//
// Thread: any.
#pragma once

#include "compute/task.h"
#include "render/raster.h"

#include <json-glib/json-glib.h>

enum mask_kind {
    MASK_BRUSH,     // along points, as wide as size
    MASK_RECTANGLE, // between two points, opposite corners
    MASK_LASSO,     // inside the points, which are closed to a polygon; where they cross, too
    MASK_SELECTION, // where the map says, refined along the photo's edges
    MASK_INVERT,    // what was inside is outside
    MASK_GROW,      // by amount; below zero it shrinks
    MASK_FEATHER,   // the border gets as wide as amount
    MASK_KINDS,     // their number
};
extern const char *const mask_kind_names[]; // "brush": as files have them; NULL-terminated

#define MASK_MAX_STEPS  4096
#define MASK_MAX_POINTS 65536 // of a step
#define MASK_MAX_MAP    2048  // pixels on a side of a selection's map
#define MASK_MAX_SIZE   8192  // pixels of a brush
#define MASK_MAX_AMOUNT 1024  // pixels

// What does not belong to the kind is zero. Whoever reads one borrows what it points to.
struct mask_step {
    enum mask_kind kind;
    bool erase;     // takes away what the others add (the first four)
    float size;     // diameter of the brush
    float softness; // 0: a hard edge; 1: it fades from the middle on
    float amount;   // pixels
    float reach;    // pixels: how far the border of what is drawn (the first three) goes to the
                    // photo's edges; 0: it stays as it was drawn
    int count;      // of points
    const float *points; // x, y, x, y, ...

    // of a selection
    const uint8_t *map; // (map_height, map_width): 0 outside, 255 inside
    int map_width, map_height;
    struct image_region placed; // what of the photo it shows
    const char *label;          // what a person calls it: "bird"
};

bool mask_step_legal(const struct mask_step *step); // within the limits of this file
bool mask_step_equal(const struct mask_step *a, const struct mask_step *b);

// m and a step after it: a new reference. Copies the step; points are rounded to eighths of a pixel
// (so that they come back from text as they were), numbers brought within their limits. One that
// breaks a limit of this file otherwise, or the 4097th, is left out: then it is m again.
struct mask;
struct mask *mask_with(const struct mask *m, const struct mask_step *step);
struct mask *mask_ref(const struct mask *m);
void mask_unref(struct mask *m);
bool mask_equal(const struct mask *a, const struct mask *b);

int mask_steps(const struct mask *m);                    // their number
const struct mask_step *mask_last(const struct mask *m); // NULL of the empty mask
const struct mask *mask_before(const struct mask *m);    // without the last step; borrowed

// An array with an object for each step. read: false with a sentence where the text is anything
// else, or breaks a limit; *mask is a new reference, or NULL of the empty mask.
void mask_write_json(const struct mask *m, JsonBuilder *b);
bool mask_read_json(JsonNode *node, struct mask **mask, GError **error);
char *mask_to_json(const struct mask *m);
bool mask_from_json(const char *json, struct mask **mask, GError **error);

// ---- painting -----------------------------------------------------------------------------------

// A raster of the photo's size that is kept up to date with a mask: what changed since the mask
// before is painted, not all of it. Going back to a mask before restores what was overwritten.
struct mask_painter;
// photo is borrowed: selections look at it. NULL: no memory.
struct mask_painter *mask_painter_new(const struct image *photo, GError **error);
void mask_painter_free(struct mask_painter *p);
// changed (NULL is allowed) becomes the rectangle outside which the raster is as it was; width 0:
// all of it. False where it was stopped or memory ran out: then the raster shows the mask without
// its last steps, and another call goes on from there.
bool mask_painter_show(struct mask_painter *p, const struct mask *m, struct image_region *changed,
                       struct task *task, GError **error);
const struct raster *mask_painter_raster(const struct mask_painter *p);
