// SHA-256 of whole files, as other programs name weights by it.
#pragma once

#include "compute/error.h"

// Lower-case hex, newly allocated; NULL on error. Reading gigabytes takes many seconds: progress
// says "reading NAME" and how much of it is done.
char *file_sha256(const char *path, progress_fn progress, void *data, GCancellable *cancellable,
                  GError **error);
// The same, but a file is read only once: the sum is kept below the user's cache folder, with the
// file's device, inode, size and times. Not for files that are being written.
char *file_sha256_kept(const char *path, progress_fn progress, void *data,
                       GCancellable *cancellable, GError **error);
