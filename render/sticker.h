// Stickers: what a picture with alpha is about, at the size that a messenger takes, with an outline
// and a shadow.
//
// Layers lie on each other in linear light, premultiplied (Porter and Duff 1984, "over"): a red
// thing's edge on a white outline goes through no dark rim. What comes out is straight and encoded
// like every picture here.
#pragma once

#include "compute/task.h"
#include "render/raster.h"

enum { STICKER_MIN_SIDE = 64, STICKER_MAX_SIDE = 2048 };

// Pixels are those of the result.
struct sticker_params {
    int side;       // of the longest side of the result
    bool square;    // with room beside the thing; else the result is as large as what it shows
    int margin;     // pixels that stay empty on each side
    double outline; // width of the line around the thing; 0: none
    float color[3]; // of that line, sRGB-encoded, 0..1
    double shadow;  // 0: none, 1: black
};

// cut: straight colours with alpha, of any size; what is transparent around is left away, and a
// picture without alpha is all thing. Magnified, its contour is smoothed and stays as sharp as the
// result's pixels. NULL with a sentence where nothing is left in it, or the outline and margin
// leave no room for it.
struct image *sticker_make(const struct image *cut, const struct sticker_params *params,
                           GError **error);

// The part of a photo that a raster of its size shows: the box around it, with the raster times the
// photo's own alpha as alpha. Where the border is soft the colours are the thing's alone, without
// what lay behind (Forte 2021, Approximate Fast Foreground Colour Estimation, equations 6 and 7).
// NULL with a sentence where the raster shows nothing.
struct image *sticker_cut(const struct image *photo, const struct raster *mask, GError **error);

// Of a thing that no person has drawn the border of: takes away islands and closes holes that are
// small beside it.
void sticker_tidy(struct image *cut);

// Pictures side by side in rows of `columns`, each centred in a cell of the largest's size, with
// `gap` free pixels around them: one page that is transparent between them. n >= 1.
struct image *sticker_sheet(struct image *const *stickers, int n, int columns, int gap,
                            GError **error);

// ---- messengers ---------------------------------------------------------------------------------

// What a messenger takes, as of its own page for people who make stickers.
struct sticker_target {
    const char *name, *title;
    const char *summary; // a sentence, without its end
    int side;            // 0: any
    bool square;
    int margin;
    gsize most;                 // bytes of a file; 0: any
    const char *const *formats; // names of codecs, the first is the usual one; NULL-terminated
};
// The first is for any use: no limits. Ends with a row without a name.
extern const struct sticker_target sticker_targets[];

// In memory: as good as fits. *quality (may be NULL) receives what it took, 100 where
// nothing was lost. Where not even the lowest quality fits, or the format knows none and is too
// large, NULL with a sentence. Reports nothing; can be stopped.
GBytes *sticker_encode(const struct image *sticker, const struct sticker_target *target,
                       const char *format, const char *recipe, int *quality, struct task *task,
                       GError **error);
// Whether sticker_save() would succeed, as far as that is known without a sticker.
bool sticker_save_check(const char *path, const struct sticker_target *target, GError **error);
// The same into a file, whose ending says the format. After a failure the old file is as it was.
bool sticker_save(const struct image *sticker, const char *path,
                  const struct sticker_target *target, const char *recipe, int *quality,
                  struct task *task, GError **error);
