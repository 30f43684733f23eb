#include "ui/core/plain_text.h"

#include <glib.h>
#include <stdbool.h>
#include <string.h>

// Line ends, too; and what turns the direction of the text that follows.
static bool steers(gunichar c)
{
    const GUnicodeType type = g_unichar_type(c);
    return type == G_UNICODE_CONTROL || type == G_UNICODE_LINE_SEPARATOR ||
           type == G_UNICODE_PARAGRAPH_SEPARATOR || (c >= 0x202a && c <= 0x202e) ||
           (c >= 0x2066 && c <= 0x2069);
}

static char *plain(const char *raw, gsize max, bool lines, const char *more)
{
    // A character has at most four bytes: one that is cut here comes behind the last that is taken.
    const gsize enough = strnlen(raw ? raw : "", 4 * (max + 1));
    g_autofree char *text = g_utf8_make_valid(raw ? raw : "", (gssize)enough);
    GString *out = g_string_sized_new(enough);
    gsize n = 0;
    for (const char *p = text; *p; p = g_utf8_next_char(p)) {
        if (n++ == max) {
            g_string_append(out, more);
            break;
        }
        const gunichar c = g_utf8_get_char(p);
        g_string_append_unichar(out, steers(c) && !(lines && c == '\n') ? ' ' : c);
    }
    return g_string_free(out, FALSE);
}

char *plain_text(const char *raw, int max)
{
    return plain(raw, (gsize)max, false, "…");
}

char *plain_sentence(const char *raw)
{
    return plain(raw, TEXT_SENTENCE, true, "");
}

char *plain_lines(const char *raw)
{
    return plain(raw, G_MAXSIZE / 8, true, "");
}
