// Shared by subject_set.c (single pictures) and subject_pairs.c (two subjects in one).
#pragma once

#include "compute/gpu/random.h"
#include "ui/core/subject.h"

struct subject {
    GPtrArray *pixels;   // float *: pictures and masks
    GPtrArray *captions; // char *
    GPtrArray *drawn;    // GPtrArray * of struct photo *: of the classes
    GPtrArray *masks;    // struct raster *: opaque parts of cut-outs
    GPtrArray *lists;    // struct subject_photo *: photos with those
    GArray *examples;    // struct train_example
    GPtrArray *tokens;   // char *, NULL-terminated with the set
    struct train_set set;
};

// A square of the photo with the subject in it. rng NULL: the largest one, in the middle.
struct image_region subject_cut(const struct subject_photo *p, struct rng *rng);
// (height, width, channels) with left and right exchanged, in place.
void subject_mirror(float *values, int width, int height, int channels);
// Pictures in which two subjects stand side by side, and two of their classes; side: of a page, in
// pixels.
bool subject_add_pairs(struct subject *s, const struct subject_request *a,
                       const struct subject_request *b, int side, struct rng *rng, GError **error);
