// IPTC captions, in the list of resources that Photoshop began and every program writes: a JPEG
// file has it in its APP13 marker, a TIFF file in a tag, a PNG file in a raw profile.
#pragma once

#include <glib.h>

// Of a list of resources those that are the caption record and the sum by which programs know
// whether it was changed, to the byte. What else stands there (a thumbnail, paths, a print size) is
// of the original's pixels and left out, as is a second record, which no program reads. NULL where
// there is no record, where the list is damaged before it or larger than a megabyte.
GBytes *iptc_from_resources(gconstpointer data, gsize size);
