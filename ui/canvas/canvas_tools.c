// The tools on the canvas: what pressing, drawing and letting go does with each, and what is drawn
// over the picture while they are in the hand. What was drawn is told in signals; whoever keeps the
// mask and the frame listens (masking.c).
#include "ui/canvas/canvas_private.h"

#include <math.h>

#define GRIP_REACH    12.0 // logical pixels around a side of the frame
#define GRIP_SIDE     8.0f
#define LEAST_CIRCLE  3.0  // logical pixels: a smaller brush shows a cross instead
#define LASSO_STEP    2.0  // logical pixels between two points
#define SHAPE_REACH   14.0 // logical pixels by which a hand misses the edge it draws along
#define DRAG_LEAST    3.0  // logical pixels: less is a click
#define BRUSH_FACTOR  1.25
#define SOFTNESS_STEP 0.1

static const GdkRGBA white = {1, 1, 1, 1};
static const GdkRGBA dark = {0, 0, 0, 0.6f};
static const GdkRGBA outside = {0, 0, 0, 0.5f};

// ---- drawing ------------------------------------------------------------------------------------

static void photo_point(TinctureCanvas *self, double x, double y, float point[2])
{
    double px, py;
    viewport_to_picture(&self->viewport, x, y, &px, &py);
    point[0] = (float)px;
    point[1] = (float)py;
}

static double logical_scale(TinctureCanvas *self)
{
    return self->viewport.scale / self->viewport.device_factor;
}

// A brush finds the edge where it fades.
static double edge_reach(TinctureCanvas *self)
{
    return !self->follows[self->tool] ? 0
           : self->tool == TOOL_BRUSH ? self->brush_softness * self->brush_size / 4
                                      : SHAPE_REACH / logical_scale(self);
}

static void tell_stroke(TinctureCanvas *self, gboolean done)
{
    const struct canvas_stroke stroke = {
        .tool = self->tool,
        .erase = self->erase || self->take_away,
        .size = self->brush_size,
        .softness = self->brush_softness,
        .reach = edge_reach(self),
        .points = (const float *)self->points->data,
        .n_points = (int)self->points->len / 2,
    };
    tincture_canvas_tell_stroke(self, &stroke, done);
}

static void add_point(TinctureCanvas *self, double x, double y)
{
    float point[2];
    photo_point(self, x, y, point);
    g_array_append_vals(self->points, point, 2);
}

static void begin_frame(TinctureCanvas *self, double x, double y)
{
    float point[2];
    photo_point(self, x, y, point);
    self->frame_start = self->frame;
    self->grip = frame_grip_at(&self->frame, point[0], point[1], GRIP_REACH / logical_scale(self));
}

gboolean tincture_canvas_tool_begin(TinctureCanvas *self, double x, double y)
{
    if (self->tool == TOOL_HAND || self->viewport.picture_width <= 0) {
        return FALSE;
    }
    self->stroke_x = x;
    self->stroke_y = y;
    g_array_set_size(self->points, 0);
    add_point(self, x, y);
    if (canvas_tools[self->tool].masks) { // also where a result has put it away
        tincture_canvas_set_show_mask(self, TRUE);
    }
    if (self->tool == TOOL_FRAME) {
        begin_frame(self, x, y);
    } else if (self->tool == TOOL_BRUSH) {
        tell_stroke(self, FALSE);
    }
    gtk_widget_queue_draw(GTK_WIDGET(self));
    return TRUE;
}

static double aspect_now(TinctureCanvas *self, gboolean square)
{
    return square ? 1 : self->frame_aspect;
}

static void pull_frame(TinctureCanvas *self, double x, double y, gboolean square)
{
    float to[2];
    const float *from = (const float *)self->points->data;
    photo_point(self, x, y, to);
    if (self->grip == FRAME_NEW && hypot(x - self->stroke_x, y - self->stroke_y) < DRAG_LEAST) {
        return;
    }
    self->frame = frame_pull(&self->frame_start, self->grip, from[0], from[1], to[0], to[1],
                             aspect_now(self, square), (int)self->viewport.picture_width,
                             (int)self->viewport.picture_height);
}

void tincture_canvas_tool_pass(TinctureCanvas *self, double x, double y)
{
    if (self->tool == TOOL_BRUSH || self->tool == TOOL_LASSO) {
        add_point(self, x, y);
    }
}

// Square while Shift is held.
static void second_corner(TinctureCanvas *self, double x, double y, gboolean square)
{
    if (square) {
        const double side = fmax(fabs(x - self->stroke_x), fabs(y - self->stroke_y));
        x = self->stroke_x + copysign(side, x - self->stroke_x);
        y = self->stroke_y + copysign(side, y - self->stroke_y);
    }
    g_array_set_size(self->points, 2);
    add_point(self, x, y);
}

void tincture_canvas_tool_move(TinctureCanvas *self, double x, double y, gboolean square)
{
    switch (self->tool) {
    case TOOL_FRAME: pull_frame(self, x, y, square); break;
    case TOOL_RECTANGLE: second_corner(self, x, y, square); break;
    case TOOL_LASSO:
        if (hypot(x - self->last_x, y - self->last_y) >= LASSO_STEP) {
            add_point(self, x, y);
        }
        break;
    case TOOL_BRUSH:
        add_point(self, x, y);
        tell_stroke(self, FALSE);
        break;
    default: break;
    }
    self->last_x = x;
    self->last_y = y;
    gtk_widget_queue_draw(GTK_WIDGET(self));
}

void tincture_canvas_tool_end(TinctureCanvas *self)
{
    const guint needed = self->tool == TOOL_RECTANGLE ? 4 : self->tool == TOOL_LASSO ? 6 : 2;
    if (self->tool == TOOL_FRAME) {
        tincture_canvas_tell_frame(self);
    } else if (self->points->len >= needed) {
        tell_stroke(self, TRUE);
    }
    g_array_set_size(self->points, 0);
    gtk_widget_queue_draw(GTK_WIDGET(self));
}

void tincture_canvas_tool_cancel(TinctureCanvas *self)
{
    if (self->tool == TOOL_FRAME) {
        self->frame = self->frame_start;
    }
    g_array_set_size(self->points, 0);
    tincture_canvas_tell_stroke(self, NULL, TRUE);
    gtk_widget_queue_draw(GTK_WIDGET(self));
}

// ---- cursor -------------------------------------------------------------------------------------

static const char *frame_cursor(TinctureCanvas *self)
{
    float point[2];
    photo_point(self, self->pointer_x, self->pointer_y, point);
    const unsigned grip = self->drag == DRAG_TOOL ? self->grip
                                                  : frame_grip_at(&self->frame, point[0], point[1],
                                                                  GRIP_REACH / logical_scale(self));
    switch (grip) {
    case FRAME_MOVE: return "move";
    case FRAME_LEFT:
    case FRAME_RIGHT: return "ew-resize";
    case FRAME_TOP:
    case FRAME_BOTTOM: return "ns-resize";
    case FRAME_LEFT | FRAME_TOP:
    case FRAME_RIGHT | FRAME_BOTTOM: return "nwse-resize";
    case FRAME_RIGHT | FRAME_TOP:
    case FRAME_LEFT | FRAME_BOTTOM: return "nesw-resize";
    default: return "crosshair";
    }
}

static double brush_radius(TinctureCanvas *self)
{
    return self->brush_size * logical_scale(self) / 2;
}

const char *tincture_canvas_tool_cursor(TinctureCanvas *self)
{
    return self->tool == TOOL_FRAME                                         ? frame_cursor(self)
           : self->tool == TOOL_BRUSH && brush_radius(self) >= LEAST_CIRCLE ? "none"
                                                                            : "crosshair";
}

// ---- what is seen -------------------------------------------------------------------------------

static void snapshot_ring(GtkSnapshot *snapshot, double x, double y, double radius,
                          const GdkRGBA *color)
{
    const float widths[4] = {1, 1, 1, 1};
    const GdkRGBA colors[4] = {*color, *color, *color, *color};
    GskRoundedRect ring;
    gsk_rounded_rect_init_from_rect(&ring,
                                    &GRAPHENE_RECT_INIT((float)(x - radius), (float)(y - radius),
                                                        (float)(2 * radius), (float)(2 * radius)),
                                    (float)radius);
    gtk_snapshot_append_border(snapshot, &ring, widths, colors);
}

// A circle of the brush's size; a second one says where it begins to fade.
static void snapshot_brush(TinctureCanvas *self, GtkSnapshot *snapshot)
{
    const double radius = brush_radius(self);
    const double core = radius * (1 - self->brush_softness);
    if (!self->pointer_inside || radius < LEAST_CIRCLE) {
        return;
    }
    snapshot_ring(snapshot, self->pointer_x, self->pointer_y, radius + 1, &dark);
    snapshot_ring(snapshot, self->pointer_x, self->pointer_y, radius, &white);
    if (self->brush_softness > 0 && core >= LEAST_CIRCLE) {
        GdkRGBA faint = white;
        faint.alpha = 0.5f;
        snapshot_ring(snapshot, self->pointer_x, self->pointer_y, core, &faint);
    }
}

static graphene_rect_t on_widget(TinctureCanvas *self, double left, double top, double right,
                                 double bottom)
{
    double x0, y0, x1, y1;
    viewport_from_picture(&self->viewport, left, top, &x0, &y0);
    viewport_from_picture(&self->viewport, right, bottom, &x1, &y1);
    graphene_rect_t rect =
        GRAPHENE_RECT_INIT((float)x0, (float)y0, (float)(x1 - x0), (float)(y1 - y0));
    graphene_rect_normalize(&rect);
    return rect;
}

static void snapshot_outline(GtkSnapshot *snapshot, const graphene_rect_t *rect)
{
    const float widths[4] = {1, 1, 1, 1};
    const GdkRGBA light[4] = {white, white, white, white}, shadow[4] = {dark, dark, dark, dark};
    graphene_rect_t wide;
    GskRoundedRect outline;
    graphene_rect_inset_r(rect, -1, -1, &wide);
    gsk_rounded_rect_init_from_rect(&outline, &wide, 0);
    gtk_snapshot_append_border(snapshot, &outline, widths, shadow);
    gsk_rounded_rect_init_from_rect(&outline, rect, 0);
    gtk_snapshot_append_border(snapshot, &outline, widths, light);
}

// Corners and middles of the sides.
static void snapshot_grips(GtkSnapshot *snapshot, const graphene_rect_t *frame)
{
    for (int i = 0; i < 9; i++) {
        const float x = frame->origin.x + frame->size.width * (float)(i % 3) / 2;
        const float y = frame->origin.y + frame->size.height * (float)(i / 3) / 2;
        const graphene_rect_t grip =
            GRAPHENE_RECT_INIT(x - GRIP_SIDE / 2, y - GRIP_SIDE / 2, GRIP_SIDE, GRIP_SIDE);
        if (i != 4) {
            gtk_snapshot_append_color(snapshot, &white, &grip);
            snapshot_outline(snapshot, &grip);
        }
    }
}

static void shade_around(GtkSnapshot *snapshot, const graphene_rect_t *all,
                         const graphene_rect_t *frame)
{
    const float left = all->origin.x, top = all->origin.y;
    const float right = left + all->size.width, bottom = top + all->size.height;
    const float x0 = frame->origin.x, y0 = frame->origin.y;
    const float x1 = x0 + frame->size.width, y1 = y0 + frame->size.height;
    const graphene_rect_t sides[4] = {
        GRAPHENE_RECT_INIT(left, top, right - left, y0 - top),
        GRAPHENE_RECT_INIT(left, y1, right - left, bottom - y1),
        GRAPHENE_RECT_INIT(left, y0, x0 - left, y1 - y0),
        GRAPHENE_RECT_INIT(x1, y0, right - x1, y1 - y0),
    };
    for (int i = 0; i < 4; i++) {
        if (sides[i].size.width > 0 && sides[i].size.height > 0) {
            gtk_snapshot_append_color(snapshot, &outside, &sides[i]);
        }
    }
}

// Shaded outside while it is being chosen; otherwise only its outline.
static void snapshot_frame(TinctureCanvas *self, GtkSnapshot *snapshot)
{
    const struct image_region *f = &self->frame;
    if (f->width <= 0) {
        return;
    }
    const graphene_rect_t frame = on_widget(self, f->x, f->y, f->x + f->width, f->y + f->height);
    const graphene_rect_t all =
        on_widget(self, 0, 0, self->viewport.picture_width, self->viewport.picture_height);
    if (self->tool == TOOL_FRAME) {
        shade_around(snapshot, &all, &frame);
        snapshot_outline(snapshot, &frame);
        snapshot_grips(snapshot, &frame);
    } else if (canvas_tools[self->tool].masks) {
        snapshot_outline(snapshot, &frame);
    }
}

static void trace_lasso(TinctureCanvas *self, cairo_t *cr)
{
    const float *points = (const float *)self->points->data;
    for (guint i = 0; i + 1 < self->points->len; i += 2) {
        double x, y;
        viewport_from_picture(&self->viewport, points[i], points[i + 1], &x, &y);
        cairo_line_to(cr, x, y);
    }
}

static void snapshot_lasso(TinctureCanvas *self, GtkSnapshot *snapshot)
{
    const graphene_rect_t all =
        GRAPHENE_RECT_INIT(0, 0, (float)self->viewport.width, (float)self->viewport.height);
    cairo_t *cr = gtk_snapshot_append_cairo(snapshot, &all);
    cairo_set_line_join(cr, CAIRO_LINE_JOIN_ROUND);
    trace_lasso(self, cr);
    cairo_close_path(cr);
    cairo_set_source_rgba(cr, 0, 0, 0, 0.6);
    cairo_set_line_width(cr, 3);
    cairo_stroke_preserve(cr);
    cairo_set_source_rgba(cr, 1, 1, 1, 1);
    cairo_set_line_width(cr, 1);
    cairo_stroke(cr);
    cairo_destroy(cr);
}

static void snapshot_stroke(TinctureCanvas *self, GtkSnapshot *snapshot)
{
    const float *points = (const float *)self->points->data;
    if (self->tool == TOOL_RECTANGLE && self->points->len >= 4) {
        const graphene_rect_t rect = on_widget(self, points[0], points[1], points[2], points[3]);
        snapshot_outline(snapshot, &rect);
    } else if (self->tool == TOOL_LASSO && self->points->len >= 4) {
        snapshot_lasso(self, snapshot);
    }
}

void tincture_canvas_tool_snapshot(TinctureCanvas *self, GtkSnapshot *snapshot)
{
    const struct viewport_rect picture = viewport_picture_rect(&self->viewport);
    const struct viewport_rect seen = viewport_seen_pixels(&self->viewport);
    if (self->show_mask || self->peek_mask) {
        overlay_snapshot(self->overlay, snapshot, &picture, &seen, self->viewport.device_factor);
    }
    snapshot_frame(self, snapshot);
    snapshot_stroke(self, snapshot);
    if (self->tool == TOOL_BRUSH) {
        snapshot_brush(self, snapshot);
    }
}

// ---- the hand's own settings --------------------------------------------------------------------

void tincture_canvas_step_brush(TinctureCanvas *self, int size, int softness)
{
    g_return_if_fail(TINCTURE_IS_CANVAS(self));
    g_object_set(self, "brush-size",
                 CLAMP(self->brush_size * pow(BRUSH_FACTOR, size), BRUSH_LEAST, BRUSH_MOST),
                 "brush-softness", CLAMP(self->brush_softness + softness * SOFTNESS_STEP, 0, 1),
                 NULL);
}
