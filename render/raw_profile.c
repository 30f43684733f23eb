#include "render/raw_profile.h"

#include <stdbool.h>
#include <stdint.h>
#include <string.h>
#include <zlib.h>

enum { MAX_BYTES = 1 << 20, ROW = 36 };

// "\niptc\n    1234\n" and as many bytes in lines of 72 digits.
GBytes *raw_profile_read(const char *text, gsize length)
{
    const bool some = length > 0 && length <= 3 * (gsize)MAX_BYTES;
    g_autofree char *copy = g_strndup(some ? text : "", some ? length : 0);
    g_auto(GStrv) words = g_strsplit_set(g_strstrip(copy), "\n", 3);
    guint64 size = 0;

    if (g_strv_length(words) != 3 ||
        !g_ascii_string_to_unsigned(g_strstrip(words[1]), 10, 1, MAX_BYTES, &size, NULL)) {
        return NULL;
    }

    g_autoptr(GByteArray) bytes = g_byte_array_sized_new((guint)size);
    int high = -1; // digit that waits for its other half

    for (const char *c = words[2]; bytes->len < size; c++) {
        const int digit = g_ascii_xdigit_value(*c);

        if (g_ascii_isspace(*c)) {
            continue;
        }
        if (digit < 0) {
            return NULL;
        }
        if (high >= 0) {
            g_byte_array_append(bytes, &(guint8){(guint8)(high << 4 | digit)}, 1);
        }
        high = high < 0 ? digit : -1;
    }
    return g_byte_array_free_to_bytes(g_steal_pointer(&bytes));
}

char *raw_profile_write(const char *name, GBytes *bytes)
{
    gsize size = 0;
    const guint8 *data = g_bytes_get_data(bytes, &size);
    GString *text = g_string_new(NULL);

    g_string_append_printf(text, "\n%s\n%8" G_GSIZE_FORMAT, name, size);
    for (gsize i = 0; i < size; i++) {
        g_string_append_printf(text, "%s%02x", i % ROW == 0 ? "\n" : "", data[i]);
    }
    g_string_append_c(text, '\n');
    return g_string_free(text, FALSE);
}

// NULL: the bytes are damaged, or unpack to too many.
static GBytes *unpack(const guint8 *data, gsize size, gsize most)
{
    enum { STEP = 1 << 16 };
    z_stream z = {.next_in = (z_const Bytef *)(uintptr_t)data, .avail_in = (uInt)size};
    g_autoptr(GByteArray) bytes = g_byte_array_new();
    int result = inflateInit(&z);

    while (result == Z_OK && z.total_out <= most) {
        g_byte_array_set_size(bytes, (guint)z.total_out + STEP);
        z.next_out = bytes->data + z.total_out;
        z.avail_out = STEP;
        result = inflate(&z, Z_NO_FLUSH);
    }
    g_byte_array_set_size(bytes, (guint)z.total_out);
    inflateEnd(&z);
    return result == Z_STREAM_END && z.total_out > 0
               ? g_byte_array_free_to_bytes(g_steal_pointer(&bytes))
               : NULL;
}

// A name, a zero, the number 0 of the one way to pack, and the packed profile (PNG, 11.3.2.3).
GBytes *raw_profile_unpack(gconstpointer chunk, gsize size, gsize most)
{
    enum { LONGEST_NAME = 79, PACKING = 2 };
    const guint8 *data = chunk;
    const guint8 *end = size > 0 ? memchr(data, 0, MIN(size, LONGEST_NAME + 1)) : NULL;
    const gsize begin = end != NULL ? (gsize)(end - data) + PACKING : 0;

    return end != NULL && begin < size && end[1] == 0 ? unpack(data + begin, size - begin, most)
                                                      : NULL;
}
