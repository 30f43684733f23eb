// Shared by canvas.c (what is seen) and canvas_input.c (mouse, touch, keys).
#pragma once

#include "ui/canvas/canvas.h"
#include "ui/canvas/viewport.h"

enum canvas_drag { DRAG_NONE, DRAG_PAN, DRAG_SPLIT };

struct _TinctureCanvas {
    GtkWidget parent_instance;

    // owned
    GdkTexture *before, *after;
    GdkTexture *closeup_before, *closeup_after; // of closeup_area, in the photo's own pixels

    // state
    struct viewport viewport;
    GdkRectangle closeup_area;
    gboolean compare;
    double split;
    double pointer_x, pointer_y; // point that stays in place when the wheel zooms
    enum canvas_drag drag;
    double drag_x, drag_y; // offset already applied, or start of the handle
    double pinch_scale;    // zoom when the pinch began
};

// The compare handle is on the screen.
gboolean tincture_canvas_has_handle(TinctureCanvas *self);
// Redraws, and notifies those who show the zoom.
void tincture_canvas_view_moved(TinctureCanvas *self);
void tincture_canvas_install_keys(GtkWidgetClass *widget_class);
void tincture_canvas_add_controllers(TinctureCanvas *self);
