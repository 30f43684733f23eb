// A picture with transparency on a checkered ground, as large as fits.
//
// Thread: main only.
#pragma once

#include <gtk/gtk.h>

G_BEGIN_DECLS

#define TINCTURE_TYPE_CHECKERED (tincture_checkered_get_type())
G_DECLARE_FINAL_TYPE(TinctureCheckered, tincture_checkered, TINCTURE, CHECKERED, GtkWidget)

void tincture_checkered_set(TinctureCheckered *self, GdkPaintable *picture); // NULL: nothing

// The ground alone, under a part of a picture that lies at place.
void checkered_snapshot_ground(GtkSnapshot *snapshot, const graphene_rect_t *place,
                               const graphene_rect_t *part);

G_END_DECLS
