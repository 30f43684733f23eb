// Opening a model's JSON with json-glib, with limits that keep hostile files harmless.
#pragma once

#include "compute/error.h"
#include <json-glib/json-glib.h>
#include <stdbool.h>

// The parser holds the tree. Refused: larger than 64 MiB, nested deeper than 32, not an object at
// the top. name is what messages call the file ("unet/config.json").
JsonParser *json_file_open(const char *path, const char *name, GError **error);
// The same for text that is in memory, of `size` bytes.
JsonParser *json_text_open(const char *text, gsize size, const char *name, GError **error);
JsonObject *json_file_root(JsonParser *parser);
