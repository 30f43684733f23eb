// Parameter tables: how the member of a family describes its own settings.
//
// One row is enough for a slider in the window, an option on the command line, a value in a preset
// or a saved recipe, the help text and the range check. Values live in a struct param_values: one
// double a row (choices are the index, switches 0 or 1, text is not a parameter).
#pragma once

#include <glib.h>
#include <stdbool.h>

enum param_type { PARAM_FLOAT, PARAM_INT, PARAM_BOOL, PARAM_CHOICE };

struct param {
    const char *key;   // "lr": command line --lr, saved form "lr"
    const char *title; // "Learning rate"
    const char *help;  // one sentence
    const char *unit;  // "steps", "" where there is none
    enum param_type type;
    double min, max;               // legal range; a value outside is an error
    double slider_min, slider_max; // what the slider shows (0, 0 = the legal range)
    double def;                    // default
    bool logarithmic;              // the slider moves in decades
    const char *const *choices;    // PARAM_CHOICE: NULL-terminated names as written in files
};

// A table is an array of rows that ends with a row whose key is NULL.
int param_count(const struct param *table);
const struct param *param_find(const struct param *table, const char *key); // NULL: no such row

// Fills values[param_count()] with the defaults.
void param_defaults(const struct param *table, double *values);

// Value of key in values; the key must exist.
double param_get(const struct param *table, const double *values, const char *key);

// Parses text for the row and checks the legal range; the error names the key, the value and the
// range.
bool param_parse(const struct param *row, const char *text, double *value, GError **error);

// Checks the legal range only.
bool param_check(const struct param *row, double value, GError **error);

// Text as a file or a person would write it ("0.001", "cross-attention", "on"). Newly allocated.
char *param_format(const struct param *row, double value);
