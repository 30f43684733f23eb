#include "compute/file/json.h"

#include "compute/i18n.h"

#include <errno.h>
#include <math.h>
#include <string.h>

void json_fault(struct json_reader *r, const char *what)
{
    if (!r->fault) {
        r->fault = what;
    }
    r->pos = r->end;
}

void json_begin(struct json_reader *r, const char *text, size_t length)
{
    *r = (struct json_reader){text, text + length, NULL};
    if (!g_utf8_validate_len(text, length, NULL)) {
        json_fault(r, _("it is not UTF-8"));
    }
}

static void skip_space(struct json_reader *r)
{
    while (r->pos < r->end && strchr(" \t\r\n", *r->pos) && *r->pos) {
        r->pos++;
    }
}

char json_peek(struct json_reader *r)
{
    skip_space(r);
    if (r->pos == r->end) {
        return '\0';
    }
    char c = *r->pos;
    if (g_ascii_isdigit(c) || (c && strchr("-NI", c))) {
        return '0';
    }
    if (c == 'f') {
        return 't';
    }
    return strchr("{[\"tn", c) ? c : '\0';
}

bool json_enter(struct json_reader *r, char bracket)
{
    if (json_peek(r) != bracket) {
        json_fault(r, bracket == '{' ? _("an object was expected") : _("an array was expected"));
        return false;
    }
    r->pos++;
    return true;
}

// Steps to the next member; false at the closing bracket or a fault.
static bool next_member(struct json_reader *r, bool *first, char close)
{
    skip_space(r);
    if (r->pos == r->end) {
        json_fault(r, _("it ends too early"));
        return false;
    }
    if (*r->pos == close) {
        r->pos++;
        return false;
    }
    if (!*first) {
        if (*r->pos != ',') {
            json_fault(r, _("a comma is missing"));
            return false;
        }
        r->pos++;
    }
    *first = false;
    return true;
}

bool json_item(struct json_reader *r, bool *first)
{
    return next_member(r, first, ']');
}

char *json_key(struct json_reader *r, bool *first)
{
    if (!next_member(r, first, '}')) {
        return NULL;
    }
    char *key = json_string(r);
    skip_space(r);
    if (!key || r->pos == r->end || *r->pos != ':') {
        json_fault(r, _("a key is not followed by a colon"));
        g_free(key);
        return NULL;
    }
    r->pos++;
    return key;
}

// Four hexadecimal digits at pos; -1 where there are none.
static int hex4(const char *p, const char *end)
{
    if (end - p < 4) {
        return -1;
    }
    int value = 0;
    for (int i = 0; i < 4; i++) {
        int digit = g_ascii_xdigit_value(p[i]);
        if (digit < 0) {
            return -1;
        }
        value = value * 16 + digit;
    }
    return value;
}

// The escape after a backslash; false where it is none.
static bool unescape(struct json_reader *r, GString *out)
{
    static const char from[] = "\"\\/bfnrt", to[] = "\"\\/\b\f\n\r\t";
    char c = *r->pos++;
    const char *found = c ? strchr(from, c) : NULL;
    if (found) {
        g_string_append_c(out, to[found - from]);
        return true;
    }
    int unit = c == 'u' ? hex4(r->pos, r->end) : -1;
    if (unit <= 0) { // a NUL would cut the C string
        return false;
    }
    r->pos += 4;
    gunichar code = unit;
    if (unit >= 0xd800 && unit < 0xdc00 && r->end - r->pos >= 6 && r->pos[0] == '\\' &&
        r->pos[1] == 'u') {
        int low = hex4(r->pos + 2, r->end);
        if (low < 0xdc00 || low > 0xdfff) {
            return false;
        }
        code = 0x10000 + ((gunichar)(unit - 0xd800) << 10) + (low - 0xdc00);
        r->pos += 6;
    } else if (unit >= 0xd800 && unit < 0xe000) {
        return false; // half of a pair
    }
    g_string_append_unichar(out, code);
    return true;
}

char *json_string(struct json_reader *r)
{
    skip_space(r);
    if (r->pos == r->end || *r->pos != '"') {
        json_fault(r, _("a string was expected"));
        return NULL;
    }
    r->pos++;
    GString *out = g_string_new(NULL);
    while (r->pos < r->end && *r->pos != '"') {
        char c = *r->pos++;
        if ((unsigned char)c < 0x20 || (c == '\\' && (r->pos == r->end || !unescape(r, out)))) {
            json_fault(r, _("a string holds a raw control character or an unknown escape"));
            break;
        }
        if (c != '\\') {
            g_string_append_c(out, c);
        }
    }
    if (r->pos == r->end) {
        json_fault(r, _("a string does not end"));
        g_string_free(out, TRUE);
        return NULL;
    }
    r->pos++;
    return g_string_free(out, FALSE);
}

bool json_integer(struct json_reader *r, int64_t *value)
{
    skip_space(r);
    const char *begin = r->pos;
    int64_t v = 0;
    while (r->pos < r->end && g_ascii_isdigit(*r->pos)) {
        if (__builtin_mul_overflow(v, 10, &v) || __builtin_add_overflow(v, *r->pos - '0', &v)) {
            json_fault(r, _("a number is too large"));
            return false;
        }
        r->pos++;
    }
    bool whole = r->pos == r->end || !strchr(".eE", *r->pos) || !*r->pos;
    bool leading_zero = r->pos - begin > 1 && *begin == '0';
    if (r->pos == begin || !whole || leading_zero) {
        json_fault(r, _("a whole number was expected"));
        return false;
    }
    *value = v;
    return true;
}

bool json_word(struct json_reader *r, const char *word)
{
    skip_space(r);
    const size_t length = strlen(word);
    if ((size_t)(r->end - r->pos) < length || memcmp(r->pos, word, length) != 0) {
        return false;
    }
    r->pos += length;
    return true;
}

static const char *after_digits(const char *p, const char *end)
{
    while (p < end && g_ascii_isdigit(*p)) {
        p++;
    }
    return p;
}

// The end of the digits, point and exponent at p; p where they are no number of JSON.
static const char *after_number(const char *p, const char *end, bool *whole)
{
    const char *q = after_digits(p, end);
    if (q == p || (q - p > 1 && *p == '0')) {
        return p;
    }
    *whole = true;
    for (const char *part = ".e"; *part; part++) {
        if (q < end && g_ascii_tolower(*q) == *part) {
            const bool sign = *part == 'e' && end - q > 1 && (q[1] == '-' || q[1] == '+');
            const char *digits = q + 1 + sign;
            q = after_digits(digits, end);
            *whole = false;
            if (q == digits) {
                return p;
            }
        }
    }
    return q;
}

bool json_number(struct json_reader *r, struct json_number *n)
{
    skip_space(r);
    const char *begin = r->pos;
    bool whole = false;
    r->pos += r->pos < r->end && *r->pos == '-';
    if (json_word(r, "NaN") || json_word(r, "Infinity")) {
        n->kind = JSON_NO_NUMBER;
        return true;
    }
    const char *end = after_number(r->pos, r->end, &whole);
    g_autofree char *text = g_strndup(begin, end - begin);
    if (end == r->pos || !isfinite(g_ascii_strtod(text, NULL))) {
        json_fault(r, _("a number is malformed or too large"));
        return false;
    }
    r->pos = end;
    n->real = g_ascii_strtod(text, NULL);
    errno = 0;
    n->whole = g_ascii_strtoll(text, NULL, 10);
    n->kind = whole && errno == 0 ? JSON_WHOLE : JSON_REAL;
    return true;
}

bool json_end(struct json_reader *r)
{
    skip_space(r);
    if (!r->fault && r->pos != r->end) {
        json_fault(r, _("there is text behind its end"));
    }
    return !r->fault;
}
