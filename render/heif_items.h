// The boxes of HEIC and AVIF files (ISO/IEC 14496-12, 23008-12), as far as they have to be looked
// at before libheif is: it follows what items say of each other without a limit, and ends the
// program where they refer to themselves or to what is not there.
#pragma once

#include <glib.h>
#include <stdbool.h>

// Whether there is a box of that name, of four letters, at the top.
bool heif_has_box(GBytes *file, const char *name);

// Whether what the file's items are made of can be followed: a grid or a derived picture of coded
// pictures alone, and alpha of what is no tile and no alpha itself.
bool heif_items_are_sound(GBytes *file);
