// What HEIC and AVIF files say of their picture: both are ISO base media files (ISO/IEC 14496-12,
// 23008-12), in which EXIF and XMP are items that the box `meta` lists.
//
// The bytes are hostile. Boxes that lie about their size end the search; an item's bytes may stand
// in several places of the file, and are taken only where all of them are in it.
#pragma once

#include <glib.h>
#include <stdbool.h>

// The TIFF structure of the first EXIF item, with its orientation set to upright: these formats
// turn the picture by properties of their own, which the loaders obey, and the block's orientation
// says it a second time. NULL: none, or it is damaged.
GBytes *heif_exif(GBytes *file);

// The first XMP packet, as stored; NULL: none.
GBytes *heif_xmp(GBytes *file);

// Whether the boxes that lead to a picture are whole. Loaders warn on standard error where not.
bool heif_has_picture(GBytes *file);

// Whether the file is also a film or a burst, of which its picture is the first or the best.
bool heif_is_sequence(GBytes *file);
