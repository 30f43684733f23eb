// A picture in memory: what every reader returns, every writer takes and the rest of render/ works
// on.
//
// Pixels are sRGB-encoded floats, 0 is black and 1 is white. Values a little outside 0..1 are
// legal: they are the colours of a wide-gamut photo that sRGB cannot express. 8-bit and 16-bit
// integers survive the way to float and back exactly.
//
// Thread: any, but one picture is changed by one thread at a time.
#pragma once

#include <gio/gio.h>
#include <stdbool.h>
#include <stdint.h>

// Larger pictures are refused before memory is asked for.
#define IMAGE_MAX_SIDE   32768
#define IMAGE_MAX_PIXELS 200000000

// What a file says about a picture besides its pixels. All pointers are owned and may be NULL.
struct image_meta {
    int bits;          // bits a channel in the source, 8 or 16; 0 where there was no file
    double density[2]; // pixels an inch in print, across and down; 0: the file does not say
    GBytes *icc;       // embedded profile of the source; the pixels have already been taken to sRGB
    GBytes
        *exif;   // TIFF structure of the EXIF block, as stored (its orientation is already applied)
    GBytes *xmp; // XMP packet, as stored; not parsed
    GBytes *iptc;  // captions, as iptc_from_resources() gives them
    char *comment; // UTF-8 text of a place that the format has for one, outside EXIF; no recipe
    char *recipe;  // UTF-8 text of the settings that made the picture ("parameters")
    char *note;    // one sentence for the user where something was ignored while reading
};

struct image {
    int width, height;
    float *rgb;   // (height, width, 3)
    float *alpha; // (height, width), not premultiplied; NULL: opaque
    struct image_meta meta;
};

// A part of a picture, in its pixels.
struct image_region {
    int x, y, width, height;
};
bool image_region_equal(const struct image_region *a, const struct image_region *b);
// The smallest one around both, and what both have in common (width 0: nothing). One without area
// has no place.
struct image_region image_region_around(const struct image_region *a, const struct image_region *b);
struct image_region image_region_common(const struct image_region *a, const struct image_region *b);

// What can be known of a file without decoding its pixels. Sizes are those after orientation.
struct image_info {
    int width, height;
    const char *format; // "png"
    struct image_meta meta;
};

// Refuses sizes that are empty or above the limits.
bool image_check_size(gint64 width, gint64 height, GError **error);

// Pixels are not initialised; meta is empty. Fails on a bad size and when memory runs out.
struct image *image_new(int width, int height, bool with_alpha, GError **error);
void image_free(struct image *image);

// A copy of pixels and meta.
struct image *image_copy(const struct image *image, GError **error);

// The rectangle, which must lie inside the picture; meta is copied.
struct image *image_crop(const struct image *image, int x, int y, int width, int height,
                         GError **error);

// The picture turned and mirrored the way EXIF orientation 1..8 asks for; meta is copied.
struct image *image_orient(const struct image *image, int orientation, GError **error);

// For colours that the file has multiplied with alpha: divides them, in place. No result is above
// most; where alpha is 0 it is black.
void image_divide_by_alpha(struct image *image, float most);

// 8-bit RGBA, (height, width, 4), not premultiplied, rows without padding.
void image_to_rgba8(const struct image *image, uint8_t *rgba);
struct image *image_from_rgba8(const uint8_t *rgba, int width, int height, GError **error);

// to must be empty.
void image_meta_copy(const struct image_meta *from, struct image_meta *to);
void image_meta_clear(struct image_meta *meta);

// Adds a sentence to the note.
void image_meta_note(struct image_meta *meta, const char *sentence);

// Nearest integer; values outside 0..1 are clipped, NaN becomes 0.
static inline unsigned image_quantize(float value, float max)
{
    if (!(value > 0.0f)) {
        return 0;
    }
    return value < 1.0f ? (unsigned)(value * max + 0.5f) : (unsigned)max;
}
