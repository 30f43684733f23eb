// A result as a list model's item: what a row of the history shows.
//
// Thread: main only.
#pragma once

#include "ui/core/entries.h"
#include <gdk/gdk.h>

G_BEGIN_DECLS

#define TINCTURE_TYPE_RESULT_ITEM (tincture_result_item_get_type())
G_DECLARE_FINAL_TYPE(TinctureResultItem, tincture_result_item, TINCTURE, RESULT_ITEM, GObject)

// Properties: "prompt" (searched), "subtitle" ("14:32 · 1.8 s"), "thumb" (GdkTexture).
TinctureResultItem *tincture_result_item_new(const TinctureResultEntry *result);
gint64 tincture_result_item_get_id(TinctureResultItem *self);

G_END_DECLS
