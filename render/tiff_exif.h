// EXIF in TIFF files, where it is spread: what it says of the whole is in the picture's own
// directory, the rest in a directory that a tag of it points to.
#pragma once

#include <glib.h>
#include <tiffio.h>

// What a file says, as a block that render/metadata.h takes, without the orientation; NULL where
// there is nothing. The bytes are hostile.
GBytes *tiff_exif_read(const guint8 *data, gsize size);

// The bytes of a tag of the first directory, whatever their type says they are; NULL: there is
// none. libtiff has types of its own for some tags.
GBytes *tiff_exif_bytes(const guint8 *data, gsize size, guint16 tag);

// TIFFOpen's letter for files in the block's byte order.
char tiff_exif_order(GBytes *block);

// Writes a block of that order: texts and pointer become tags of the open picture, the directory is
// appended to the bytes written so far, of which there is nothing but the file's header.
void tiff_exif_write(TIFF *tiff, GByteArray *file, GBytes *block);
