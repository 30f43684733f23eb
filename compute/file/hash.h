// SHA-256 of whole files, as other programs name weights by it.
#pragma once

#include "compute/error.h"
#include "compute/task.h"

// Lower-case hex, newly allocated; NULL on error. Reading gigabytes takes many seconds: it
// reports TASK_READING_FILE, the file's name and how much of it is done.
char *file_sha256(const char *path, struct task *task, GError **error);
// The same, but a file is read only once: the sum is kept below the user's cache folder, with the
// file's device, inode, size and times. Not for files that are being written.
char *file_sha256_kept(const char *path, struct task *task, GError **error);
