// Objectives of the tests' own, which use every hook of the contract: "each" draws the pictures by
// turns, "word" learns a row of the embedding apart from its table, "hint" a hint encoder of one
// layer, "pair" asks for attention and has a setting.
#pragma once

#include "reference.h"

// The family of them, as a setting has it.
const struct member *own_objectives(int i);
// The parameter that is no layer's, of the run of "word" or "hint" that is open.
struct train_leaf *own_leaf(void);
