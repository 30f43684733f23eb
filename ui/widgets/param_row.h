// One row of a parameter table as a row of a preferences group: slider with a value entry, switch
// or choice, with a button that returns to the default. A new parameter needs no code here.
//
// Signal "changed" (double value): a person chose another value; not emitted by
// tincture_param_row_set_value().
//
// Thread: main only.
#pragma once

#include "compute/param.h"
#include <adwaita.h>

G_BEGIN_DECLS

#define TINCTURE_TYPE_PARAM_ROW (tincture_param_row_get_type())
G_DECLARE_FINAL_TYPE(TinctureParamRow, tincture_param_row, TINCTURE, PARAM_ROW, AdwPreferencesRow)

// The table's row must outlive the widget. prefix: the control's widget name is "prefix.key".
GtkWidget *tincture_param_row_new(const struct param *param, const char *prefix);
double tincture_param_row_get_value(TinctureParamRow *self);
void tincture_param_row_set_value(TinctureParamRow *self, double value);

G_END_DECLS
