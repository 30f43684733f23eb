// Pictures for GTK. The only file that knows GDK outside of ui/.
#pragma once

#include <gdk/gdk.h>

// A texture of 8-bit RGBA, (height, width, 4), not premultiplied, rows without padding. Keeps a
// reference to the bytes instead of copying them. Thread: any.
GdkTexture *texture_from_rgba8(GBytes *rgba, int width, int height);
