// A document as one file: export and import, with its photo, adapters, results and place.
//
// Thread: whichever works; the store is of that thread.
#pragma once

#include "compute/task.h"
#include "ui/store/store.h"

#define EXCHANGE_SUFFIX ".tincture"

// What came of it.
struct exchange {
    gint64 document;         // where it is now
    guint results, adapters; // that were written; of an import: that were not there yet
    bool known;              // import: the library had the document
    GPtrArray *left_out;     // char *: adapters whose files could not be had, with why
    GPtrArray *written;      // char *: files that an import has put into the library
};
void exchange_clear(struct exchange *x);

// path is replaced as a whole. Where the document was opened from, which is a place of this
// machine, stays out.
bool exchange_export(struct store *s, gint64 document, const char *path, struct task *task,
                     struct exchange *x, GError **error);
// Into the library, as a whole or not at all. A document of the same photo gets what it has not
// got; its sentences and settings stay.
bool exchange_import(struct store *s, const char *path, struct task *task, struct exchange *x,
                     GError **error);
