// A picture that fills a fixed area; what does not fit is cut off on both sides. For a screen
// reader it is decoration: the row or button that it is in has the words.
//
// Properties: "paintable", "width", "height" (logical pixels).
//
// Thread: main only.
#pragma once

#include <gtk/gtk.h>

G_BEGIN_DECLS

#define TINCTURE_TYPE_THUMB (tincture_thumb_get_type())
G_DECLARE_FINAL_TYPE(TinctureThumb, tincture_thumb, TINCTURE, THUMB, GtkWidget)

GtkWidget *tincture_thumb_new(GdkPaintable *paintable, int width, int height);
void tincture_thumb_set_paintable(TinctureThumb *self, GdkPaintable *paintable);
// Shows the picture in a file as soon as it is read, in the background, unless another one has been
// set by then; shows nothing new if it cannot be read.
void tincture_thumb_load(TinctureThumb *self, const char *path);

G_END_DECLS
