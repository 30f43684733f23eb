// One input as the files of a folder.
#pragma once

#include <glib.h>
#include <stdint.h>

// A folder of this program with the input cut at its NULs: a file a name, none where the input has
// ended; the last file has all that is left. A name may hold one slash.
const char *fuzz_folder(const uint8_t *data, size_t size, const char *const *names);

// A small model without weights: their shapes only. Its hash stands for a file that is not there.
struct model;
struct model *fuzz_model(void);
