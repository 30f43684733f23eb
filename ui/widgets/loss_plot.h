// The loss while learning: one curve over the steps, drawn in the accent colour.
//
// Thread: main only.
#pragma once

#include <gtk/gtk.h>

G_BEGIN_DECLS

#define TINCTURE_TYPE_LOSS_PLOT (tincture_loss_plot_get_type())
G_DECLARE_FINAL_TYPE(TinctureLossPlot, tincture_loss_plot, TINCTURE, LOSS_PLOT, GtkWidget)

// Copies n values, one a step; steps is what the axis ends with (at least n).
void tincture_loss_plot_set(TinctureLossPlot *self, const double *loss, int n, int steps);

G_END_DECLS
