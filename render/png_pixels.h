// The pixels of a PNG file: filtered and compressed in stripes, on all cores.
//
// Each stripe is a raw Deflate stream (RFC 1951) of its own that ends at a byte, so that stripes
// one after the other are one; around them are the header and the sum of a zlib stream (RFC 1950).
// Where stripes begin depends on the picture alone: a file is the same on any machine.
#pragma once

#include "compute/task.h"
#include "render/rows.h"

// Takes what is to stand in the next IDAT chunk; false with an error ends the work.
typedef bool (*png_pixels_fn)(void *data, const uint8_t *bytes, size_t count, GError **error);

// All of the picture in 8 or 16 bits a channel, RGB or RGBA, not interlaced. task is looked at
// between groups of stripes.
bool png_pixels_write(const struct image_rows *rows, int bits, png_pixels_fn put, void *data,
                      struct task *task, GError **error);
