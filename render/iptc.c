// libiptcdata finds the record and wraps it. It knows nothing of the sum and wants JPEG's marker.
#include "render/iptc.h"

#include <libiptcdata/iptc-jpeg.h>
#include <string.h>

enum { MAX_BYTES = 1 << 20, MAX_WRAPPING = 13 }; // 12 bytes before the record, perhaps one after

static const guint8 MARKER[14] = "Photoshop 3.0";

// The head of a resource: its number, no name, a size of 16.
static const char SUM[12] = {'8', 'B', 'I', 'M', 4, 0x25, 0, 0, 0, 0, 0, 16};

static void append_sum(GByteArray *kept, const guint8 *list, gsize size)
{
    enum { BYTES = sizeof(SUM) + 16 };

    for (gsize at = 0; at + BYTES <= size; at++) {
        if (memcmp(list + at, SUM, sizeof(SUM)) == 0) {
            g_byte_array_append(kept, list + at, BYTES);
            return;
        }
    }
}

// The record as a resource.
static GByteArray *wrap(const guint8 *record, gsize length)
{
    GByteArray *kept = g_byte_array_new();

    g_byte_array_set_size(kept, (guint)(sizeof(MARKER) + length + MAX_WRAPPING));

    const int end =
        iptc_jpeg_ps3_save_iptc(NULL, 0, record, (unsigned)length, kept->data, kept->len);

    g_byte_array_set_size(kept, (guint)MAX(end, (int)sizeof(MARKER)));
    g_byte_array_remove_range(kept, 0, sizeof(MARKER));
    return kept;
}

// The list with JPEG's marker before it. *length: of the record in it; returns where that begins, 0
// or less where there is none.
static int find_record(gconstpointer data, gsize size, GByteArray *list, unsigned *length)
{
    *length = 0;
    g_byte_array_append(list, MARKER, sizeof(MARKER));
    g_byte_array_append(list, data, (guint)size);
    return iptc_jpeg_ps3_find_iptc(list->data, list->len, length);
}

GBytes *iptc_from_resources(gconstpointer data, gsize size)
{
    if (size > MAX_BYTES) {
        return NULL;
    }

    g_autoptr(GByteArray) list = g_byte_array_new();
    unsigned length = 0;
    const int at = find_record(data, size, list, &length);

    if (at <= 0 || length == 0) {
        return NULL;
    }

    GByteArray *kept = wrap(list->data + at, length);

    append_sum(kept, data, size);
    return g_byte_array_free_to_bytes(kept);
}

bool iptc_next(const guint8 *data, gsize size, gsize *at, struct iptc_value *value)
{
    enum { MARK = 0x1c, HEAD = 5, LONG = 0x8000 };

    if (size - *at < HEAD || data[*at] != MARK) {
        return false;
    }

    gsize begin = *at + HEAD, length = (gsize)data[*at + 3] << 8 | data[*at + 4];

    if (length >= LONG) {
        const gsize digits = length - LONG;

        if (digits > 4 || digits > size - begin) {
            return false;
        }
        for (length = 0; begin < *at + HEAD + digits; begin++) {
            length = length << 8 | data[begin];
        }
    }
    if (length > size - begin) {
        return false;
    }
    *value = (struct iptc_value){data[*at + 1], data[*at + 2], data + begin, length};
    *at = begin + length;
    return true;
}

// What follows the datasets fills the tag up. Returns their bytes.
static gsize record_length(const guint8 *data, gsize size)
{
    struct iptc_value value;
    gsize at = 0;

    while (iptc_next(data, size, &at, &value)) {
    }
    return at;
}

// Some programs took the tag's bytes for numbers of four bytes.
static void swap_fours(guint8 *data, gsize size)
{
    for (gsize at = 0; at + 4 <= size; at += 4) {
        guint32 word;

        memcpy(&word, data + at, sizeof(word));
        word = GUINT32_SWAP_LE_BE(word);
        memcpy(data + at, &word, sizeof(word));
    }
}

GBytes *iptc_from_record(gconstpointer data, gsize size, GBytes *resources)
{
    enum { MARK = 0x1c };
    g_autofree guint8 *record = size <= MAX_BYTES ? g_memdup2(data, size) : NULL;

    if (record == NULL) {
        return NULL;
    }
    if (size >= 4 && record[0] != MARK && record[3] == MARK) {
        swap_fours(record, size);
    }

    const gsize length = record_length(record, size);
    GByteArray *kept = length > 0 ? wrap(record, length) : NULL;
    gsize others = 0;
    const guint8 *list = resources != NULL ? g_bytes_get_data(resources, &others) : NULL;

    if (kept == NULL) {
        return NULL;
    }
    append_sum(kept, list, MIN(others, MAX_BYTES));
    return g_byte_array_free_to_bytes(kept);
}

GBytes *iptc_record(GBytes *list)
{
    g_autoptr(GByteArray) marked = g_byte_array_new();
    gsize size = 0;
    gconstpointer data = g_bytes_get_data(list, &size);
    unsigned length = 0;
    const int at = find_record(data, size, marked, &length);

    return at > 0 && length > 0 ? g_bytes_new(marked->data + at, length) : NULL;
}

GBytes *iptc_other(GBytes *list)
{
    GByteArray *kept = g_byte_array_new();
    gsize size = 0;
    const guint8 *data = g_bytes_get_data(list, &size);

    append_sum(kept, data, size);

    GBytes *bytes = g_byte_array_free_to_bytes(kept);

    if (g_bytes_get_size(bytes) == 0) {
        g_clear_pointer(&bytes, g_bytes_unref);
    }
    return bytes;
}
