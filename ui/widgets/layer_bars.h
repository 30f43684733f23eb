// How much an adapter changes each layer, as bars in the order of the network, with the names of
// its blocks below.
//
// Thread: main only.
#pragma once

#include "compute/adapter/study.h"

#include <gtk/gtk.h>

G_BEGIN_DECLS

#define TINCTURE_TYPE_LAYER_BARS (tincture_layer_bars_get_type())
G_DECLARE_FINAL_TYPE(TinctureLayerBars, tincture_layer_bars, TINCTURE, LAYER_BARS, GtkWidget)

// Of the study's adapter of that number, which is called name. most: what a bar of full height
// changes, as a part of its weight.
GtkWidget *tincture_layer_bars_new(const struct adapter_study *study, int adapter, const char *name,
                                   double most);

// The largest change of any layer by any adapter, as a part of its weight.
double layer_bars_most(const struct adapter_study *study);

G_END_DECLS
