// Pictures and helpers that the tests of render/ share.
#pragma once

#include "render/image.h"
#include "render/raster.h"
#include "render/transform.h"

// Smooth colours with fine noise on top, the same for the same seed; values on the grid of `bits`
// integers.
struct image *picture_photo(int width, int height, int bits, unsigned seed);

// One colour everywhere.
struct image *picture_flat(int width, int height, float red, float green, float blue);

// An EXIF block: make "Tin", the orientation, and where with_gps a latitude.
GBytes *picture_exif(int orientation, bool with_gps);

// The same of an orientation and of 100 pixels a centimetre across and 50 down, as stored.
GBytes *picture_exif_density(int orientation);

// Largest difference of any colour value.
double picture_difference(const struct image *a, const struct image *b);

// Fails the test unless the colours are the same bits.
void picture_assert_same(const struct image *a, const struct image *b);

// Where in size bytes the needle begins; NULL where it does not.
guint8 *bytes_find(guint8 *bytes, size_t size, const void *needle, size_t needle_size);

// A fresh empty folder; folder_remove() deletes it with the files in it.
char *folder_create(void);
void folder_remove(char *folder);
int folder_count(const char *folder);

// A plain radix-2 transform on the host, for sizes that are powers of two.
struct transform host_transform(void);

// The return to full size with its defaults, on the host; mask may be NULL. Fails the test on an
// error.
struct image *picture_restore_masked(const struct image *photo, const struct image *reconstruction,
                                     const struct image *edit, const struct raster *mask);
struct image *picture_restore(const struct image *photo, const struct image *reconstruction,
                              const struct image *edit);
