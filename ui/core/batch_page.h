// The contact sheet of a batch: one HTML page in its folder, each photo before and after, small.
#pragma once

#include "compute/task.h"
#include "ui/core/batch_folder.h"

#define BATCH_PAGE "contact-sheet.html"

struct batch_page {
    const GPtrArray *photos; // char *; those without a file of theirs in the folder are left out
    const GPtrArray *faults; // char *, sentences
    const char *prompt;      // what was asked for
    struct batch_folder *folder;
};
// Writes it into the folder, in the place of one that is there. Pictures that cannot be read any
// more are left out. False with an error: it was stopped, or cannot be written.
bool batch_page_write(const struct batch_page *p, struct task *task, GError **error);
