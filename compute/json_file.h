// JSON from outside as a tree. The strict reader (compute/file/json.h) reads it; json-glib only
// keeps the nodes. Its own parser takes comments, trailing commas and any depth, by recursion: it
// is for no text that another program, or a damaged disk, may have written.
#pragma once

#include "compute/error.h"
#include <json-glib/json-glib.h>

// top: what stands at the top, JSON_NODE_OBJECT or JSON_NODE_ARRAY. Refused: anything else, more
// than 64 MiB, deeper than 32, a key that stands twice, bytes that are not UTF-8. A number that
// Python writes for JSON, NaN or Infinity, is null. name is what messages call the text
// ("unet/config.json").
JsonNode *json_text_read(const char *text, gsize size, JsonNodeType top, const char *name,
                         GError **error);
JsonNode *json_file_read(const char *path, JsonNodeType top, const char *name, GError **error);
