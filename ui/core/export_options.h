// What a person sets about a picture that is exported: one table, which the window's dialogs, the
// command line and the recipes of batches read.
#pragma once

#include "compute/settings.h"
#include "render/file.h"

extern const struct setting export_settings[];

// Format (NULL where the name of the file says it), depth, quality, size, sharpening, metadata and
// colour space, as the settings have them. recipe and task are the caller's.
struct image_save_params export_params(const struct settings *s);
// Whether the picture is to say how it was made.
bool export_with_recipe(const struct settings *s);
// The ending of a file that is written so, without the dot: where the settings leave it open PNG's.
const char *export_suffix(const struct settings *s);

// The same options in a text that export_from_text() reads; newly allocated. What the text does not
// say, or says wrongly, stays as it is in s.
char *export_to_text(const struct settings *s);
void export_from_text(struct settings *s, const char *text);

// "photo-edited.png" of "photo.jpg", with a number where there is such a file in the folder.
// photo NULL: it has no name. Newly allocated.
char *export_free_path(const char *folder, const char *photo, const char *suffix);
