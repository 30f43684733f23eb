// Pictures for GTK. The only file that knows GDK outside of ui/.
#pragma once

#include "render/image.h"

#include <gdk/gdk.h>

// A texture with a copy of the pixels, 8 bits a channel. Thread: any.
GdkTexture *texture_from_image(const struct image *image);

// The same from 8-bit RGBA, (height, width, 4), not premultiplied, rows without padding. Keeps a
// reference to the bytes instead of copying them.
GdkTexture *texture_from_rgba8(GBytes *rgba, int width, int height);
