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

// A packet that was changed, as text again.
struct _xmlDoc;
GBytes *xmp_serialise(const struct _xmlDoc *document);

// The packet (NULL: a new one) with what the captions of iptc, a list of resources as in iptc.h,
// say and it does not: for a format that has no place for IPTC. The names are those of the IPTC
// Photo Metadata Standard, "IPTC Core": title, description, keywords, creator, rights and what else
// goes with a picture. NULL where there is neither.
GBytes *xmp_with_captions(GBytes *packet, GBytes *iptc);
