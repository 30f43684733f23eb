// Changing the size of pictures: separable resampling with a proper low-pass when shrinking.
//
// Sizes map corner to corner: column x of the result looks at (x + 0.5) * source / result - 0.5.
// Everything here works on sRGB-encoded values, as the models do.
#pragma once

#include "render/image.h"

enum resample_kernel {
    RESAMPLE_LANCZOS3, // sharp; for pictures. Rings a little beside hard edges
    RESAMPLE_LINEAR,   // never leaves the range of its input; for masks
    RESAMPLE_SPLINE,   // cubic B-spline: nor does this; no kinks, softer than its input; for fields
};

enum { RESAMPLE_CHANNELS = 18 }; // at most

// The weights for one pair of sizes, computed once and used for any region of the result. Thread:
// any, also several at once; it does not change after it was made.
struct resampler;
struct resampler *resampler_new(int source_width, int source_height, int width, int height,
                                enum resample_kernel kernel);
void resampler_free(struct resampler *resampler);

// Rectangle (x, y, width, height) of the result, which must lie inside it. source is
// (source_height, source_width, channels), result (height, width, channels) without padding.
void resampler_run(const struct resampler *resampler, const float *source, int channels, int x,
                   int y, int width, int height, float *result);

// The same with each row's channels one after the other: result is (height, channels, width).
void resampler_run_planes(const struct resampler *resampler, const float *source, int channels,
                          int x, int y, int width, int height, float *result);

// The same for a source of which only some rows are there. source_rows: those that rows
// y .. y + height - 1 of the result look at, from <= row < to. run_rows: these rows of the result,
// whole; source begins at row `from` of the source.
void resampler_source_rows(const struct resampler *resampler, int y, int height, int *from,
                           int *to);
void resampler_run_rows(const struct resampler *resampler, const float *source, int from,
                        int channels, int y, int height, float *result);

// The whole picture in another size, Lanczos-3, on all cores. Colour is weighted with alpha. meta
// is copied.
struct image *image_resize(const struct image *image, int width, int height, GError **error);

// A whole plane (height, width, channels) in another size, on all cores.
void resample_plane(const float *source, int source_width, int source_height, int channels,
                    float *result, int width, int height, enum resample_kernel kernel);

// Part of the picture's colours, which must lie inside it, at another size, Lanczos-3, on all
// cores: result is (height, width, 3).
void resample_part(const struct image *image, const struct image_region *part, float *result,
                   int width, int height);

// The whole picture so that no side is longer than side; a picture that is not is copied.
struct image *image_shrink(const struct image *image, int side, GError **error);

// The size at which a model works on a photo of width x height: about side * side pixels, and the
// photo's proportions as nearly as multiples of unit allow.
void resample_fit(int side, int unit, int width, int height, int *fit_width, int *fit_height);
