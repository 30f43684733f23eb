// The return to full size: an edit made at the model's size, carried over to the photo.
//
// Per place the edit is a small linear map of the photo's colours, fitted at the model's size and
// applied at the photo's: edges are the photo's, nothing is blurred, and nothing the model loses is
// lost from the photo. Where no such map explains the edit, because something else stands there
// now, the model's own pixels stand in, with the photo's grain. Where it changed nothing the result
// is the photo, to the bit.
#pragma once

#include "compute/task.h"
#include "render/change.h"
#include "render/raster.h"
#include "render/rows.h"
#include "render/transform.h"

// How an edit ends at the border of a mask.
enum detail_seam {
    DETAIL_SEAM_SOFT,     // as soft as the mask is; colours inside stay what the edit made them
    DETAIL_SEAM_GRADIENT, // bent so that it vanishes there and keeps its gradients (see seam.h);
                          // for patches inside one surface
};

struct detail_params {
    const struct image_region *region; // the part that is wanted; NULL: the whole photo
    // The part that reconstruction and edit show, inside the photo; NULL: the whole photo. Outside
    // it the result is the photo, to the bit; at its borders inside the photo the edit fades out.
    const struct image_region *placed;
    // Of the photo's size, or NULL: everywhere. Where it is 0 the result is the photo, to the bit.
    const struct raster *mask;
    enum detail_seam seam;
    // 0..1: how far a change of colour goes on over all of the mask, or of placed (see spread.h).
    float spread;
    bool light; // the change is one of light: it goes on over the whole picture, too
    // (height, width) of the edit, 0..1: over which of its places; NULL: all.
    const float *surface;
    struct change_params change; // what counts as changed; zeros: the defaults
    struct task *task;           // borrowed, or NULL
};

// photo has the full size; reconstruction and edit have the model's size and show what placed says.
// reconstruction is the model's rendering of the unedited photo, or the photo itself in that size.
// Alpha and meta are the photo's. The result has the size of the region; a part equals the same
// part of the whole to the bit, where something stands in within rounding. Needs the result's
// memory besides the photo, and 60 MB where something stands in.
struct image *detail_restore(const struct image *photo, const struct image *reconstruction,
                             const struct image *edit, const struct transform *transform,
                             const struct detail_params *params, GError **error);

// The same as rows that are made when they are asked for, which need the memory of some hundred
// rows in the place of the result's: to the bit what detail_restore() makes. The photo, the mask,
// what transform stands on and the task are borrowed until detail_free(), the others during the
// call. Thread: the rows are made on that of the transform.
struct detail;
struct detail *detail_new(const struct image *photo, const struct image *reconstruction,
                          const struct image *edit, const struct transform *transform,
                          const struct detail_params *params);
struct image_rows detail_rows(struct detail *detail);
void detail_free(struct detail *detail);
