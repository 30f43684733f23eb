// Presets: what a person wants to do with a photo, as values of edit_settings. Settings stay plain
// values: a preset only sets some of them, and those that it does not name stay as they are.
#pragma once

#include "compute/settings.h"

struct edit_preset {
    const char *name, *title, *summary;
    const char *words;  // of the edit's sentence that ask for it; NULL: none does
    const char *values; // "inverter=ddpm inversion=0.6": choices before what they bring
};
extern const struct edit_preset edit_presets[]; // ends with a name that is NULL
// NULL: there is no such preset.
const struct edit_preset *edit_preset_find(const char *name);
// Sets in s, of edit_settings, what the preset of that name says, and then what the model's folder
// says of it (model_presets(); NULL: nothing). False: there is none; the error names those that
// are.
bool edit_preset_use(struct settings *s, const char *name, JsonObject *of_model, GError **error);
// The one whose values s has; NULL: none.
const struct edit_preset *edit_preset_of(const struct settings *s, JsonObject *of_model);
// Whether presets set the setting of that key.
bool edit_preset_sets(const char *key);
// The one that fits what the second sentence says otherwise than the first; NULL: nothing, or there
// is no first. English, as the models are.
//
// A word of light or weather makes it "light", one of manner "style", a colour or material
// "colour"; what comes behind "in", "on" or the like is where something is: "background"; anything
// else is another thing: "object".
const struct edit_preset *edit_preset_suggest(const char *source, const char *edit);
