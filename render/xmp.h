// XMP packets: the XML in which programs write captions, ratings, copyright and much else.
#pragma once

#include <glib.h>
#include <stdbool.h>

#define XMP_MAX_BYTES (1 << 20)

// The packet as an exported picture may carry it: upright, of that size, in sRGB or not, without
// place and thumbnail, and without what speaks of parts of the original's file that an export has
// not (extended XMP, gain map, video). All else is passed on as it stands. NULL where packet is
// NULL, and where it is larger than XMP_MAX_BYTES, not UTF-8 or not the XML that a packet is made
// of: with a document type, elements nested more than 256 deep or thousands of attributes.
// Thread: any.
GBytes *xmp_for_export(GBytes *packet, int width, int height, bool srgb);
