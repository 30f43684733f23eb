// Kinds of parts that a model is made of. Private to compute/model.
//
// A new kind (a second text encoder, a hint network, a small decoder) is one row of the table in
// part.c: what its files must hold is what its network asks for while it is built. Where it is also
// found in files of the original layout, single_names.c has a row that says under which names.
#pragma once

#include "compute/model/model.h"

struct part_kind {
    const char *name; // and its folder's
    // Builds the network dry, at the smallest input that every layer accepts: weights do not depend
    // on it.
    void (*list)(struct nn *nn, const struct model *m);
    // Whether the model at hand has it, by its configuration; NULL: every model does.
    bool (*in)(const struct model *m);
};
extern const struct part_kind part_kinds[]; // ends with a row without a name
