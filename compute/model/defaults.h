// What a model's folder says about how it is best used: a file tincture.json beside
// model_index.json,
//
//   {"edit": {"guidance": 4}, "learn": {"oft": {"lr": 0.0001}},
//    "presets": {"colour": {"guidance": 5}}}
//
// with values as settings_write_json() writes them. It is this program's own; others ignore it.
#pragma once

#include "compute/settings.h"

// Sets what the model in this folder (or file: then nothing) says about settings of this kind:
// "edit", "learn", or "subject", "style" or "control", on top of "learn" where that is learned.
// No such file, and values that are out of range, change nothing. False where the file cannot be
// read; the error names it.
bool model_defaults(const char *model, const char *kind, struct settings *s, GError **error);

// The same of one number, which is left as it is where the model says nothing: {"select": {"trust":
// 2}}, how much its map of a word counts (see ui/core/selection.h).
bool model_default(const char *model, const char *kind, const char *key, double *value,
                   GError **error);

// What it says about presets: objects of values by the preset's name. NULL: nothing, or, with an
// error, the file cannot be read. Free with json_object_unref().
JsonObject *model_presets(const char *model, GError **error);
