// Inverters: how a photo is taken back towards noise, and what makes sure that it comes back. A
// family: ddim, ddpm, direct, null_text, virtual (one file each, one word in meson.build).
//
// An edit draws two branches through the same levels of noise: the photo's, under its own
// description, and the edit's, under the new words. Where the photo's branch is corrected, what its
// step misses the next level by is made good at every step, in both branches alike: the photo comes
// back exactly, whatever the guidance, and the edit differs from it by what its words say alone.
#pragma once

#include "compute/settings.h"

#include <glib.h>

struct run; // private.h

struct inverter_type {
    MEMBER_FIELDS;
    // What its levels depend on beside photo, adapters and number of steps. Newly allocated.
    char *(*key)(const struct run *r);
    // Network calls it takes.
    int (*calls)(const struct run *r);
    // levels: (steps + 1, h, w, C); [0] is the photo's latent and is there, [k] is to become what
    // has k steps to go.
    bool (*levels)(struct run *r, float *levels, GError **error);
    // (steps, T, C): what each step avoids, where it is guided, in the place of what the request
    // avoids; in the order of the steps. NULL: the same as without the photo.
    bool (*avoided)(struct run *r, const float *levels, float *avoided, GError **error);
    bool corrected; // its photo's branch is put back onto the levels at every step
    bool fixed;     // drawn by the steps of DDIM, whatever sampler is chosen, ...
    double eta;     // ... with this eta: 1 are those of DDPM
    bool anew;      // ... and as if all their noise were drawn anew (struct sampler_params)
    bool random;    // the levels are of the seed's noise
};
extern const struct inverter_type *const inverter_table[]; // NULL-terminated
const struct member *inverter_family(int i);
// The one that these settings, of edit_settings, choose.
const struct inverter_type *inverter_chosen(const struct settings *s);
