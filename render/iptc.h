// IPTC captions, in the list of resources that Photoshop began and every program writes: a JPEG
// file has it in its APP13 marker, a TIFF file in a tag, a PNG file in a raw profile. The record of
// captions itself stands in a tag of its own in TIFF files.
#pragma once

#include <glib.h>
#include <stdbool.h>

// Of a list of resources those that are the caption record and the sum by which programs know
// whether it was changed, to the byte. What else stands there (a thumbnail, paths, a print size) is
// of the original's pixels and left out, as is a second record, which no program reads. NULL where
// there is no record, where the list is damaged before it or larger than a megabyte.
GBytes *iptc_from_resources(gconstpointer data, gsize size);

// The same list of a bare record, as a TIFF file has it in a tag of its own, also of one whose
// bytes were swapped by fours. resources may be NULL: where the sum is. NULL: it is no record, or
// larger than a megabyte.
GBytes *iptc_from_record(gconstpointer data, gsize size, GBytes *resources);

// A dataset of a record (IIM 4.2, chapter 1): a mark, two numbers, the length of a value in two
// bytes, or of its length in up to four.
struct iptc_value {
    int record, tag; // 2, 120: the caption
    const guint8 *data;
    gsize size;
};
// The one at *at, which goes to the next; false: there is none.
bool iptc_next(const guint8 *data, gsize size, gsize *at, struct iptc_value *value);

// What such a list is made of: the record, and the resources without it. NULL: there is none.
GBytes *iptc_record(GBytes *list);
GBytes *iptc_other(GBytes *list);
