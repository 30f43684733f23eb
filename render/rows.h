// A picture as bands of rows from the top down, so that what is written to a file need never be
// whole in memory: the writers of formats take it so, and the return to full size makes it so.
#pragma once

#include "render/image.h"

struct image_rows {
    int width, height;
    bool alpha;                    // whether bands have one
    const struct image_meta *meta; // borrowed: of the whole picture

    // Row y and as many below it as are made at once: (1 or more, width), without meta; borrowed
    // until the next call. Asked for from row 0 on without gaps, and maybe again from there. NULL
    // with an error.
    const struct image *(*band)(void *data, int y, GError **error);
    void *data; // borrowed
};

// Of a picture, which is borrowed and in one band.
struct image_rows image_rows_of(const struct image *image);

// The whole picture with its meta, for who cannot do with less.
struct image *image_rows_gather(const struct image_rows *rows, GError **error);
