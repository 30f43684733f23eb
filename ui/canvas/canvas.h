// The picture: the photo, the newest result over it, zoom and pan, and the before | after handle.
//
// Thread: main only.
#pragma once

#include <gtk/gtk.h>

G_BEGIN_DECLS

#define TINCTURE_TYPE_CANVAS (tincture_canvas_get_type())
G_DECLARE_FINAL_TYPE(TinctureCanvas, tincture_canvas, TINCTURE, CANVAS, GtkWidget)

// Size of the photo in pixels: what zoom refers to. Textures of any size are drawn over that area.
void tincture_canvas_set_photo_size(TinctureCanvas *self, int width, int height);
// NULL: nothing to show. The newest picture is drawn over the photo.
void tincture_canvas_set_before(TinctureCanvas *self, GdkTexture *texture);
void tincture_canvas_set_after(TinctureCanvas *self, GdkTexture *texture);

// A piece of both in the photo's own pixels, drawn over the rest; area is in pixels of the photo.
// NULL textures: none.
void tincture_canvas_set_closeup(TinctureCanvas *self, const GdkRectangle *area, GdkTexture *before,
                                 GdkTexture *after);
// The pixels of the photo that are on the screen.
GdkRectangle tincture_canvas_get_seen(TinctureCanvas *self);

// Property "compare": the photo left of the handle, the result right of it.
void tincture_canvas_set_compare(TinctureCanvas *self, gboolean compare);
gboolean tincture_canvas_get_compare(TinctureCanvas *self);
void tincture_canvas_set_split(TinctureCanvas *self, double split); // 0..1 of the visible part
double tincture_canvas_get_split(TinctureCanvas *self);

void tincture_canvas_zoom_in(TinctureCanvas *self);
void tincture_canvas_zoom_out(TinctureCanvas *self);
void tincture_canvas_zoom_fit(TinctureCanvas *self);
void tincture_canvas_zoom_actual(
    TinctureCanvas *self); // one picture pixel on one pixel of the screen
// Property "zoom": device pixels per picture pixel, to be shown.
double tincture_canvas_get_zoom(TinctureCanvas *self);

G_END_DECLS
