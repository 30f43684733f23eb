// Controls: what holds an edit to the photo while both are drawn, beside the words. A family: none,
// prompt_to_prompt (one file each, one word in meson.build).
//
// A control sees the network's calls of the edit's branch. Behind what is avoided, where a step is
// guided, the batch has the photo's own branch at the same level of noise, under its own
// description, and then the edit.
#pragma once

#include "compute/settings.h"

#include <glib.h>
#include <stdbool.h>

struct run; // private.h

// The call of one step.
struct control_call {
    int step, steps; // of those that are drawn, from 0 on
    double time;
    int batch; // 2: source and edit; 3: avoided, source and edit
    const float *latents, *text;
    float *prediction;
};

struct control_type {
    MEMBER_FIELDS;
    // What it needs for one drawing, to be given to the others; NULL in *state: it has no part in
    // this edit.
    bool (*begin)(struct run *r, void **state, GError **error);
    bool (*predict)(struct run *r, void *state, const struct control_call *call, GError **error);
    void (*end)(void *state);
};
extern const struct control_type *const control_table[]; // NULL-terminated
const struct member *control_family(int i);
// The one that these settings, of edit_settings, choose.
const struct control_type *control_chosen(const struct settings *s);
