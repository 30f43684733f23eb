// The user's preferences. They work without an installed schema, too: then nothing is kept, and the
// fallbacks apply.
//
// Thread: main only.
#pragma once

#include <gio/gio.h>

// NULL where the schema is not installed.
GSettings *preferences_get(void);

int preferences_int(const char *key, int fallback);
gboolean preferences_boolean(const char *key, gboolean fallback);
char *preferences_string(const char *key, const char *fallback); // newly allocated
void preferences_set_int(const char *key, int value);
void preferences_set_boolean(const char *key, gboolean value);
void preferences_set_string(const char *key, const char *value);
