// The model's own pixels at the photo's size, for what the photo has nothing to show of.
//
// They are sharper than an enlargement and carry the photo's grain, and what the autoencoder gets
// wrong in the large is put right, so that they sit in the photo.
#pragma once

#include "render/image.h"
#include "render/transform.h"

struct stand_in;

// A cell that is drawn at once is not larger than this either way.
int stand_in_cell(const struct stand_in *stand_in);

// before, delta and small are (height, width, 3) and show the placed part of the photo: the model's
// rendering of it, what the edit adds to that, and the photo itself at that size. Borrows photo,
// transform and small.
struct stand_in *stand_in_new(const struct image *photo, const struct image_region *placed,
                              const float *before, const float *delta, const float *small,
                              int width, int height, const struct transform *transform);
void stand_in_free(struct stand_in *stand_in);

// result is (cell->height, cell->width, 3); cell is in pixels of the photo and lies in placed.
bool stand_in_draw(struct stand_in *stand_in, const struct image_region *cell, float *result,
                   GError **error);
