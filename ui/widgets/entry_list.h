// A list or a grid of what the library holds. Its items are made as they come into view; the
// keyboard and the second button of the mouse do to them what the window's actions do.
//
// Thread: main only.
#pragma once

#include "ui/core/catalogue.h"
#include <gtk/gtk.h>

// Sets up a GtkListView, whose items are rows, or a GtkGridView, whose items are tiles: factory,
// Delete, Menu and the context menu. Items of its model are TinctureLibraryEntry.
void entry_list_set_up(GtkWidget *list, TinctureCatalogue *catalogue);
// The menu of one, at the item that has the keyboard.
void entry_list_show_menu(GtkWidget *list);
