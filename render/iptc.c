// libiptcdata finds the record and wraps it. It knows nothing of the sum and wants JPEG's marker.
#include "render/iptc.h"

#include <libiptcdata/iptc-jpeg.h>
#include <string.h>

enum { MAX_BYTES = 1 << 20, MAX_WRAPPING = 13 }; // 12 bytes before the record, perhaps one after

static const guint8 MARKER[14] = "Photoshop 3.0";

// The head of a resource: its number, no name, a size of 16.
static const char SUM[12] = {'8', 'B', 'I', 'M', 4, 0x25, 0, 0, 0, 0, 0, 16};

static void append_sum(GByteArray *kept, const GByteArray *list)
{
    enum { BYTES = sizeof(SUM) + 16 };

    for (guint at = 0; at + BYTES <= list->len; at++) {
        if (memcmp(list->data + at, SUM, sizeof(SUM)) == 0) {
            g_byte_array_append(kept, list->data + at, BYTES);
            return;
        }
    }
}

GBytes *iptc_from_resources(gconstpointer data, gsize size)
{
    if (size > MAX_BYTES) {
        return NULL;
    }

    g_autoptr(GByteArray) list = g_byte_array_new();
    unsigned length = 0;

    g_byte_array_append(list, MARKER, sizeof(MARKER));
    g_byte_array_append(list, data, (guint)size);

    const int at = iptc_jpeg_ps3_find_iptc(list->data, list->len, &length);

    if (at <= 0 || length == 0) {
        return NULL;
    }

    GByteArray *kept = g_byte_array_new();

    g_byte_array_set_size(kept, sizeof(MARKER) + length + MAX_WRAPPING);

    const int end =
        iptc_jpeg_ps3_save_iptc(NULL, 0, list->data + at, length, kept->data, kept->len);

    g_byte_array_set_size(kept, (guint)MAX(end, (int)sizeof(MARKER)));
    g_byte_array_remove_range(kept, 0, sizeof(MARKER));
    append_sum(kept, list);
    return g_byte_array_free_to_bytes(kept);
}
