#include "render/webp_pieces.h"

#include "compute/error.h"
#include "compute/i18n.h"
#include "render/codec.h"

#include <gdk-pixbuf/gdk-pixbuf.h>
#include <string.h>

enum { HEAD = 8, FIRST = 12 }; // bytes: of a piece, its name and length; before the first piece

// Where the next piece of that name begins; the size of the file where there is none.
static gsize seek(GBytes *file, const char *name, gsize at)
{
    gsize size = 0;
    const uint8_t *data = g_bytes_get_data(file, &size);

    if (size < FIRST || memcmp(data, "RIFF", 4) != 0 || memcmp(data + 8, "WEBP", 4) != 0) {
        return size;
    }
    while (size - at > HEAD && memcmp(data + at, name, 4) != 0) {
        const guint64 length = codec_little_endian(data + at + 4, 4);

        at += MIN(HEAD + length + length % 2, size - at);
    }
    return size - at > HEAD ? at : size;
}

GBytes *webp_piece(GBytes *file, const char *name)
{
    gsize size = 0;
    const uint8_t *data = g_bytes_get_data(file, &size);
    const gsize at = seek(file, name, FIRST);
    const gsize length = at < size ? codec_little_endian(data + at + 4, 4) : 0;

    return length > 0 && length <= size - at - HEAD
               ? g_bytes_new_from_bytes(file, at + HEAD, length)
               : NULL;
}

// A last byte that only makes the length even is often left out.
bool webp_is_cut(GBytes *file)
{
    gsize size = 0;
    const uint8_t *data = g_bytes_get_data(file, &size);

    return size > HEAD && memcmp(data, "RIFF", 4) == 0 &&
           codec_little_endian(data + 4, 4) > size - HEAD + 1;
}

// ---- animations ---------------------------------------------------------------------------------

enum { ANIMATION = 0x02, ALPHA = 0x10, PROFILE = 0x20 }; // of the first piece, VP8X
enum { VP8X_BYTES = 10, FRAME_HEAD = 16 };               // before what the frame is made of

static uint8_t *put(uint8_t *to, const void *bytes, gsize size)
{
    memcpy(to, bytes, size);
    return to + size;
}

static uint8_t *put_number(uint8_t *to, gsize value)
{
    const guint32 ordered = GUINT32_TO_LE((guint32)value);

    return put(to, &ordered, sizeof(ordered));
}

// frame: size bytes of the piece ANMF, which has `whole` of them where the file is not cut short.
static GBytes *make_still(GBytes *file, const uint8_t *frame, gsize size, gsize whole,
                          GError **error)
{
    const uint8_t flags = ((const uint8_t *)g_bytes_get_data(file, NULL))[FIRST + HEAD];
    g_autoptr(GBytes) profile = webp_piece(file, "ICCP");
    gsize length = 0;
    const void *colors = profile != NULL ? g_bytes_get_data(profile, &length) : NULL;
    const gsize room = profile != NULL ? HEAD + length + length % 2 : 0;
    const gsize total = FIRST + HEAD + VP8X_BYTES + room + size - FRAME_HEAD;
    uint8_t *still = g_try_malloc0(total), *to = still;

    if (still == NULL) {
        g_set_error_literal(error, TINCTURE_ERROR, TINCTURE_ERROR_MEMORY,
                            _("there is not enough memory to read the picture"));
        return NULL;
    }
    to = put(to, "RIFF", 4);
    to = put_number(to, total - HEAD + whole - size);
    to = put(to, "WEBPVP8X", 8);
    to = put_number(to, VP8X_BYTES);
    to = put_number(to, (flags & ALPHA) | (profile != NULL ? PROFILE : 0));
    to = put(to, frame + 6, 6); // width and height
    if (profile != NULL) {
        put(put_number(put(to, "ICCP", 4), length), colors, length);
        to += room;
    }
    put(to, frame + FRAME_HEAD, size - FRAME_HEAD);
    return g_bytes_new_take(still, total);
}

static bool fail(GError **error, const char *reason)
{
    g_set_error_literal(error, GDK_PIXBUF_ERROR, GDK_PIXBUF_ERROR_CORRUPT_IMAGE, reason);
    return false;
}

void webp_frame_clear(struct webp_frame *frame)
{
    g_clear_pointer(&frame->still, g_bytes_unref);
}

bool webp_first_frame(GBytes *file, struct webp_frame *frame, GError **error)
{
    gsize size = 0;
    const uint8_t *data = g_bytes_get_data(file, &size);

    if (seek(file, "VP8X", FIRST) != FIRST || size < FIRST + HEAD + VP8X_BYTES ||
        !(data[FIRST + HEAD] & ANIMATION)) {
        return true;
    }

    const gsize at = seek(file, "ANMF", FIRST), begin = at + HEAD;

    if (at == size || size - begin <= FRAME_HEAD) {
        return fail(error, _("it is cut short before its first frame"));
    }

    const gsize whole = codec_little_endian(data + at + 4, 4), there = MIN(whole, size - begin);
    const gint64 width = codec_little_endian(data + begin + 6, 3) + 1;
    const gint64 height = codec_little_endian(data + begin + 9, 3) + 1;

    frame->x = 2 * (int)codec_little_endian(data + begin, 3);
    frame->y = 2 * (int)codec_little_endian(data + begin + 3, 3);
    frame->width = (int)codec_little_endian(data + FIRST + HEAD + 4, 3) + 1;
    frame->height = (int)codec_little_endian(data + FIRST + HEAD + 7, 3) + 1;
    if (!image_check_size(frame->width, frame->height, error)) {
        return false;
    }
    if (there <= FRAME_HEAD || frame->x + width > frame->width ||
        frame->y + height > frame->height) {
        return fail(error, _("its first frame does not lie in its picture"));
    }
    frame->still = make_still(file, data + begin, there, whole, error);
    frame->several = seek(file, "ANMF", begin + MIN(whole + whole % 2, size - begin)) < size;
    return frame->still != NULL;
}
