// What is told of adapters beside one another: where they lie, what they are, and what
// of them does not fit the model at hand.
#pragma once

#include "compute/adapter/adapter.h"
#include "compute/adapter/dialect/dialect.h"

struct adapter_entry {
    char *path, *name;
    char *method;  // a method's title; NULL where it does not fit, ...
    char *size;    // ... as are these: "184 layers, 12,345 numbers",
    char *base;    // the model that its file says it was learned on; NULL: it does not say,
    char *words;   // learned tokens and the sentence it was learned with; NULL: it does not say,
    char *licence; // NULL: it does not say
    char *told;    // what of it is not applied, and how it was read; NULL: all and clear
    char *hash;    // SHA-256 of its file; NULL: it was not asked for
    char *fault;   // what does not fit; NULL: it can be used
    int applied, total;     // tensors
    enum dialect_way *ways; // adapter_dialect_ways() of it; NULL: it cannot be used
    bool other_base;        // its file says that it was learned on another model
    gint64 bytes;
};
void adapter_entry_free(void *entry);

// Those that the paths name or hold: each a file, or a folder of such. names: of each path as a
// person calls it, "" for what its file says. Struct adapter_entry, the same path once. hashed: the
// path of the one whose hash is wanted, or NULL. NULL where it is cancelled.
GPtrArray *adapter_list_read(struct model *model, const char *const *paths,
                             const char *const *names, const char *hashed, struct task *task,
                             GError **error);
