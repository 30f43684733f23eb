// Replacing a file as a whole, which is how everything is saved: what is written goes to a
// temporary file beside it, which takes the name only when everything is on the disk. Until then,
// and after any failure, the old file is as it was.
//
//   struct replacement *r = replacement_new(path, error);
//   bool ok = r && replacement_write(r, data, size, error) && replacement_sync(r, error) &&
//             replacement_commit(r, error);
//   replacement_free(r);
//
// Errors say only what was wrong ("No space left on device"); the caller names the file.
#pragma once

#include "compute/error.h"

#include <stdbool.h>

struct replacement {
    char *target;    // behind symbolic links: the file is replaced, not the link
    char *temporary; // may be read back after replacement_sync()
    int fd;          // -1: closed
    int lock;        // the same file's, until the end: as long as it is locked somebody writes it
};
// Refused: what is there and is no regular file, or is write-protected. A file that is replaced
// keeps its permissions.
struct replacement *replacement_new(const char *path, GError **error);
bool replacement_write(struct replacement *r, const void *data, size_t size, GError **error);
bool replacement_sync(struct replacement *r, GError **error); // the data is on the disk
bool replacement_commit(struct replacement *r, GError **error);
// All of that for contents that are at hand.
bool replacement_whole(const char *path, const void *data, size_t size, GError **error);
// Removes what programs that were killed have left in a folder. Every replacement_new() does that
// where it writes.
void replacement_sweep(const char *folder);
// The ending of a path that is to be written (".png"), where it reads as a file's: two letters or
// more, and nothing else, as the number of a version has ("v1.5"). NULL: it has none, or is that of
// a folder that is there or is written with a slash behind it.
const char *replacement_ending(const char *path);
void replacement_free(struct replacement *r); // without a commit: nothing has happened
