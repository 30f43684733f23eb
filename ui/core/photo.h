// A photo and what the model and the window see of it. Whoever uses it holds a reference; it never
// changes once it is made, so any thread may read it.
#pragma once

#include "render/image.h"

struct photo {
    gatomicrefcount references;
    struct image *full; // as it was read
    struct image *view; // at most as large as the window shows it; NULL where that is not asked for
    struct image *small; // the size the model works at
    float *rgb;          // the same in [-1,1]: (small->height, small->width, 3)
};

// Takes full. side, unit: the model's working size in pixels, and what its sides are multiples of.
// view_side: the longest side of view, 0 for none.
struct photo *photo_new(struct image *full, int side, int unit, int view_side, GError **error);
struct photo *photo_ref(struct photo *p);
void photo_unref(struct photo *p); // NULL is allowed
