// Parameter tables: look-up, parsing, range checks and text form. See param.h.
#include "compute/param.h"

#include "compute/error.h"

#include <math.h>

int param_count(const struct param *table)
{
    int n = 0;
    while (table && table[n].key) {
        n++;
    }
    return n;
}

const struct param *param_find(const struct param *table, const char *key)
{
    for (const struct param *row = table; row && row->key; row++) {
        if (g_str_equal(row->key, key)) {
            return row;
        }
    }
    return NULL;
}

void param_defaults(const struct param *table, double *values)
{
    for (int i = 0; i < param_count(table); i++) {
        values[i] = table[i].def;
    }
}

double param_get(const struct param *table, const double *values, const char *key)
{
    const struct param *row = param_find(table, key);
    if (!row) {
        g_error("no parameter '%s' in this table", key);
    }
    return values[row - table];
}

static bool parse_switch(const struct param *row, const char *text, double *value, GError **error)
{
    static const char *const words[][2] = {
        {"off", "on"}, {"no", "yes"}, {"false", "true"}, {"0", "1"}};
    for (size_t i = 0; i < G_N_ELEMENTS(words); i++) {
        for (int on = 0; on < 2; on++) {
            if (!g_ascii_strcasecmp(text, words[i][on])) {
                *value = on;
                return true;
            }
        }
    }
    g_set_error(error, TINCTURE_ERROR, TINCTURE_ERROR_ARGUMENT,
                "%s: '%s' is neither 'on' nor 'off'", row->key, text);
    return false;
}

static bool parse_choice(const struct param *row, const char *text, double *value, GError **error)
{
    for (int i = 0; row->choices[i]; i++) {
        if (g_str_equal(row->choices[i], text)) {
            *value = i;
            return true;
        }
    }
    g_autofree char *all = g_strjoinv(", ", (char **)row->choices);
    g_set_error(error, TINCTURE_ERROR, TINCTURE_ERROR_ARGUMENT, "%s: '%s' is not one of %s",
                row->key, text, all);
    return false;
}

bool param_parse(const struct param *row, const char *text, double *value, GError **error)
{
    if (row->type == PARAM_BOOL) {
        return parse_switch(row, text, value, error);
    }
    if (row->type == PARAM_CHOICE) {
        return parse_choice(row, text, value, error);
    }

    char *end = NULL;
    double parsed = g_ascii_strtod(text, &end);
    if (end == text || *end) {
        g_set_error(error, TINCTURE_ERROR, TINCTURE_ERROR_ARGUMENT, "%s: '%s' is not a number",
                    row->key, text);
        return false;
    }
    if (!param_check(row, parsed, error)) {
        return false;
    }
    *value = parsed;
    return true;
}

// The legal range as stored in the row; switches and choices have theirs by nature.
static void legal_range(const struct param *row, double *min, double *max)
{
    *min = row->min;
    *max = row->max;
    if (row->type == PARAM_BOOL || row->type == PARAM_CHOICE) {
        *min = 0;
        *max = row->type == PARAM_BOOL ? 1 : g_strv_length((char **)row->choices) - 1.0;
    }
}

bool param_check(const struct param *row, double value, GError **error)
{
    double min, max;
    legal_range(row, &min, &max);
    bool whole = row->type != PARAM_FLOAT;
    // Written so that NaN fails.
    if (value >= min && value <= max && (!whole || value == floor(value))) {
        return true;
    }
    g_set_error(error, TINCTURE_ERROR, TINCTURE_ERROR_ARGUMENT, "%s: %g is not %s from %g to %g",
                row->key, value, whole ? "a whole number" : "a number", min, max);
    return false;
}

char *param_format(const struct param *row, double value)
{
    char text[G_ASCII_DTOSTR_BUF_SIZE];
    double min, max;
    switch (row->type) {
    case PARAM_BOOL: return g_strdup(value != 0 ? "on" : "off");
    case PARAM_CHOICE:
        legal_range(row, &min, &max);
        return g_strdup(row->choices[(int)CLAMP(value, min, max)]);
    case PARAM_INT: return g_strdup_printf("%.0f", value);
    case PARAM_FLOAT: break;
    }
    // Few digits where they give the value back exactly, all of them otherwise.
    g_ascii_formatd(text, sizeof text, "%.6g", value);
    if (g_ascii_strtod(text, NULL) != value) {
        g_ascii_dtostr(text, sizeof text, value);
    }
    return g_strdup(text);
}
