// A result as a list model's item: what a row of the history shows.
//
// Thread: main only.
#pragma once

#include "ui/core/entries.h"
#include <gdk/gdk.h>

G_BEGIN_DECLS

#define TINCTURE_TYPE_RESULT_ITEM (tincture_result_item_get_type())
G_DECLARE_FINAL_TYPE(TinctureResultItem, tincture_result_item, TINCTURE, RESULT_ITEM, GObject)

// Properties: "prompt" (searched), "difference" from the result before it or NULL, "subtitle"
// ("14:32 · 1.8 s"), "thumb" (GdkTexture), "current": it is the one that is shown, "starred".
TinctureResultItem *tincture_result_item_new(const TinctureResultEntry *result);
gint64 tincture_result_item_get_id(TinctureResultItem *self);
// What may change of it: whether it is the one shown, and its star.
void tincture_result_item_update(TinctureResultItem *self, bool current, bool starred);

G_END_DECLS
