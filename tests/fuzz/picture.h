// What the fuzz entries of the picture formats share.
#pragma once

#include "render/codec.h"

#include <stdbool.h>

// Reads a picture of up to a megapixel: a larger one may take memory as it is meant to, which is
// then no fault. NULL: refused. The caller frees it.
struct image *fuzz_read(const struct codec *codec, GBytes *file);

// Corrects the checksum of each chunk of a PNG: otherwise no change would be seen beyond the first
// check.
void fuzz_mend_png(uint8_t *data, size_t size);
