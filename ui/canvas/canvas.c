// What the canvas shows. Reading order: the handle, snapshot, then the object and its setters.
#include "ui/canvas/canvas_private.h"

#include "ui/widgets/checkered.h"

#include <math.h>

#define HANDLE_RADIUS 17.0f
#define ZOOM_STEP     1.25

enum {
    PROP_COMPARE = 1,
    PROP_ZOOM,
    PROP_TOOL,
    PROP_ERASE,
    PROP_FOLLOW_EDGES,
    PROP_SHOW_MASK,
    PROP_PEEK_MASK,
    PROP_BRUSH_SIZE,
    PROP_BRUSH_SOFTNESS,
    PROP_FRAME_ASPECT,
    N_PROPS
};
static GParamSpec *properties[N_PROPS];

enum { SIGNAL_STROKE, SIGNAL_FRAMED, N_SIGNALS };
static guint signals[N_SIGNALS];

G_DEFINE_FINAL_TYPE(TinctureCanvas, tincture_canvas, GTK_TYPE_WIDGET)

static const GdkRGBA white = {1, 1, 1, 1};
static const GdkRGBA shade = {0, 0, 0, 0.35f};

static graphene_rect_t to_graphene(struct viewport_rect r)
{
    return GRAPHENE_RECT_INIT((float)r.x, (float)r.y, (float)r.width, (float)r.height);
}

// Two small triangles that point away from the line.
static void snapshot_arrows(GtkSnapshot *snapshot, float x, float y)
{
    graphene_rect_t area = GRAPHENE_RECT_INIT(x - HANDLE_RADIUS, y - HANDLE_RADIUS,
                                              2 * HANDLE_RADIUS, 2 * HANDLE_RADIUS);
    cairo_t *cr = gtk_snapshot_append_cairo(snapshot, &area);
    cairo_set_source_rgba(cr, 0, 0, 0, 0.75);
    for (int side = -1; side <= 1; side += 2) {
        cairo_move_to(cr, x + side * 10.5, y);
        cairo_line_to(cr, x + side * 4.5, y - 5);
        cairo_line_to(cr, x + side * 4.5, y + 5);
        cairo_close_path(cr);
        cairo_fill(cr);
    }
    cairo_destroy(cr);
}

static void snapshot_handle(TinctureCanvas *self, GtkSnapshot *snapshot, float x)
{
    struct viewport_rect seen = viewport_visible_rect(&self->viewport);
    float y = (float)(seen.y + seen.height / 2);
    gboolean focused = gtk_widget_has_visible_focus(GTK_WIDGET(self));
    graphene_rect_t line = GRAPHENE_RECT_INIT(x - 1, (float)seen.y, 2, (float)seen.height);
    GskRoundedRect knob, edge;
    gsk_rounded_rect_init_from_rect(&edge, &line, 0);
    gsk_rounded_rect_init_from_rect(&knob,
                                    &GRAPHENE_RECT_INIT(x - HANDLE_RADIUS, y - HANDLE_RADIUS,
                                                        2 * HANDLE_RADIUS, 2 * HANDLE_RADIUS),
                                    HANDLE_RADIUS);
    gtk_snapshot_append_outset_shadow(snapshot, &edge, &shade, 0, 0, 0, 4);
    gtk_snapshot_append_color(snapshot, &white, &line);
    gtk_snapshot_append_outset_shadow(snapshot, &knob, &shade, 0, 1, 0, 6);
    gtk_snapshot_push_rounded_clip(snapshot, &knob);
    gtk_snapshot_append_color(snapshot, &white, &knob.bounds);
    gtk_snapshot_pop(snapshot);
    snapshot_arrows(snapshot, x, y);
    if (focused) {
        GdkRGBA accent = {0.21f, 0.52f, 0.89f, 1};
        gtk_style_context_lookup_color(gtk_widget_get_style_context(GTK_WIDGET(self)),
                                       "accent_bg_color", &accent);
        const float widths[4] = {3, 3, 3, 3};
        const GdkRGBA colors[4] = {accent, accent, accent, accent};
        gtk_snapshot_append_border(snapshot, &knob, widths, colors);
    }
}

// area: in pixels of the photo, which lies at picture.
static void snapshot_part(TinctureCanvas *self, GtkSnapshot *snapshot, GdkTexture *texture,
                          const graphene_rect_t *picture, const GdkRectangle *area)
{
    const float scale = picture->size.width / (float)self->viewport.picture_width;
    const graphene_rect_t part = GRAPHENE_RECT_INIT(
        picture->origin.x + (float)area->x * scale, picture->origin.y + (float)area->y * scale,
        (float)area->width * scale, (float)area->height * scale);
    if (self->transparent) { // not over what is there already
        checkered_snapshot_ground(snapshot, picture, &part);
    }
    gtk_snapshot_append_texture(snapshot, texture, &part);
}

// A picture over the whole of its area, and its sharp piece over that. Without a newer picture the
// photo's are used.
static void snapshot_picture(TinctureCanvas *self, GtkSnapshot *snapshot, gboolean newest,
                             const graphene_rect_t *picture)
{
    GdkTexture *texture = newest && self->after != NULL ? self->after : self->before;
    GdkTexture *closeup = texture == self->after ? self->closeup_after : self->closeup_before;
    if (self->transparent) {
        checkered_snapshot_ground(snapshot, picture, picture);
    }
    if (texture == self->after && self->after_area.width > 0 && self->before != NULL) {
        const struct image_region *a = &self->after_area;
        gtk_snapshot_append_texture(snapshot, self->before, picture);
        snapshot_part(self, snapshot, texture, picture,
                      &(GdkRectangle){a->x, a->y, a->width, a->height});
    } else {
        gtk_snapshot_append_texture(snapshot, texture, picture);
    }
    if (closeup != NULL) {
        snapshot_part(self, snapshot, closeup, picture, &self->closeup_area);
    }
}

static void snapshot_compare(TinctureCanvas *self, GtkSnapshot *snapshot,
                             const graphene_rect_t *picture)
{
    float x = (float)viewport_split_to_x(&self->viewport, self->split);
    float left = picture->origin.x, right = left + picture->size.width;
    gtk_snapshot_push_clip(
        snapshot, &GRAPHENE_RECT_INIT(left, picture->origin.y, x - left, picture->size.height));
    snapshot_picture(self, snapshot, FALSE, picture);
    gtk_snapshot_pop(snapshot);
    gtk_snapshot_push_clip(
        snapshot, &GRAPHENE_RECT_INIT(x, picture->origin.y, right - x, picture->size.height));
    snapshot_picture(self, snapshot, TRUE, picture);
    gtk_snapshot_pop(snapshot);
    snapshot_handle(self, snapshot, x);
}

static void tincture_canvas_snapshot(GtkWidget *widget, GtkSnapshot *snapshot)
{
    TinctureCanvas *self = TINCTURE_CANVAS(widget);
    if ((self->before == NULL && self->after == NULL) || self->viewport.picture_width <= 0) {
        return;
    }
    graphene_rect_t picture = to_graphene(viewport_picture_rect(&self->viewport));
    GskRoundedRect outline;
    gsk_rounded_rect_init_from_rect(&outline, &picture, 0);
    gtk_snapshot_push_clip(snapshot, &GRAPHENE_RECT_INIT(0, 0, (float)gtk_widget_get_width(widget),
                                                         (float)gtk_widget_get_height(widget)));
    gtk_snapshot_append_outset_shadow(snapshot, &outline, &shade, 0, 1, 0, 8);
    if (tincture_canvas_has_handle(self)) {
        snapshot_compare(self, snapshot, &picture);
    } else {
        snapshot_picture(self, snapshot, TRUE, &picture);
    }
    tincture_canvas_tool_snapshot(self, snapshot);
    gtk_snapshot_pop(snapshot);
}

gboolean tincture_canvas_has_handle(TinctureCanvas *self)
{
    return self->compare && self->before != NULL && self->after != NULL;
}

void tincture_canvas_view_moved(TinctureCanvas *self)
{
    gtk_widget_queue_draw(GTK_WIDGET(self));
    g_object_notify_by_pspec(G_OBJECT(self), properties[PROP_ZOOM]);
}

// ---- the object ---------------------------------------------------------------------------------

static void tincture_canvas_size_allocate(GtkWidget *widget, int width, int height, int baseline)
{
    TinctureCanvas *self = TINCTURE_CANVAS(widget);
    double zoom = self->viewport.scale;
    viewport_resize(&self->viewport, width, height, gtk_widget_get_scale_factor(widget));
    if (zoom != self->viewport.scale) {
        g_object_notify_by_pspec(G_OBJECT(self), properties[PROP_ZOOM]);
    }
}

static void tincture_canvas_measure(GtkWidget *widget, GtkOrientation orientation, int for_size,
                                    int *minimum, int *natural, int *minimum_baseline,
                                    int *natural_baseline)
{
    *minimum = 200;
    *natural = orientation == GTK_ORIENTATION_HORIZONTAL ? 800 : 600;
}

static void tincture_canvas_get_property(GObject *object, guint id, GValue *value,
                                         GParamSpec *pspec)
{
    TinctureCanvas *self = TINCTURE_CANVAS(object);
    switch (id) {
    case PROP_COMPARE: g_value_set_boolean(value, self->compare); break;
    case PROP_ZOOM: g_value_set_double(value, self->viewport.scale); break;
    case PROP_TOOL: g_value_set_enum(value, self->tool); break;
    case PROP_ERASE: g_value_set_boolean(value, self->erase); break;
    case PROP_FOLLOW_EDGES: g_value_set_boolean(value, self->follows[self->tool]); break;
    case PROP_SHOW_MASK: g_value_set_boolean(value, self->show_mask); break;
    case PROP_PEEK_MASK: g_value_set_boolean(value, self->peek_mask); break;
    case PROP_BRUSH_SIZE: g_value_set_double(value, self->brush_size); break;
    case PROP_BRUSH_SOFTNESS: g_value_set_double(value, self->brush_softness); break;
    case PROP_FRAME_ASPECT: g_value_set_double(value, self->frame_aspect); break;
    default: G_OBJECT_WARN_INVALID_PROPERTY_ID(object, id, pspec);
    }
}

static void set_number(TinctureCanvas *self, guint id, double *number, const GValue *value)
{
    if (*number != g_value_get_double(value)) {
        *number = g_value_get_double(value);
        gtk_widget_queue_draw(GTK_WIDGET(self));
        g_object_notify_by_pspec(G_OBJECT(self), properties[id]);
    }
}

static void follow_edges(TinctureCanvas *self, gboolean follows)
{
    if (self->follows[self->tool] != follows) {
        self->follows[self->tool] = follows;
        g_object_notify_by_pspec(G_OBJECT(self), properties[PROP_FOLLOW_EDGES]);
    }
}

static void peek_mask(TinctureCanvas *self, gboolean peek)
{
    if (self->peek_mask != peek) {
        self->peek_mask = peek;
        gtk_widget_queue_draw(GTK_WIDGET(self));
        g_object_notify_by_pspec(G_OBJECT(self), properties[PROP_PEEK_MASK]);
    }
}

static void tincture_canvas_set_property(GObject *object, guint id, const GValue *value,
                                         GParamSpec *pspec)
{
    TinctureCanvas *self = TINCTURE_CANVAS(object);
    switch (id) {
    case PROP_COMPARE: tincture_canvas_set_compare(self, g_value_get_boolean(value)); break;
    case PROP_TOOL:
        tincture_canvas_set_tool(self, (enum canvas_tool)g_value_get_enum(value));
        break;
    case PROP_ERASE: tincture_canvas_set_erase(self, g_value_get_boolean(value)); break;
    case PROP_FOLLOW_EDGES: follow_edges(self, g_value_get_boolean(value)); break;
    case PROP_SHOW_MASK: tincture_canvas_set_show_mask(self, g_value_get_boolean(value)); break;
    case PROP_PEEK_MASK: peek_mask(self, g_value_get_boolean(value)); break;
    case PROP_BRUSH_SIZE: set_number(self, id, &self->brush_size, value); break;
    case PROP_BRUSH_SOFTNESS: set_number(self, id, &self->brush_softness, value); break;
    case PROP_FRAME_ASPECT: set_number(self, id, &self->frame_aspect, value); break;
    default: G_OBJECT_WARN_INVALID_PROPERTY_ID(object, id, pspec);
    }
}

static void tincture_canvas_dispose(GObject *object)
{
    TinctureCanvas *self = TINCTURE_CANVAS(object);
    g_clear_object(&self->before);
    g_clear_object(&self->after);
    g_clear_object(&self->closeup_before);
    g_clear_object(&self->closeup_after);
    G_OBJECT_CLASS(tincture_canvas_parent_class)->dispose(object);
}

static void tincture_canvas_finalize(GObject *object)
{
    TinctureCanvas *self = TINCTURE_CANVAS(object);
    overlay_free(self->overlay);
    g_array_unref(self->points);
    G_OBJECT_CLASS(tincture_canvas_parent_class)->finalize(object);
}

static void install_tool_properties(GObjectClass *object_class)
{
    const GParamFlags flags = G_PARAM_READWRITE | G_PARAM_EXPLICIT_NOTIFY | G_PARAM_STATIC_STRINGS;
    properties[PROP_TOOL] =
        g_param_spec_enum("tool", NULL, NULL, TINCTURE_TYPE_CANVAS_TOOL, TOOL_HAND, flags);
    properties[PROP_ERASE] = g_param_spec_boolean("erase", NULL, NULL, FALSE, flags);
    properties[PROP_FOLLOW_EDGES] = g_param_spec_boolean("follow-edges", NULL, NULL, FALSE, flags);
    properties[PROP_SHOW_MASK] = g_param_spec_boolean("show-mask", NULL, NULL, FALSE, flags);
    properties[PROP_PEEK_MASK] = g_param_spec_boolean("peek-mask", NULL, NULL, FALSE, flags);
    properties[PROP_BRUSH_SIZE] =
        g_param_spec_double("brush-size", NULL, NULL, BRUSH_LEAST, BRUSH_MOST, 64, flags);
    properties[PROP_BRUSH_SOFTNESS] =
        g_param_spec_double("brush-softness", NULL, NULL, 0, 1, 0.3, flags);
    properties[PROP_FRAME_ASPECT] =
        g_param_spec_double("frame-aspect", NULL, NULL, 0, 100, 0, flags);
    g_object_class_install_properties(object_class, N_PROPS, properties);
}

static void tincture_canvas_class_init(TinctureCanvasClass *klass)
{
    GObjectClass *object_class = G_OBJECT_CLASS(klass);
    GtkWidgetClass *widget_class = GTK_WIDGET_CLASS(klass);
    object_class->dispose = tincture_canvas_dispose;
    object_class->finalize = tincture_canvas_finalize;
    object_class->get_property = tincture_canvas_get_property;
    object_class->set_property = tincture_canvas_set_property;
    widget_class->snapshot = tincture_canvas_snapshot;
    widget_class->size_allocate = tincture_canvas_size_allocate;
    widget_class->measure = tincture_canvas_measure;

    properties[PROP_COMPARE] =
        g_param_spec_boolean("compare", NULL, NULL, FALSE,
                             G_PARAM_READWRITE | G_PARAM_EXPLICIT_NOTIFY | G_PARAM_STATIC_STRINGS);
    properties[PROP_ZOOM] = g_param_spec_double("zoom", NULL, NULL, 0, G_MAXDOUBLE, 1,
                                                G_PARAM_READABLE | G_PARAM_STATIC_STRINGS);
    install_tool_properties(object_class);
    signals[SIGNAL_STROKE] =
        g_signal_new("stroke", G_TYPE_FROM_CLASS(klass), G_SIGNAL_RUN_LAST, 0, NULL, NULL, NULL,
                     G_TYPE_NONE, 2, G_TYPE_POINTER, G_TYPE_BOOLEAN);
    signals[SIGNAL_FRAMED] = g_signal_new("framed", G_TYPE_FROM_CLASS(klass), G_SIGNAL_RUN_LAST, 0,
                                          NULL, NULL, NULL, G_TYPE_NONE, 1, G_TYPE_POINTER);

    gtk_widget_class_set_css_name(widget_class, "canvas");
    gtk_widget_class_set_accessible_role(widget_class, GTK_ACCESSIBLE_ROLE_IMG);
    tincture_canvas_install_keys(widget_class);
}

static void tincture_canvas_init(TinctureCanvas *self)
{
    viewport_init(&self->viewport);
    self->split = 0.5;
    self->brush_size = 64;
    self->brush_softness = 0.3;
    for (int i = 0; i < N_TOOLS; i++) {
        self->follows[i] = canvas_tools[i].follows;
    }
    self->overlay = overlay_new();
    self->points = g_array_new(FALSE, FALSE, sizeof(float));
    gtk_widget_set_focusable(GTK_WIDGET(self), TRUE);
    gtk_widget_set_overflow(GTK_WIDGET(self), GTK_OVERFLOW_HIDDEN);
    tincture_canvas_add_controllers(self);
}

void tincture_canvas_set_transparent(TinctureCanvas *self, gboolean transparent)
{
    g_return_if_fail(TINCTURE_IS_CANVAS(self));
    if (self->transparent != transparent) {
        self->transparent = transparent;
        gtk_widget_queue_draw(GTK_WIDGET(self));
    }
}

void tincture_canvas_set_photo_size(TinctureCanvas *self, int width, int height)
{
    g_return_if_fail(TINCTURE_IS_CANVAS(self));
    if (self->viewport.picture_width == width && self->viewport.picture_height == height) {
        return;
    }
    viewport_set_picture(&self->viewport, width, height);
    g_object_set(self, "brush-size", CLAMP(MIN(width, height) / 12.0, BRUSH_LEAST, BRUSH_MOST),
                 NULL);
    tincture_canvas_view_moved(self);
}

void tincture_canvas_set_before(TinctureCanvas *self, GdkTexture *texture)
{
    g_return_if_fail(TINCTURE_IS_CANVAS(self));
    if (g_set_object(&self->before, texture)) {
        gtk_widget_queue_draw(GTK_WIDGET(self));
    }
}

void tincture_canvas_set_after(TinctureCanvas *self, GdkTexture *texture)
{
    g_return_if_fail(TINCTURE_IS_CANVAS(self));
    if (g_set_object(&self->after, texture)) {
        gtk_widget_queue_draw(GTK_WIDGET(self));
    }
}

void tincture_canvas_set_after_area(TinctureCanvas *self, const struct image_region *area)
{
    g_return_if_fail(TINCTURE_IS_CANVAS(self));
    self->after_area = *area;
    gtk_widget_queue_draw(GTK_WIDGET(self));
}

void tincture_canvas_set_closeup(TinctureCanvas *self, const GdkRectangle *area, GdkTexture *before,
                                 GdkTexture *after)
{
    g_return_if_fail(TINCTURE_IS_CANVAS(self));
    gboolean changed = g_set_object(&self->closeup_before, before);
    changed |= g_set_object(&self->closeup_after, after);
    self->closeup_area = *area;
    if (changed) {
        gtk_widget_queue_draw(GTK_WIDGET(self));
    }
}

double tincture_canvas_get_photo_aspect(TinctureCanvas *self)
{
    const struct viewport *v = &self->viewport;
    return v->picture_height > 0 ? v->picture_width / v->picture_height : 0;
}

GdkRectangle tincture_canvas_get_seen(TinctureCanvas *self)
{
    struct viewport_rect seen = viewport_seen_pixels(&self->viewport);
    return (GdkRectangle){(int)seen.x, (int)seen.y, (int)seen.width, (int)seen.height};
}

void tincture_canvas_set_compare(TinctureCanvas *self, gboolean compare)
{
    g_return_if_fail(TINCTURE_IS_CANVAS(self));
    if (self->compare == compare) {
        return;
    }
    self->compare = compare;
    tincture_canvas_set_show_mask(self, FALSE); // it would hide what is compared
    gtk_widget_queue_draw(GTK_WIDGET(self));
    g_object_notify_by_pspec(G_OBJECT(self), properties[PROP_COMPARE]);
}

gboolean tincture_canvas_get_compare(TinctureCanvas *self)
{
    return self->compare;
}

void tincture_canvas_set_split(TinctureCanvas *self, double split)
{
    g_return_if_fail(TINCTURE_IS_CANVAS(self));
    self->split = CLAMP(split, 0, 1);
    tincture_canvas_set_show_mask(self, FALSE);
    gtk_widget_queue_draw(GTK_WIDGET(self));
}

double tincture_canvas_get_split(TinctureCanvas *self)
{
    return self->split;
}

static void zoom_in_middle(TinctureCanvas *self, double scale)
{
    viewport_zoom_at(&self->viewport, scale, self->viewport.width / 2, self->viewport.height / 2);
    tincture_canvas_view_moved(self);
}

void tincture_canvas_leave(TinctureCanvas *self, int left, int right, int bottom)
{
    g_return_if_fail(TINCTURE_IS_CANVAS(self));
    struct viewport *v = &self->viewport;
    if (left != v->left || right != v->right || bottom != v->bottom) {
        viewport_leave(v, left, right, bottom);
        tincture_canvas_view_moved(self);
    }
}

void tincture_canvas_zoom_in(TinctureCanvas *self)
{
    zoom_in_middle(self, self->viewport.scale * ZOOM_STEP);
}

void tincture_canvas_zoom_out(TinctureCanvas *self)
{
    zoom_in_middle(self, self->viewport.scale / ZOOM_STEP);
}

void tincture_canvas_zoom_fit(TinctureCanvas *self)
{
    viewport_fit(&self->viewport);
    tincture_canvas_view_moved(self);
}

void tincture_canvas_zoom_actual(TinctureCanvas *self)
{
    zoom_in_middle(self, 1);
}

void tincture_canvas_zoom_to(TinctureCanvas *self, const struct image_region *part)
{
    viewport_show(&self->viewport, part->x, part->y, part->width, part->height);
    tincture_canvas_view_moved(self);
}

double tincture_canvas_get_zoom(TinctureCanvas *self)
{
    return self->viewport.scale;
}

// ---- tools --------------------------------------------------------------------------------------

void tincture_canvas_tell_stroke(TinctureCanvas *self, const struct canvas_stroke *stroke,
                                 gboolean done)
{
    g_signal_emit(self, signals[SIGNAL_STROKE], 0, stroke, done);
}

void tincture_canvas_tell_frame(TinctureCanvas *self)
{
    struct image_region frame = self->frame;
    g_signal_emit(self, signals[SIGNAL_FRAMED], 0, &frame);
}

enum canvas_tool tincture_canvas_get_tool(TinctureCanvas *self)
{
    return self->tool;
}

static void show_erase(TinctureCanvas *self, gboolean erase)
{
    if (self->erase != erase) {
        self->erase = erase;
        g_object_notify_by_pspec(G_OBJECT(self), properties[PROP_ERASE]);
    }
}

// The mask is seen while it is worked on, and hides nothing of the result afterwards.
void tincture_canvas_set_tool(TinctureCanvas *self, enum canvas_tool tool)
{
    g_return_if_fail(TINCTURE_IS_CANVAS(self) && tool < N_TOOLS);
    if (self->drag == DRAG_TOOL) {
        tincture_canvas_escape(self);
    }
    show_erase(self, FALSE);
    if (self->tool == tool) {
        return;
    }
    self->tool = tool;
    tincture_canvas_set_show_mask(self, canvas_tools[tool].masks);
    tincture_canvas_update_cursor(self);
    gtk_widget_queue_draw(GTK_WIDGET(self));
    g_object_notify_by_pspec(G_OBJECT(self), properties[PROP_TOOL]);
    g_object_notify_by_pspec(G_OBJECT(self), properties[PROP_FOLLOW_EDGES]);
}

void tincture_canvas_set_erase(TinctureCanvas *self, gboolean erase)
{
    g_return_if_fail(TINCTURE_IS_CANVAS(self));
    if (erase && !canvas_tools[self->tool].erases) {
        tincture_canvas_set_tool(self, TOOL_BRUSH);
    }
    show_erase(self, erase);
}

void tincture_canvas_show_result(TinctureCanvas *self)
{
    g_return_if_fail(TINCTURE_IS_CANVAS(self));
    if (self->drag != DRAG_TOOL) {
        tincture_canvas_set_show_mask(self, FALSE);
    }
}

void tincture_canvas_set_show_mask(TinctureCanvas *self, gboolean show)
{
    g_return_if_fail(TINCTURE_IS_CANVAS(self));
    if (self->show_mask != show) {
        self->show_mask = show;
        gtk_widget_queue_draw(GTK_WIDGET(self));
        g_object_notify_by_pspec(G_OBJECT(self), properties[PROP_SHOW_MASK]);
    }
}

gboolean tincture_canvas_escape(TinctureCanvas *self)
{
    g_return_val_if_fail(TINCTURE_IS_CANVAS(self), FALSE);
    if (self->drag == DRAG_TOOL) {
        self->drag = DRAG_NONE;
        tincture_canvas_tool_cancel(self);
        return TRUE;
    }
    const gboolean held = self->tool != TOOL_HAND || self->show_mask;
    tincture_canvas_set_tool(self, TOOL_HAND);
    tincture_canvas_set_show_mask(self, FALSE);
    return held;
}

void tincture_canvas_set_frame(TinctureCanvas *self, const struct image_region *frame)
{
    g_return_if_fail(TINCTURE_IS_CANVAS(self));
    if (self->drag != DRAG_TOOL) {
        self->frame = *frame;
        gtk_widget_queue_draw(GTK_WIDGET(self));
    }
}

void tincture_canvas_set_mask(TinctureCanvas *self, const uint8_t *values, int width, int height)
{
    g_return_if_fail(TINCTURE_IS_CANVAS(self));
    overlay_set_mask(self->overlay, values, width, height);
    gtk_widget_queue_draw(GTK_WIDGET(self));
}

void tincture_canvas_freeze_mask(TinctureCanvas *self, gboolean frozen)
{
    g_return_if_fail(TINCTURE_IS_CANVAS(self));
    overlay_freeze(self->overlay, frozen);
}

void tincture_canvas_mask_changed(TinctureCanvas *self, const struct image_region *part)
{
    g_return_if_fail(TINCTURE_IS_CANVAS(self));
    overlay_changed(self->overlay, part);
    gtk_widget_queue_draw(GTK_WIDGET(self));
}
