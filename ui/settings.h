// The user's preferences. They work without an installed schema, too: then nothing is kept, and the
// fallbacks apply.
//
// Thread: main only.
#pragma once

#include <gio/gio.h>

// NULL where the schema is not installed.
GSettings *settings_get(void);

int settings_int(const char *key, int fallback);
gboolean settings_boolean(const char *key, gboolean fallback);
char *settings_string(const char *key, const char *fallback); // newly allocated
void settings_set_int(const char *key, int value);
void settings_set_boolean(const char *key, gboolean value);
void settings_set_string(const char *key, const char *value);
