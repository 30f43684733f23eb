// Mouse, touch and keys of the canvas: drag to pan or to move the compare handle, Ctrl+wheel and
// pinch to zoom, double click between the whole picture and 1:1, arrows for the handle or to pan.
// While another tool than the hand is taken, the first button is its; the middle one still pans.
#include "ui/canvas/canvas_private.h"

#include <math.h>

#define HANDLE_REACH 18.0 // logical pixels
#define WHEEL_ZOOM   1.15
#define WHEEL_PAN    48.0
#define KEY_PAN      64.0
#define KEY_SPLIT    0.02

static gboolean is_at_handle(TinctureCanvas *self, double x)
{
    return tincture_canvas_has_handle(self) &&
           fabs(x - viewport_split_to_x(&self->viewport, self->split)) < HANDLE_REACH;
}

void tincture_canvas_update_cursor(TinctureCanvas *self)
{
    const char *name = NULL;
    if (self->tool != TOOL_HAND && self->drag != DRAG_PAN) {
        name = tincture_canvas_tool_cursor(self);
    } else if (self->drag == DRAG_SPLIT || is_at_handle(self, self->pointer_x)) {
        name = "col-resize";
    } else if (self->drag == DRAG_PAN) {
        name = "grabbing";
    } else if (viewport_can_pan(&self->viewport)) {
        name = "grab";
    }
    gtk_widget_set_cursor_from_name(GTK_WIDGET(self), name);
}

static void pan_by(TinctureCanvas *self, double dx, double dy)
{
    if (viewport_can_pan(&self->viewport)) {
        viewport_pan(&self->viewport, dx, dy);
        tincture_canvas_view_moved(self);
    }
}

static void drag_begin_cb(GtkGestureDrag *gesture, double x, double y, TinctureCanvas *self)
{
    guint button = gtk_gesture_single_get_current_button(GTK_GESTURE_SINGLE(gesture));
    if (button != GDK_BUTTON_PRIMARY && button != GDK_BUTTON_MIDDLE) {
        gtk_gesture_set_state(GTK_GESTURE(gesture), GTK_EVENT_SEQUENCE_DENIED);
        return;
    }
    gtk_widget_grab_focus(GTK_WIDGET(self));
    self->drag_x = self->drag_y = 0;
    self->drag = DRAG_PAN;
    self->take_away = (gtk_event_controller_get_current_event_state(GTK_EVENT_CONTROLLER(gesture)) &
                       GDK_ALT_MASK) != 0;
    if (button == GDK_BUTTON_PRIMARY && tincture_canvas_tool_begin(self, x, y)) {
        self->drag = DRAG_TOOL;
    } else if (button == GDK_BUTTON_PRIMARY && is_at_handle(self, x)) {
        self->drag = DRAG_SPLIT;
        self->drag_x = viewport_split_to_x(&self->viewport, self->split);
    }
    tincture_canvas_update_cursor(self);
}

// Where the hand has been since the last event that was handed on: in a slow frame there are many,
// and a stroke must not cut its corners.
static void follow_history(GtkGestureDrag *gesture, TinctureCanvas *self)
{
    GdkEvent *event = gtk_event_controller_get_current_event(GTK_EVENT_CONTROLLER(gesture));
    GtkWidget *root = GTK_WIDGET(gtk_widget_get_root(GTK_WIDGET(self)));
    double shadow_x, shadow_y, x, y;
    guint n = 0;
    g_autofree GdkTimeCoord *places =
        event != NULL && gdk_event_get_event_type(event) == GDK_MOTION_NOTIFY
            ? gdk_event_get_history(event, &n)
            : NULL;
    gtk_native_get_surface_transform(GTK_NATIVE(root), &shadow_x, &shadow_y);
    for (guint i = 0; i < n; i++) {
        if ((places[i].flags & GDK_AXIS_FLAG_X) && (places[i].flags & GDK_AXIS_FLAG_Y) &&
            gtk_widget_translate_coordinates(root, GTK_WIDGET(self),
                                             places[i].axes[GDK_AXIS_X] - shadow_x,
                                             places[i].axes[GDK_AXIS_Y] - shadow_y, &x, &y)) {
            tincture_canvas_tool_pass(self, x, y);
        }
    }
}

static void drag_update_cb(GtkGestureDrag *gesture, double dx, double dy, TinctureCanvas *self)
{
    if (self->drag == DRAG_SPLIT) {
        tincture_canvas_set_split(self, viewport_x_to_split(&self->viewport, self->drag_x + dx));
    } else if (self->drag == DRAG_PAN) {
        pan_by(self, dx - self->drag_x, dy - self->drag_y);
        self->drag_x = dx;
        self->drag_y = dy;
    } else if (self->drag == DRAG_TOOL) {
        const GdkModifierType state =
            gtk_event_controller_get_current_event_state(GTK_EVENT_CONTROLLER(gesture));
        double x, y;
        follow_history(gesture, self);
        gtk_gesture_drag_get_start_point(gesture, &x, &y);
        tincture_canvas_tool_move(self, x + dx, y + dy, (state & GDK_SHIFT_MASK) != 0);
    }
}

static void drag_end_cb(GtkGestureDrag *gesture, double dx, double dy, TinctureCanvas *self)
{
    const gboolean drawn = self->drag == DRAG_TOOL; // and not taken back meanwhile
    self->drag = DRAG_NONE;
    if (drawn) {
        tincture_canvas_tool_end(self);
    }
    tincture_canvas_update_cursor(self);
}

static void pressed_cb(GtkGestureClick *gesture, int n, double x, double y, TinctureCanvas *self)
{
    if (n != 2 || self->tool != TOOL_HAND || is_at_handle(self, x)) {
        return;
    }
    if (self->viewport.fit) {
        viewport_zoom_at(&self->viewport, 1, x, y);
    } else {
        viewport_fit(&self->viewport);
    }
    tincture_canvas_view_moved(self);
}

static gboolean scroll_cb(GtkEventControllerScroll *controller, double dx, double dy,
                          TinctureCanvas *self)
{
    GdkModifierType state =
        gtk_event_controller_get_current_event_state(GTK_EVENT_CONTROLLER(controller));
    if (state & GDK_CONTROL_MASK) {
        viewport_zoom_at(&self->viewport, self->viewport.scale * pow(WHEEL_ZOOM, -dy),
                         self->pointer_x, self->pointer_y);
        tincture_canvas_view_moved(self);
    } else if (state & GDK_SHIFT_MASK) {
        pan_by(self, -dy * WHEEL_PAN, -dx * WHEEL_PAN);
    } else {
        pan_by(self, -dx * WHEEL_PAN, -dy * WHEEL_PAN);
    }
    return GDK_EVENT_STOP;
}

static void pinch_begin_cb(GtkGesture *gesture, GdkEventSequence *sequence, TinctureCanvas *self)
{
    self->pinch_scale = self->viewport.scale;
}

static void pinch_cb(GtkGestureZoom *gesture, double factor, TinctureCanvas *self)
{
    double x = self->pointer_x, y = self->pointer_y;
    gtk_gesture_get_bounding_box_center(GTK_GESTURE(gesture), &x, &y);
    viewport_zoom_at(&self->viewport, self->pinch_scale * factor, x, y);
    tincture_canvas_view_moved(self);
}

static void motion_cb(GtkEventControllerMotion *controller, double x, double y,
                      TinctureCanvas *self)
{
    self->pointer_x = x;
    self->pointer_y = y;
    self->pointer_inside = TRUE;
    tincture_canvas_update_cursor(self);
    if (self->tool == TOOL_BRUSH) {
        gtk_widget_queue_draw(GTK_WIDGET(self));
    }
}

static void leave_cb(GtkEventControllerMotion *controller, TinctureCanvas *self)
{
    self->pointer_inside = FALSE;
    gtk_widget_queue_draw(GTK_WIDGET(self));
}

// Plain arrows move the handle where there is one; else, and with Ctrl, they pan.
static gboolean arrow_key_cb(GtkWidget *widget, GVariant *args, gpointer data)
{
    TinctureCanvas *self = TINCTURE_CANVAS(widget);
    int dx, dy;
    gboolean pan;
    g_variant_get(args, "(iib)", &dx, &dy, &pan);
    if (!pan && dx != 0 && tincture_canvas_has_handle(self)) {
        tincture_canvas_set_split(self, self->split + dx * KEY_SPLIT);
    } else {
        pan_by(self, -dx * KEY_PAN, -dy * KEY_PAN);
    }
    return GDK_EVENT_STOP;
}

static gboolean compare_key_cb(GtkWidget *widget, GVariant *args, gpointer data)
{
    return gtk_widget_activate_action(widget, "win.compare", NULL);
}

void tincture_canvas_install_keys(GtkWidgetClass *widget_class)
{
    static const struct {
        guint key;
        int dx, dy;
    } arrows[] = {
        {GDK_KEY_Left, -1, 0},
        {GDK_KEY_Right, 1, 0},
        {GDK_KEY_Up, 0, -1},
        {GDK_KEY_Down, 0, 1},
    };
    for (gsize i = 0; i < G_N_ELEMENTS(arrows); i++) {
        gtk_widget_class_add_binding(widget_class, arrows[i].key, 0, arrow_key_cb, "(iib)",
                                     arrows[i].dx, arrows[i].dy, FALSE);
        gtk_widget_class_add_binding(widget_class, arrows[i].key, GDK_CONTROL_MASK, arrow_key_cb,
                                     "(iib)", arrows[i].dx, arrows[i].dy, TRUE);
    }
    gtk_widget_class_add_binding(widget_class, GDK_KEY_c, 0, compare_key_cb, NULL);
}

void tincture_canvas_add_controllers(TinctureCanvas *self)
{
    GtkGesture *drag = gtk_gesture_drag_new();
    gtk_gesture_single_set_button(GTK_GESTURE_SINGLE(drag), 0);
    g_signal_connect(drag, "drag-begin", G_CALLBACK(drag_begin_cb), self);
    g_signal_connect(drag, "drag-update", G_CALLBACK(drag_update_cb), self);
    g_signal_connect(drag, "drag-end", G_CALLBACK(drag_end_cb), self);

    GtkGesture *click = gtk_gesture_click_new();
    g_signal_connect(click, "pressed", G_CALLBACK(pressed_cb), self);

    GtkGesture *pinch = gtk_gesture_zoom_new();
    g_signal_connect(pinch, "begin", G_CALLBACK(pinch_begin_cb), self);
    g_signal_connect(pinch, "scale-changed", G_CALLBACK(pinch_cb), self);

    GtkEventController *scroll =
        gtk_event_controller_scroll_new(GTK_EVENT_CONTROLLER_SCROLL_BOTH_AXES);
    g_signal_connect(scroll, "scroll", G_CALLBACK(scroll_cb), self);

    GtkEventController *motion = gtk_event_controller_motion_new();
    g_signal_connect(motion, "motion", G_CALLBACK(motion_cb), self);
    g_signal_connect(motion, "leave", G_CALLBACK(leave_cb), self);

    GtkEventController *controllers[] = {GTK_EVENT_CONTROLLER(drag), GTK_EVENT_CONTROLLER(click),
                                         GTK_EVENT_CONTROLLER(pinch), scroll, motion};
    for (gsize i = 0; i < G_N_ELEMENTS(controllers); i++) {
        gtk_widget_add_controller(GTK_WIDGET(self), controllers[i]);
    }
}
