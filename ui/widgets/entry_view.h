// What the library holds as an item of a list: a tile, or with GTK_ORIENTATION_HORIZONTAL a row
// with a button that deletes it, by the window's action win.delete.
//
// Thread: main only.
#pragma once

#include "ui/core/catalogue.h"
#include <adwaita.h>

G_BEGIN_DECLS

#define TINCTURE_TYPE_ENTRY_VIEW (tincture_entry_view_get_type())
G_DECLARE_FINAL_TYPE(TinctureEntryView, tincture_entry_view, TINCTURE, ENTRY_VIEW, AdwBin)

// catalogue: has their pictures; a reference is kept.
GtkWidget *tincture_entry_view_new(GtkOrientation orientation, TinctureCatalogue *catalogue);
// It is empty until it is filled, where it is seen. entry may be NULL.
void tincture_entry_view_set_entry(TinctureEntryView *self, TinctureLibraryEntry *entry);
void tincture_entry_view_fill(TinctureEntryView *self); // its words and its picture
TinctureLibraryEntry *tincture_entry_view_get_entry(TinctureEntryView *self);

G_END_DECLS
