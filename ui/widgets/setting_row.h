// A setting as a row of a preferences group: slider with a value entry, switch or choice, with a
// button that returns to the default. A new setting needs no code here.
//
// Signal "changed" (double value): a person chose another value; not emitted by
// tincture_setting_row_set_value().
// Signal "typed": what is in the entry is another text, which need not be a value.
//
// Thread: main only.
#pragma once

#include "compute/settings.h"
#include <adwaita.h>

G_BEGIN_DECLS

#define TINCTURE_TYPE_SETTING_ROW (tincture_setting_row_get_type())
G_DECLARE_FINAL_TYPE(TinctureSettingRow, tincture_setting_row, TINCTURE, SETTING_ROW,
                     AdwPreferencesRow)

// The table's row must outlive the widget. prefix: the control's widget name is "prefix.key".
GtkWidget *tincture_setting_row_new(const struct setting *setting, const char *prefix);
double tincture_setting_row_get_value(TinctureSettingRow *self);
void tincture_setting_row_set_value(TinctureSettingRow *self, double value);
// What is wrong with the text in its entry, as a sentence, newly allocated; NULL: it is a value.
char *tincture_setting_row_dup_fault(TinctureSettingRow *self);
// Marks the member of that name in a family's list (NULL: none) as what the model came with.
void tincture_setting_row_mark(TinctureSettingRow *self, const char *name);

G_END_DECLS
