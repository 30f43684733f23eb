// A strict reader for JSON that came from outside: no duplicate keys, no nesting beyond a limit, no
// comments, no trailing commas, valid UTF-8, nothing behind the value. Pulls one item at a time and
// builds no tree, because the only tree worth building is the caller's own struct.
//
// The reader remembers the first error; after it every call returns false, so a caller may check
// once at the end of a member.
#pragma once

#include <glib.h>
#include <stdbool.h>
#include <stdint.h>

struct json_reader {
    const char *pos, *end;
    const char *fault; // what was wrong first, NULL while all is well
};

// text need not end in NUL. UTF-8 is checked here, once.
void json_begin(struct json_reader *r, const char *text, size_t length);

// The kind of the next value by its first character: one of { [ " 0 (a number, or NaN or Infinity)
// t (true or false) n (null); '\0' at the end or where no value can begin.
char json_peek(struct json_reader *r);

// Objects: json_enter(r, '{'), then json_key until it returns NULL (end or fault). The key is the
// caller's. Arrays: json_enter(r, '['), then json_item until it returns false. `first` is the
// caller's, true before the first member.
bool json_enter(struct json_reader *r, char bracket);
char *json_key(struct json_reader *r, bool *first);
bool json_item(struct json_reader *r, bool *first);

char *json_string(struct json_reader *r); // newly allocated, escapes resolved; NULL on fault
bool json_integer(struct json_reader *r, int64_t *value); // a whole number >= 0 without exponent
// Any number. Python writes NaN, Infinity and -Infinity, which JSON has not: they are no number.
struct json_number {
    enum { JSON_WHOLE, JSON_REAL, JSON_NO_NUMBER } kind; // whole: fits into `whole`
    int64_t whole;
    double real; // always finite
};
bool json_number(struct json_reader *r, struct json_number *n);
bool json_word(struct json_reader *r, const char *word); // steps over it if it comes next
bool json_end(struct json_reader *r); // only white space is left, and there was no fault
void json_fault(struct json_reader *r, const char *what); // keeps the first one
