// Colour profiles in WebP, GIF and BMP files, of which gdk-pixbuf's loaders say nothing.
#pragma once

#include <glib.h>

// With the file's memory, or a copy where it lies there in pieces. NULL: there is none, it is cut
// short, or the file is of another format. The bytes are hostile; what they say of colours is not
// looked at.
GBytes *pixbuf_profile(GBytes *file);
