#include "render/pixbuf_profile.h"

#include "render/codec.h"
#include "render/webp_pieces.h"

#include <string.h>

// ---- BMP ----------------------------------------------------------------------------------------

// The fifth header of Windows (BITMAPV5HEADER) says where behind its own beginning a profile is.
// One that lies in a file beside the picture is that file's.
static GBytes *bitmap_profile(GBytes *file)
{
    enum { AT = 14, BYTES = 124, KIND = 56, PLACE = 112, SIZE = 116 };
    gsize size = 0;
    const uint8_t *data = g_bytes_get_data(file, &size);

    if (size < AT + BYTES || codec_little_endian(data + AT, 4) < BYTES ||
        memcmp(data + AT + KIND, "DEBM", 4) != 0) { // MBED: embedded
        return NULL;
    }

    const guint64 begin = AT + (guint64)codec_little_endian(data + AT + PLACE, 4);
    const guint64 length = codec_little_endian(data + AT + SIZE, 4);

    return length > 0 && begin <= size && length <= size - begin
               ? g_bytes_new_from_bytes(file, begin, length)
               : NULL;
}

// ---- GIF ----------------------------------------------------------------------------------------

// Pieces that each begin with their length, up to one of length 0. Returns where they end, the size
// of the file where they do not; their bytes are appended to `to`, which may be NULL.
static gsize read_pieces(const uint8_t *data, gsize size, gsize at, GByteArray *to)
{
    while (at < size && data[at] > 0) {
        const gsize length = data[at];

        if (length >= size - at) {
            return size;
        }
        if (to != NULL) {
            g_byte_array_append(to, data + at + 1, (guint)length);
        }
        at += 1 + length;
    }
    return at < size ? at + 1 : size;
}

// What the packed byte of a GIF's header or picture says of the palette behind it.
static gsize palette_bytes(uint8_t packed)
{
    return packed & 0x80 ? 3u << ((packed & 7) + 1) : 0;
}

// The extension of an application by which the International Color Consortium has profiles in GIF
// files (ICC.1:2010, annex B.3).
static GBytes *gif_profile(GBytes *file)
{
    enum { HEAD = 13, EXTENSION = 0x21, PICTURE = 0x2c, APPLICATION = 0xff };
    static const char NAME[] = "\x0bICCRGBG1012";
    gsize size = 0, at = HEAD;
    const uint8_t *data = g_bytes_get_data(file, &size);

    at += size > HEAD ? palette_bytes(data[10]) : 0;
    while (at < size && size - at > sizeof(NAME) + 2) {
        if (data[at] == PICTURE) {
            at = read_pieces(data, size, at + 11 + palette_bytes(data[at + 9]), NULL);
        } else if (data[at] != EXTENSION) {
            return NULL;
        } else if (data[at + 1] == APPLICATION &&
                   memcmp(data + at + 2, NAME, sizeof(NAME) - 1) == 0) {
            g_autoptr(GByteArray) profile = g_byte_array_new();
            const gsize end = read_pieces(data, size, at + 1 + sizeof(NAME), profile);

            return end < size && profile->len > 0
                       ? g_byte_array_free_to_bytes(g_steal_pointer(&profile))
                       : NULL;
        } else {
            at = read_pieces(data, size, at + 2, NULL);
        }
    }
    return NULL;
}

GBytes *pixbuf_profile(GBytes *file)
{
    gsize size = 0;
    const uint8_t *data = g_bytes_get_data(file, &size);

    if (size >= 4 && memcmp(data, "GIF8", 4) == 0) {
        return gif_profile(file);
    }
    return size >= 2 && memcmp(data, "BM", 2) == 0 ? bitmap_profile(file)
                                                   : webp_piece(file, "ICCP");
}
