// Shared by canvas.c (what is seen), canvas_tools.c (what is drawn by hand) and canvas_input.c
// (mouse, touch, keys).
#pragma once

#include "ui/canvas/canvas.h"
#include "ui/canvas/frame.h"
#include "ui/canvas/overlay.h"
#include "ui/canvas/viewport.h"

enum canvas_drag { DRAG_NONE, DRAG_PAN, DRAG_SPLIT, DRAG_TOOL };

struct _TinctureCanvas {
    GtkWidget parent_instance;

    // owned
    gboolean transparent; // the photo is, in parts
    GdkTexture *before, *after;
    GdkTexture *closeup_before, *closeup_after; // of closeup_area, in the photo's own pixels
    struct overlay *overlay;
    GArray *points; // float pairs, pixels of the photo: of the stroke that is being drawn

    // state
    struct viewport viewport;
    GdkRectangle closeup_area;
    struct image_region after_area; // width 0: all of the photo
    gboolean compare;
    double split;
    double pointer_x, pointer_y; // point that stays in place when the wheel zooms
    enum canvas_drag drag;
    double drag_x, drag_y; // offset already applied, or start of the handle
    double pinch_scale;    // zoom when the pinch began
    gboolean pointer_inside;

    // state of the tools
    enum canvas_tool tool;
    gboolean erase, show_mask, peek_mask;
    gboolean follows[N_TOOLS]; // each its own
    gboolean take_away; // Alt was held when the stroke began: it takes away, whatever the switch is
    double brush_size, brush_softness;         // diameter in pixels of the photo; 0..1
    struct image_region frame, frame_start;    // width 0: none; as it was when the hand took it
    unsigned grip;                             // of enum frame_grip
    double frame_aspect;                       // width / height; 0: any
    double stroke_x, stroke_y, last_x, last_y; // where the stroke began and is, in the widget
};

// The compare handle is on the screen.
gboolean tincture_canvas_has_handle(TinctureCanvas *self);
// Redraws, and notifies those who show the zoom.
void tincture_canvas_view_moved(TinctureCanvas *self);
void tincture_canvas_install_keys(GtkWidgetClass *widget_class);
void tincture_canvas_add_controllers(TinctureCanvas *self);
void tincture_canvas_update_cursor(TinctureCanvas *self);

// The hand presses, draws, lets go; or Escape takes it back. False: this tool draws nothing.
// square: equal sides are asked for.
gboolean tincture_canvas_tool_begin(TinctureCanvas *self, double x, double y);
void tincture_canvas_tool_pass(TinctureCanvas *self, double x, double y); // a place on the way
void tincture_canvas_tool_move(TinctureCanvas *self, double x, double y, gboolean square);
void tincture_canvas_tool_end(TinctureCanvas *self);
void tincture_canvas_tool_cancel(TinctureCanvas *self);
const char *tincture_canvas_tool_cursor(TinctureCanvas *self);
void tincture_canvas_tool_snapshot(TinctureCanvas *self, GtkSnapshot *snapshot);

// Emit the signals.
void tincture_canvas_tell_stroke(TinctureCanvas *self, const struct canvas_stroke *stroke,
                                 gboolean done);
void tincture_canvas_tell_frame(TinctureCanvas *self);
