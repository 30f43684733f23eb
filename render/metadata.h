// EXIF blocks: what this program reads from them and what it passes on.
//
// A block is the TIFF structure alone, without the "Exif" marker that JPEG puts before it. Damaged
// blocks are treated as far as libexif can read them; none of these functions fails.
#pragma once

#include <glib.h>
#include <stdbool.h>

// 1..8; 1 where the block is NULL or does not say.
int metadata_orientation(GBytes *exif);

// Pixels an inch, across and down, in print. False where the block does not say; then density is
// left as it is.
bool metadata_density(GBytes *exif, double density[2]);

// The block with orientation 1, for a picture that something else has turned already. NULL where it
// holds nothing that can be read.
GBytes *metadata_upright(GBytes *exif);

// The same of a block as HEIC, AVIF and JPEG XL have it: four bytes say how far behind them the
// TIFF structure begins, mostly 0, or 6 where JPEG's marker stands before it. NULL for NULL, too.
GBytes *metadata_of_item(GBytes *item);

// Whether it says that the pixels are in Adobe RGB (1998) as cameras say it, who write no profile:
// an uncalibrated space and the index R03 (DCF 2.0, option files), or colour space 2, as some did
// before. False for NULL, too.
bool metadata_is_adobe_rgb(GBytes *exif);

// Text of UserComment in UTF-8, newly allocated, where it is a recipe of this program or of others
// that draw pictures; NULL where there is none.
char *metadata_recipe(GBytes *exif);
// Whether a comment is one.
bool metadata_is_recipe(const char *text);

struct metadata_export {
    GBytes *source;      // the original's block, or NULL to start empty
    const char *recipe;  // becomes UserComment (UTF-16); NULL: an old recipe there is not passed on
                         // unasked, a person's comment is
    const char *comment; // of a person, of a place outside the block; NULL: none
    int width, height;   // size of the exported picture
    double density[2];   // pixels an inch, where the block says something of it; 0: as it says
    bool srgb;           // the exported pixels are sRGB; else they are in the original's own space
};

// A block to write: source with orientation 1, without thumbnail and place, sizes and colour space
// brought up to date. NULL where nothing is left to say.
GBytes *metadata_for_export(const struct metadata_export *params);
