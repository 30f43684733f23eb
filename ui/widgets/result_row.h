// A row of the history: the picture, what it was asked to show, in what it differs from the one
// before it, when it was made, and its star.
//
// Thread: main only.
#pragma once

#include "ui/widgets/result_item.h"

#include <adwaita.h>

G_BEGIN_DECLS

#define TINCTURE_TYPE_RESULT_ROW (tincture_result_row_get_type())
G_DECLARE_FINAL_TYPE(TinctureResultRow, tincture_result_row, TINCTURE, RESULT_ROW, AdwBin)

// Signals
//   "starred"  (gint64 id, gboolean starred)   the person has set or taken the star
TinctureResultRow *tincture_result_row_new(void);
// Follows the item until it is given another one; NULL: none.
void tincture_result_row_set_item(TinctureResultRow *self, TinctureResultItem *item);

// What a list has put around a row (the widget that has the keyboard): its star on or off, as by a
// click. False: item holds no such row, or is NULL.
gboolean tincture_result_row_star(GtkWidget *item);
// The result of the same; 0: it holds no such row, or is NULL.
gint64 tincture_result_row_get_id(GtkWidget *item);

G_END_DECLS
