// The recipe of a batch, as a value and as a file: what is done to each photo and how it is
// written. Window and command line read and write the same file, JSON. What it does not say is as
// usual; a setting in it that nobody knows, or that cannot be, makes it one that is not read.
#pragma once

#include "ui/core/document.h"

#define BATCH_RECIPE_SUFFIX ".recipe.json"

struct batch_plan {
    struct document document; // sentences, seeds, settings of the edit and of learning
    bool learns;              // each photo is learned before it is edited
    GPtrArray *adapters;      // char *, as on the command line: FILE[:STRENGTHS[@FROM-TO]]
    struct settings *options; // of export_settings
};
void batch_plan_init(struct batch_plan *plan); // empty sentences and defaults
void batch_plan_clear(struct batch_plan *plan);

bool batch_plan_write(const struct batch_plan *plan, const char *path, GError **error);
// Initialises the plan in any case.
bool batch_plan_read(struct batch_plan *plan, const char *path, GError **error);
// Whether a file is one, by its beginning.
bool batch_plan_is(const char *path);

// The adapters as the engine takes them, struct engine_adapter; and the other way. NULL with an
// error: one has strengths that are not a number, as only the command line can use them.
GArray *batch_plan_uses(const struct batch_plan *plan, GError **error);
void batch_plan_take_uses(struct batch_plan *plan, const GArray *uses);
