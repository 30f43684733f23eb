// The pictures of a folder that are there to be learned from.
//
// Thread: any.
#pragma once

#include <glib.h>

// Paths by name, char *, freed with the array: of pictures alone, not of the masks and hints that
// lie beside some. NULL with an error where it cannot be read, or has none.
GPtrArray *picture_folder(const char *folder, GError **error);
