// IPTC captions, in the list of resources that Photoshop began and every program writes: a JPEG
// file has it in its APP13 marker, a PNG file in a text of hexadecimal digits.
#pragma once

#include <glib.h>

// Of a list of resources those that are the caption record and the sum by which programs know
// whether it was changed, to the byte. What else stands there (a thumbnail, paths, a print size) is
// of the original's pixels and left out. NULL where there is no record and where the list is
// damaged.
GBytes *iptc_from_resources(gconstpointer data, gsize size);

// The same from and to the text that a PNG file has under the key "Raw profile type iptc". Newly
// allocated.
GBytes *iptc_from_text(const char *text, gsize length);
char *iptc_to_text(GBytes *resources);
