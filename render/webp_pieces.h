// WebP's container: what gdk-pixbuf's loader says nothing of, and the first frame of an animation.
#pragma once

#include "render/image.h"

// The first piece of that name, of four letters; with its file's memory. NULL: there is none, it is
// cut short, or the file is not WebP.
GBytes *webp_piece(GBytes *file, const char *name);
// Whether the file says that it is longer than it is.
bool webp_is_cut(GBytes *file);

struct webp_frame {
    GBytes *still; // a file of that frame alone, with the profile; NULL: the file is no animation
    int x, y;      // where it lies in ...
    int width, height; // ... the animation's picture, which is transparent around it
    bool several;      // there are more
};
void webp_frame_clear(struct webp_frame *frame);
// The first frame, as far as the file has it. The loader itself wants every frame whole, and prints
// warnings where one is not. Fails with GDK_PIXBUF_ERROR_CORRUPT_IMAGE on an animation without any,
// or whose first does not lie in its picture, and as image_check_size().
bool webp_first_frame(GBytes *file, struct webp_frame *frame, GError **error);
