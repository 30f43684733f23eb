// A finished edit, and how it was made: what is shown, exported and kept. Whoever uses it holds a
// reference; it never changes once it is made, so any thread may read it.
#pragma once

#include "ui/core/document.h"

struct result {
    gatomicrefcount references;
    struct document document; // what was asked for
    GArray *adapters;         // with which adapters: struct engine_adapter
    struct edit_result *edit; // the model's pixels
    GBytes *pixels;           // the same as the library keeps them (signed_pack())
};

// Copies d, refers to adapters and takes edit and pixels.
struct result *result_new(const struct document *d, GArray *adapters, struct edit_result *edit,
                          GBytes *pixels);
struct result *result_ref(struct result *r);
void result_unref(struct result *r); // NULL is allowed
