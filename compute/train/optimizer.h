// Optimizers: how a gradient becomes a step. A family: a new one is NAME.c with NAME_optimizer and
// one word in meson.build.
#pragma once

#include "compute/settings.h"

#include <stdint.h>

#define OPTIMIZER_SLOTS 2
struct optimizer_type {
    MEMBER_FIELDS;
    int slots; // numbers it remembers of each parameter, at most OPTIMIZER_SLOTS
    // One update of n parameters; step counts from 1; state[slot] begins as zeros; settings are the
    // optimizer's own.
    void (*update)(float *value, const float *gradient, float *const *state, int64_t n, int step,
                   double lr, const struct settings *settings);
};
extern const struct optimizer_type *const optimizer_table[]; // NULL-terminated
const struct member *optimizer_family(int i);
