// The table of picture formats.
#include "render/codec.h"

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

#define RAW_PHOTO "it is a raw photo of a camera, which a raw converter has to develop first"
#define PHOTOSHOP "it is a Photoshop document (PSD); save a copy as TIFF or PNG"

// ExifTool's list of signatures; raw photos that are TIFF files are known to that codec.
static const struct signature {
    const char *bytes;
    gsize offset, size;
    const char *reason;
} SIGNATURES[] = {
    {"FUJIFILMCCD-RAW", 0, 15, RAW_PHOTO}, // RAF
    {"ftypcrx ", 4, 8, RAW_PHOTO},         // CR3
    {"HEAPCCDR", 6, 8, RAW_PHOTO},         // CRW
    {"IIRO", 0, 4, RAW_PHOTO},             // ORF
    {"IIRS", 0, 4, RAW_PHOTO},             // ORF
    {"MMOR", 0, 4, RAW_PHOTO},             // ORF
    {"IIU\0", 0, 4, RAW_PHOTO},            // RW2
    {"\0MRM", 0, 4, RAW_PHOTO},            // MRW
    {"FOVb", 0, 4, RAW_PHOTO},             // X3F
    {"8BPS", 0, 4, PHOTOSHOP},             // PSD, PSB
    {"gimp xcf", 0, 8, "it is a GIMP document (XCF); export it as TIFF or PNG"},
    {"\0\0\0\x0cjP  ", 0, 8, "it is a JPEG 2000 picture; save it as TIFF or PNG"},
    {"\x76\x2f\x31\x01", 0, 4, "it is an OpenEXR picture; save it as TIFF or PNG"},
    {"#?RADIANCE", 0, 10, "it is a Radiance HDR picture; save it as TIFF or PNG"},
    {"%PDF-", 0, 5, "it is a PDF document; save its page as TIFF or PNG"},
};

const char *codec_refused(GBytes *file)
{
    gsize size = 0;
    const uint8_t *data = g_bytes_get_data(file, &size);

    for (size_t i = 0; i < G_N_ELEMENTS(SIGNATURES); i++) {
        const struct signature *s = &SIGNATURES[i];

        if (size >= s->offset + s->size && memcmp(data + s->offset, s->bytes, s->size) == 0) {
            return s->reason;
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
                              ? "its HDR colours are shown as if they were sRGB"
                              : "its colours are shown as if they were sRGB");
}
