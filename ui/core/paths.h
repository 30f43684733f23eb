// Where things are: resources that ship with the program, and the user's own folders.
#pragma once

#include <glib.h>
#include <stdbool.h>

// share/RELATIVE under the prefix that the program lies in, wherever it was moved to, or in the
// build folder. Newly allocated; NULL: there is none.
char *paths_share(const char *relative);

// A file or folder under resources/ ("starter", "samples/samples.json"): TINCTURE_RESOURCES, else
// beside the program, else where it was to be installed. Newly allocated; it may not exist.
char *paths_resource(const char *relative);

// The user's data folder for this program (the library); newly allocated, not created.
char *paths_data(void);

// A model by the name a person gives it: "starter" or NULL is the built-in one, anything else a
// path.
char *paths_model(const char *name);

// The files of a folder whose names are taken, as paths in the order of their names; char *, freed
// with the array. NULL with an error: the folder cannot be read.
GPtrArray *paths_in(const char *folder, bool (*takes)(const char *name), GError **error);
bool paths_is_safetensors(const char *name);

// The adapters that come with a model to give what it draws a look: their names, NULL-terminated,
// and the file of one, which need not be there. Newly allocated.
char **paths_styles(const char *model);
char *paths_style(const char *model, const char *name);

// Whether both name the same file, which need not be there; NULL names none.
bool paths_same_file(const char *a, const char *b);

// The folder and what it lies in, for the user alone, where they are not there yet.
bool paths_make(const char *folder, GError **error);
