// The recipe that a picture carries, read back: what engine_recipe() wrote, or another program in
// the same form.
#pragma once

#include "compute/settings.h"

struct recipe_text {
    char *prompt, *negative, *source_prompt, *seed; // NULL: it says none
    GPtrArray *settings; // char *, in pairs: key of a row, and the value as settings_parse() has it
    GPtrArray *left_out; // char *, what was not understood or names no file: "Adapter: cat svdiff"
};
// Of a picture, or of a file of text that has its line of settings. table: whose settings are
// looked for. NULL with an error.
struct recipe_text *recipe_text_read(const char *path, const struct setting *table, GError **error);
// The same of the text. Never NULL: a text that is none has a prompt alone.
struct recipe_text *recipe_text_parse(const char *text, const struct setting *table);
void recipe_text_free(struct recipe_text *r); // NULL is allowed
