// Colour management with Little CMS: embedded profiles to and from the sRGB working space.
//
// Relative colorimetric with black point compensation. Profiles are hostile input: they are parsed
// by lcms2 behind a size cap.
#pragma once

#include "render/rows.h"

// Takes pixels that are in the profile's space to sRGB, in place. A profile that is sRGB already
// leaves the pixels untouched, to the bit. Fails where the profile is damaged, not one for RGB or
// gray, or gray for a picture that has colours; the pixels are then unchanged.
bool color_to_srgb(struct image *image, GBytes *icc, GError **error);

// Notes that the profile was ignored, for the reason that is the error's.
void color_note_ignored(struct image_meta *meta, const GError *error);

// The way back, for export in the original's own space: the rows, which are borrowed, as they are
// in that. NULL where the profile is not for RGB or cannot be inverted, like those of scanners.
struct color_export;
struct color_export *color_export_new(const struct image_rows *rows, GBytes *icc, GError **error);
struct image_rows color_export_rows(struct color_export *export);
void color_export_free(struct color_export *export);

// count inverted CMYK pixels, as Adobe's JPEG files hold them (255 is no ink), to sRGB (count, 3).
// icc NULL or unusable: the plain product of ink and black; meta is told where it is unusable.
void color_cmyk_to_srgb(const uint8_t *cmyk, size_t count, GBytes *icc, float *rgb,
                        struct image_meta *meta);

// count CIELAB pixels (count, 3), L 0..100 and white D50, to sRGB, in place. false: no memory.
bool color_lab_to_srgb(float *pixels, size_t count, GError **error);

// A profile made from what a PNG file may say in its place: chromaticities of white, red, green and
// blue as x, y, and the exponent that makes stored values linear. NULL where they make no sense.
GBytes *color_profile_from_primaries(const double xy[8], double gamma);

// The same from the numbers of ITU-T H.273 for primaries and transfer, as the chunk cICP has them;
// *icc is NULL for sRGB. False where they are not known here, or are of light beyond white, which
// no such profile can say.
bool color_profile_from_code(int primaries, int transfer, GBytes **icc);

// Of Adobe RGB (1998), for pictures that only name it.
GBytes *color_adobe_rgb_profile(void);

// The profile to embed in a file whose pixels are sRGB.
GBytes *color_srgb_profile(void);
