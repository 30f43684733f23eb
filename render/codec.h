// The contract of a picture format. A family: NAME.c with NAME_codec, and one word in meson.build;
// the order there is the order in which content is looked at.
//
// Readers take hostile bytes: sizes are checked with image_check_size() before memory is asked for,
// and damage is a GError, or a note where the picture's first rows are whole. Messages do not name
// the file; render/file.c puts its name before them. Thread: any, also several at once; a codec has
// no state.
#pragma once

#include "compute/i18n.h"
#include "compute/task.h"
#include "render/rows.h"

// Noted of a picture whose file is damaged behind its first rows. A file without any is refused.
#define CODEC_PARTIAL_NOTE                                                                         \
    _("the file is damaged or cut short, and the picture is shown as far as it goes")

#define CODEC_PROFILE_NOTE _("the embedded colour profile is damaged and was ignored")

// Noted of a picture that is one of several in its file, as frames or pages; the second where the
// file says itself which is to be shown.
#define CODEC_FIRST_NOTE   _("the file holds several pictures, and the first is shown")
#define CODEC_LARGEST_NOTE _("the file holds several pictures, and the largest is shown")
#define CODEC_MAIN_NOTE    _("the file holds several pictures, and its main one is shown")

struct codec_write {
    int bits;            // 8 or 16 a channel; formats that know only 8 ignore it
    double density[2];   // pixels an inch in print, 1 to 65535 across and down; 0: not to be said
    int quality;         // 1..100 for lossy formats
    const char *recipe;  // UTF-8, or NULL
    const char *comment; // UTF-8, or NULL: of a person, for a format that has own_comment
    GBytes *exif; // TIFF structure to embed (holds the recipe where exif_recipe is set), or NULL
    GBytes *xmp;  // packet to embed, or NULL
    GBytes *iptc; // resources to embed, or NULL
    GBytes *icc;  // profile the pixels are in, or NULL for sRGB
    struct task *task; // borrowed; looked at again and again
};

struct codec {
    const char *name;            // "png": also what a person writes to choose the format
    const char *title;           // "PNG"
    const char *const *suffixes; // NULL-terminated, without the dot; those it writes come first
    bool lossy, deep;            // quality, and 16 bits a channel, count where it is written
    bool alpha;                  // transparency is kept where it is written
    bool iptc;                   // it has a place for IPTC; of others XMP holds what it can of it
    bool own_comment;            // it has a place for a comment outside EXIF
    bool exif_recipe;            // the recipe is kept in EXIF, not in a place of the format's own

    bool (*sniff)(const uint8_t *data, size_t size);

    // Stored size and meta, without decoding pixels; format, where it is not the codec's name.
    bool (*read_info)(GBytes *file, struct image_info *info, GError **error);

    // Pixels as stored, not turned and not colour managed; meta filled.
    struct image *(*read)(GBytes *file, struct task *task, GError **error);

    // NULL: the format is only read.
    GBytes *(*write)(const struct image_rows *rows, const struct codec_write *params,
                     GError **error);
};

// The codec for these bytes by what they contain; NULL where no member knows them.
const struct codec *codec_sniff(GBytes *file);

// What a file is that no member reads, where its first bytes say so: a clause to say why it is
// refused, newly allocated; else NULL.
char *codec_refused(GBytes *file);

// By name or by suffix, in upper or lower case; NULL where there is none.
const struct codec *codec_find(const char *name);
const struct codec *codec_find_suffix(const char *path);

// Notes of a picture that its colours are shown as if they were sRGB, because there is no profile
// for them; transfer is the number of their curve in ITU-T H.273.
void codec_note_colors(struct image_meta *meta, int transfer);

// For a picture whose file says nothing else of its colours: the profile that its EXIF stands for.
void codec_take_camera_space(struct image_meta *meta);

// Pixels an inch, which EXIF says of the picture as it is stored. sideways: it has been turned by a
// quarter since.
void codec_take_density(struct image_meta *meta, bool sideways);

// Whether the file is an icon of several pictures; another reader may have read it.
bool codec_icon_is_set(GBytes *file);

// The number in so many bytes, at most 4.
uint32_t codec_little_endian(const uint8_t *data, int bytes);

// All members, in order, ended by NULL.
const struct codec *const *codec_all(void);
