// The boxes of HEIC and AVIF files (ISO/IEC 14496-12, 23008-12), as far as they have to be looked
// at before libheif is: it follows what items say of each other without a limit, and ends the
// program where they refer to themselves or to what is not there.
#pragma once

#include <glib.h>
#include <stdbool.h>

// Whether there is a box of that name, of four letters, at the top.
bool heif_has_box(GBytes *file, const char *name);

// The file as libheif may read it, most often the same. NULL: what its items are made of cannot be
// followed. Let in are a grid or a derived picture of coded pictures alone, and alpha of what is no
// tile and no alpha itself. Where a picture is turned, mirrored or cropped, its alpha says the same
// in the result and its tiles say nothing: libavif 0.11 writes the reverse, which libheif takes at
// its word. Where they say otherwise than the picture it is NULL. *sideways: the main picture is
// turned by a quarter; as it was where the result is NULL.
GBytes *heif_items_sound(GBytes *file, bool *sideways);
