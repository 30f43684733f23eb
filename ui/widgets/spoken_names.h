// What a screen reader says of controls of GTK 4.8 and libadwaita 1.2 that leave it unsaid, or say
// it badly. Thread: main only.
#pragma once

#include <gtk/gtk.h>

// From now on what is seen in any window has a name: a button its label, once and without the
// mnemonic's underscore, or else what it shows or its tooltip; the arrow of a split button its
// tooltip; a switcher's tab and an expander's row their titles.
void spoken_names_begin(void);
// The name of a drop-down: its title and what is chosen, also after another choice. The model's
// items are string objects.
void spoken_names_add_drop_down(GtkDropDown *drop_down, const char *title);
