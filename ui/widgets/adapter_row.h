// One adapter of the document: name, how much of the file was applied, switch, scale, and a menu
// that exports, removes and deletes.
//
// Signals "enabled" (gboolean), "scale" (double), "range" (int from, int to, as struct document_use
// has them): a person changed them. The menu activates win.export-adapter, win.remove-adapter and
// win.delete with the adapter's id.
//
// Thread: main only.
#pragma once

#include "ui/core/entries.h"
#include <adwaita.h>

G_BEGIN_DECLS

#define TINCTURE_TYPE_ADAPTER_ROW (tincture_adapter_row_get_type())
G_DECLARE_FINAL_TYPE(TinctureAdapterRow, tincture_adapter_row, TINCTURE, ADAPTER_ROW,
                     AdwPreferencesRow)

GtkWidget *tincture_adapter_row_new(gint64 id);
gint64 tincture_adapter_row_get_id(TinctureAdapterRow *self);
void tincture_adapter_row_show(TinctureAdapterRow *self, const TinctureAdapterEntry *adapter);

G_END_DECLS
