// The table of picture formats.
#include "render/codec.h"

#include "compute/i18n.h"

#include "render/codec_table.h" // defines: CODEC_ROWS
#include "render/color.h"
#include "render/metadata.h"

#include <string.h>

#define X(name) extern const struct codec name##_codec;
CODEC_ROWS
#undef X

static const struct codec *const TABLE[] = {
#define X(name) &name##_codec,
    CODEC_ROWS
#undef X
        NULL,
};

const struct codec *const *codec_all(void)
{
    return TABLE;
}

const struct codec *codec_sniff(GBytes *file)
{
    gsize size = 0;
    const uint8_t *data = g_bytes_get_data(file, &size);

    for (const struct codec *const *codec = TABLE; size > 0 && *codec != NULL; codec++) {
        if ((*codec)->sniff(data, size)) {
            return *codec;
        }
    }
    return NULL;
}

const struct codec *codec_find(const char *name)
{
    for (const struct codec *const *codec = TABLE; *codec != NULL; codec++) {
        if (g_ascii_strcasecmp((*codec)->name, name) == 0) {
            return *codec;
        }
    }
    return NULL;
}

static bool has_suffix(const struct codec *codec, const char *suffix)
{
    for (const char *const *own = codec->suffixes; *own != NULL; own++) {
        if (g_ascii_strcasecmp(*own, suffix) == 0) {
            return true;
        }
    }
    return false;
}

const struct codec *codec_find_suffix(const char *path)
{
    const char *dot = strrchr(path, '.');

    for (const struct codec *const *codec = TABLE; dot != NULL && *codec != NULL; codec++) {
        if (has_suffix(*codec, dot + 1)) {
            return *codec;
        }
    }
    return NULL;
}

void codec_take_camera_space(struct image_meta *meta)
{
    if (meta->icc == NULL && metadata_is_adobe_rgb(meta->exif)) {
        meta->icc = color_adobe_rgb_profile();
    }
}

void codec_take_density(struct image_meta *meta, bool sideways)
{
    double stored[2];

    if (metadata_density(meta->exif, stored)) {
        meta->density[0] = stored[sideways ? 1 : 0];
        meta->density[1] = stored[sideways ? 0 : 1];
    }
}

uint32_t codec_little_endian(const uint8_t *data, int bytes)
{
    uint32_t value = 0;

    for (int i = bytes - 1; i >= 0; i--) {
        value = value << 8 | data[i];
    }
    return value;
}

void codec_note_colors(struct image_meta *meta, int transfer)
{
    enum { PQ = 16, HLG = 18 };

    image_meta_note(meta, transfer == PQ || transfer == HLG
                              ? _("its HDR colours are shown as if they were sRGB")
                              : _("its colours are shown as if they were sRGB"));
}
