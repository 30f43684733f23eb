#include "render/iptc.h"

#include <stdbool.h>
#include <string.h>

// "8BIM", number (2), Pascal string padded to even, size (4), data padded to even.
enum { CAPTION = 0x0404, CAPTION_SUM = 0x0425, MAX_BYTES = 1 << 20 };

// One resource at the beginning of size bytes.
struct resource {
    int number;
    gsize bytes; // all of it, with padding where there is any
    gsize data;  // of it alone
};

static bool parse_resource(const guint8 *at, gsize size, struct resource *r)
{
    if (size < 7 || memcmp(at, "8BIM", 4) != 0) {
        return false;
    }
    r->number = at[4] << 8 | at[5];

    gsize head = 6 + ((1 + (gsize)at[6] + 1) & ~(gsize)1);

    if (size < head + 4) {
        return false;
    }
    r->data = (gsize)at[head] << 24 | at[head + 1] << 16 | at[head + 2] << 8 | at[head + 3];
    head += 4;
    if (r->data > size - head) {
        return false;
    }
    r->bytes =
        MIN(size, head + ((r->data + 1) & ~(gsize)1)); // the last one's padding may be missing
    return true;
}

GBytes *iptc_from_resources(gconstpointer data, gsize size)
{
    const guint8 *at = data;
    struct resource r;
    bool found = false, whole = size <= MAX_BYTES;
    GByteArray *kept = g_byte_array_new();

    for (; whole && size > 0; at += r.bytes, size -= r.bytes) {
        whole = parse_resource(at, size, &r);
        if (whole && (r.number == CAPTION || r.number == CAPTION_SUM)) {
            g_byte_array_append(kept, at, (guint)r.bytes);
            if (kept->len % 2 != 0) {
                g_byte_array_append(kept, (const guint8[]){0}, 1);
            }
            found = found || (r.number == CAPTION && r.data > 0);
        }
    }
    if (!whole || !found) {
        g_byte_array_unref(kept);
        return NULL;
    }
    return g_byte_array_free_to_bytes(kept);
}

// "\niptc\n    1234\n" and as many bytes in lines of 72 digits.
GBytes *iptc_from_text(const char *text, gsize length)
{
    if (length > 3 * (gsize)MAX_BYTES) {
        return NULL;
    }

    g_autofree char *copy = g_strndup(text, length);
    g_auto(GStrv) words = g_strsplit_set(g_strstrip(copy), "\n", 3);
    guint64 size = 0;

    if (g_strv_length(words) != 3 ||
        !g_ascii_string_to_unsigned(g_strstrip(words[1]), 10, 1, MAX_BYTES, &size, NULL)) {
        return NULL;
    }

    g_autofree guint8 *bytes = g_malloc(size);
    const char *digit = words[2];

    for (guint64 i = 0; i < 2 * size; i++, digit++) {
        while (g_ascii_isspace(*digit)) {
            digit++;
        }
        if (!g_ascii_isxdigit(*digit)) {
            return NULL;
        }
        bytes[i / 2] = (guint8)(i % 2 == 0 ? g_ascii_xdigit_value(*digit) << 4
                                           : bytes[i / 2] | g_ascii_xdigit_value(*digit));
    }
    return iptc_from_resources(bytes, size);
}

char *iptc_to_text(GBytes *resources)
{
    gsize size = 0;
    const guint8 *bytes = g_bytes_get_data(resources, &size);
    GString *text = g_string_new(NULL);

    g_string_append_printf(text, "\niptc\n%8" G_GSIZE_FORMAT, size);
    for (gsize i = 0; i < size; i++) {
        g_string_append_printf(text, "%s%02x", i % 36 == 0 ? "\n" : "", bytes[i]);
    }
    g_string_append_c(text, '\n');
    return g_string_free(text, FALSE);
}
