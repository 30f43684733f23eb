// "Raw profile type NAME", the text in which ImageMagick, and after it Exiv2 and ExifTool, put into
// PNG files what PNG has no chunk for: the name, the number of bytes, and the bytes as digits of
// 16.
#pragma once

#include <glib.h>

// The bytes; NULL where the text is damaged or holds more than a megabyte.
GBytes *raw_profile_read(const char *text, gsize length);

// Newly allocated.
char *raw_profile_write(const char *name, GBytes *bytes);

// The profile in the bytes of a PNG's chunk iCCP, of at most so many bytes. NULL: it is damaged, or
// larger.
GBytes *raw_profile_unpack(gconstpointer chunk, gsize size, gsize most);
