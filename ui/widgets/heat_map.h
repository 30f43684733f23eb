// How alike several things are: a square of numbers from -1 to 1, each on a ground that is the
// stronger the farther it is from 0.
//
// Thread: main only.
#pragma once

#include <gtk/gtk.h>

G_BEGIN_DECLS

#define TINCTURE_TYPE_HEAT_MAP (tincture_heat_map_get_type())
G_DECLARE_FINAL_TYPE(TinctureHeatMap, tincture_heat_map, TINCTURE, HEAT_MAP, GtkWidget)

// Copies names (NULL-terminated, n) and values (n, n); NAN: there is no number.
void tincture_heat_map_set(TinctureHeatMap *self, const char *const *names, const double *values);

G_END_DECLS
