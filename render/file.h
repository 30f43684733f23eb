// Pictures from and to files.
//
// The format of a file is decided by what it contains, never by its name. Loaded pictures are
// upright and in sRGB whatever the file says. Errors begin with the file's name.
#pragma once

#include "compute/task.h"
#include "render/resize.h"

// Reads a regular file. What was ignored while reading (a broken profile) is said in
// image->meta.note.
struct image *image_load(GFile *file, struct task *task, GError **error);
struct image *image_load_bytes(GBytes *bytes, struct task *task, GError **error);
// The same where a part is of no use: a file that is damaged behind its first rows is an error.
struct image *image_load_whole(GFile *file, struct task *task, GError **error);

// What a file is that begins so and is no picture that can be read, a sentence, newly allocated;
// NULL: not known.
char *image_refused(GBytes *beginning);

// Size, format and meta. info is filled only on success; image_meta_clear(&info->meta) afterwards.
bool image_probe(GFile *file, struct image_info *info, GError **error);

struct image_save_params {
    const char *format; // a codec that writes ("png", "jpeg"); NULL: by the suffix of the file
    int bits;           // 8 or 16, where the format knows both; 0: as many as the source had
    int quality;        // 1..100 for JPEG and WebP, where 100 is without loss; 0: 92
    const char *recipe; // text to embed; NULL: none, and a recipe in the original's EXIF goes too
    // Pass the original's EXIF, XMP and IPTC on: captions, copyright, ratings, but neither location
    // nor thumbnail.
    bool keep_metadata;
    struct image_sizing sizing; // of what is written; {0}: the picture's own
    enum image_sharpening sharpening;
    // Write in the original's colour space and embed its profile. False, or where that profile is
    // for gray or cannot be written: sRGB.
    bool keep_profile;
    struct task *task; // borrowed, may be NULL; an older file stays as it was, and nothing else
};

// Encodes into memory.
GBytes *image_encode(const struct image *image, const struct image_save_params *params,
                     GError **error);
// The same of a picture that is made while it is encoded.
GBytes *image_rows_encode(const struct image_rows *rows, const struct image_save_params *params,
                          GError **error);

// Whether image_save() would succeed, as far as that is known without a picture: the format, the
// choices, the folder. To be asked before the work on the picture begins.
bool image_save_check(GFile *file, const struct image_save_params *params, GError **error);

// What the file will not have of the picture, a sentence; NULL: nothing that a person would miss.
const char *image_save_note(const struct image *image, GFile *file,
                            const struct image_save_params *params);

// Writes a temporary file beside the target, syncs it and renames it: after a failure the old file
// is as it was and nothing else is left. The file must be on this computer (have a path).
bool image_save(const struct image *image, GFile *file, const struct image_save_params *params,
                GError **error);
// The same of a picture that is made while it is written.
bool image_rows_save(const struct image_rows *rows, GFile *file,
                     const struct image_save_params *params, GError **error);
