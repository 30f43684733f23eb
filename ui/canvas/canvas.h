// The picture: the photo, the newest result over it, zoom and pan, the before | after handle; and
// the tools that draw on it: frame, brush, rectangle, lasso, select by click.
//
// Thread: main only.
//
// Signals
//   "stroke"  (struct canvas_stroke *, gboolean done)   a tool draws; done: it was let go. NULL: it
//                                                       was taken back
//   "framed"  (struct image_region *)                   the hand has let go of the frame
#pragma once

#include "render/image.h"
#include "ui/canvas/tool.h"

#include <gtk/gtk.h>

G_BEGIN_DECLS

#define TINCTURE_TYPE_CANVAS (tincture_canvas_get_type())
G_DECLARE_FINAL_TYPE(TinctureCanvas, tincture_canvas, TINCTURE, CANVAS, GtkWidget)

#define BRUSH_LEAST 1.0 // pixels of the photo
#define BRUSH_MOST  4096.0

// What was drawn so far. Of a rectangle two opposite corners, of a click one point.
struct canvas_stroke {
    enum canvas_tool tool;
    gboolean erase;
    double size, softness; // of the brush: its diameter; 0 hard, 1 faded from the middle on
    double reach;        // how far the border goes to the photo's edges, in its pixels; 0: as drawn
    const float *points; // x, y, x, y, ... in pixels of the photo; also outside it
    int n_points;
};

// Size of the photo in pixels: what zoom refers to. Textures of any size are drawn over that area.
void tincture_canvas_set_photo_size(TinctureCanvas *self, int width, int height);
// Under a photo that is transparent in parts there is a checkered ground.
void tincture_canvas_set_transparent(TinctureCanvas *self, gboolean transparent);
// NULL: nothing to show. The newest picture is drawn over the photo.
void tincture_canvas_set_before(TinctureCanvas *self, GdkTexture *texture);
void tincture_canvas_set_after(TinctureCanvas *self, GdkTexture *texture);
// What of the photo the newest picture shows; width 0: all of it.
void tincture_canvas_set_after_area(TinctureCanvas *self, const struct image_region *area);

// A piece of both in the photo's own pixels, drawn over the rest; area is in pixels of the photo.
// NULL textures: none.
void tincture_canvas_set_closeup(TinctureCanvas *self, const GdkRectangle *area, GdkTexture *before,
                                 GdkTexture *after);
double tincture_canvas_get_photo_aspect(TinctureCanvas *self); // width / height; 0: no photo
// The pixels of the photo that are on the screen.
GdkRectangle tincture_canvas_get_seen(TinctureCanvas *self);

// Property "compare": the photo left of the handle, the result right of it.
void tincture_canvas_set_compare(TinctureCanvas *self, gboolean compare);
gboolean tincture_canvas_get_compare(TinctureCanvas *self);
void tincture_canvas_set_split(TinctureCanvas *self, double split); // 0..1 of the visible part
double tincture_canvas_get_split(TinctureCanvas *self);

// Pixels that a picture which fits leaves free, for what lies over the canvas.
void tincture_canvas_leave(TinctureCanvas *self, int left, int right, int bottom);
void tincture_canvas_zoom_in(TinctureCanvas *self);
void tincture_canvas_zoom_out(TinctureCanvas *self);
void tincture_canvas_zoom_fit(TinctureCanvas *self);
void tincture_canvas_zoom_actual(
    TinctureCanvas *self); // one picture pixel on one pixel of the screen
// As large as that part of the photo fits.
void tincture_canvas_zoom_to(TinctureCanvas *self, const struct image_region *part);
// Property "zoom": device pixels per picture pixel, to be shown.
double tincture_canvas_get_zoom(TinctureCanvas *self);

// Properties of the tools: "tool" (TinctureCanvasTool; another one draws, and does not erase),
// "erase", "follow-edges" (of the tool in the hand), "show-mask", "peek-mask" (shown as well while
// that is set), "brush-size", "brush-softness", "frame-aspect" (width / height, 0: any).
// A step is a quarter of the size, a tenth of the softness.
void tincture_canvas_step_brush(TinctureCanvas *self, int size, int softness);
enum canvas_tool tincture_canvas_get_tool(TinctureCanvas *self);
void tincture_canvas_set_tool(TinctureCanvas *self, enum canvas_tool tool);
void tincture_canvas_set_erase(TinctureCanvas *self, gboolean erase); // takes up the brush for it
void tincture_canvas_set_show_mask(TinctureCanvas *self, gboolean show);
// A result has come: the mask does not lie over it, unless the hand is drawing it.
void tincture_canvas_show_result(TinctureCanvas *self);
// Takes back the stroke that is being drawn, or puts tool and mask away. False: there was nothing.
gboolean tincture_canvas_escape(TinctureCanvas *self);

// The frame around what is edited; width 0: none.
void tincture_canvas_set_frame(TinctureCanvas *self, const struct image_region *frame);
// The mask that is shown: (height, width) of the photo, 0..255, borrowed until another one is set;
// NULL: none.
void tincture_canvas_set_mask(TinctureCanvas *self, const uint8_t *values, int width, int height);
// While its values are changing: what is drawn of it stays as it is, and they are not read.
void tincture_canvas_freeze_mask(TinctureCanvas *self, gboolean frozen);
void tincture_canvas_mask_changed(TinctureCanvas *self, const struct image_region *part);

G_END_DECLS
