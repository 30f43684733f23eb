#include "ui/widgets/thumb.h"

#include "render/file.h"
#include "render/picture.h"
#include "render/present/texture.h"
#include "ui/widgets/checkered.h"

#include <math.h>

#define MAX_SCALE 3 // read larger than shown, for dense screens

struct _TinctureThumb {
    GtkWidget parent_instance;

    // owned
    GdkPaintable *paintable; // NULL: an empty area
    GCancellable *loading;   // a picture from a file; NULL: none

    // state
    int width, height;
};

enum { PROP_PAINTABLE = 1, PROP_WIDTH, PROP_HEIGHT, N_PROPS };
static GParamSpec *properties[N_PROPS];

G_DEFINE_FINAL_TYPE(TinctureThumb, tincture_thumb, GTK_TYPE_WIDGET)

static void stop_loading(TinctureThumb *self)
{
    if (self->loading != NULL) {
        g_cancellable_cancel(self->loading);
        g_clear_object(&self->loading);
    }
}

// All of its area is filled, but a panorama is not enlarged for that until it is blurred: there it
// is a strip.
static double width_drawn(TinctureThumb *self, double width, double height, double aspect)
{
    const double whole = fmin(width, height * aspect), filled = fmax(width, height * aspect);
    const double sharp = gdk_paintable_get_intrinsic_width(self->paintable) /
                         (double)gtk_widget_get_scale_factor(GTK_WIDGET(self));
    return fmin(filled, fmax(whole, sharp));
}

static void tincture_thumb_snapshot(GtkWidget *widget, GtkSnapshot *snapshot)
{
    TinctureThumb *self = TINCTURE_THUMB(widget);
    double width = gtk_widget_get_width(widget), height = gtk_widget_get_height(widget);
    double aspect =
        self->paintable != NULL ? gdk_paintable_get_intrinsic_aspect_ratio(self->paintable) : 0;
    if (aspect <= 0 || width <= 0 || height <= 0) {
        return;
    }
    double drawn_width = width_drawn(self, width, height, aspect);
    double drawn_height = drawn_width / aspect;
    gtk_snapshot_save(snapshot);
    gtk_snapshot_translate(snapshot, &GRAPHENE_POINT_INIT((float)((width - drawn_width) / 2),
                                                          (float)((height - drawn_height) / 2)));
    const graphene_rect_t place = GRAPHENE_RECT_INIT(0, 0, (float)drawn_width, (float)drawn_height);
    checkered_snapshot_ground(snapshot, &place, &place);
    gdk_paintable_snapshot(self->paintable, snapshot, drawn_width, drawn_height);
    gtk_snapshot_restore(snapshot);
}

static void tincture_thumb_measure(GtkWidget *widget, GtkOrientation orientation, int for_size,
                                   int *minimum, int *natural, int *minimum_baseline,
                                   int *natural_baseline)
{
    TinctureThumb *self = TINCTURE_THUMB(widget);
    *minimum = *natural = orientation == GTK_ORIENTATION_HORIZONTAL ? self->width : self->height;
}

static void tincture_thumb_get_property(GObject *object, guint id, GValue *value, GParamSpec *pspec)
{
    TinctureThumb *self = TINCTURE_THUMB(object);
    switch (id) {
    case PROP_PAINTABLE: g_value_set_object(value, self->paintable); break;
    case PROP_WIDTH: g_value_set_int(value, self->width); break;
    case PROP_HEIGHT: g_value_set_int(value, self->height); break;
    default: G_OBJECT_WARN_INVALID_PROPERTY_ID(object, id, pspec);
    }
}

static void tincture_thumb_set_property(GObject *object, guint id, const GValue *value,
                                        GParamSpec *pspec)
{
    TinctureThumb *self = TINCTURE_THUMB(object);
    switch (id) {
    case PROP_PAINTABLE: tincture_thumb_set_paintable(self, g_value_get_object(value)); break;
    case PROP_WIDTH: self->width = g_value_get_int(value); break;
    case PROP_HEIGHT: self->height = g_value_get_int(value); break;
    default: G_OBJECT_WARN_INVALID_PROPERTY_ID(object, id, pspec);
    }
}

static void tincture_thumb_dispose(GObject *object)
{
    TinctureThumb *self = TINCTURE_THUMB(object);
    stop_loading(self);
    g_clear_object(&self->paintable);
    G_OBJECT_CLASS(tincture_thumb_parent_class)->dispose(object);
}

static void tincture_thumb_class_init(TinctureThumbClass *klass)
{
    GObjectClass *object_class = G_OBJECT_CLASS(klass);
    GtkWidgetClass *widget_class = GTK_WIDGET_CLASS(klass);
    object_class->dispose = tincture_thumb_dispose;
    object_class->get_property = tincture_thumb_get_property;
    object_class->set_property = tincture_thumb_set_property;
    widget_class->snapshot = tincture_thumb_snapshot;
    widget_class->measure = tincture_thumb_measure;
    properties[PROP_PAINTABLE] =
        g_param_spec_object("paintable", NULL, NULL, GDK_TYPE_PAINTABLE,
                            G_PARAM_READWRITE | G_PARAM_EXPLICIT_NOTIFY | G_PARAM_STATIC_STRINGS);
    GParamFlags once = G_PARAM_READWRITE | G_PARAM_CONSTRUCT_ONLY | G_PARAM_STATIC_STRINGS;
    properties[PROP_WIDTH] = g_param_spec_int("width", NULL, NULL, 1, G_MAXINT, 64, once);
    properties[PROP_HEIGHT] = g_param_spec_int("height", NULL, NULL, 1, G_MAXINT, 64, once);
    g_object_class_install_properties(object_class, N_PROPS, properties);
    gtk_widget_class_set_css_name(widget_class, "thumb");
    gtk_widget_class_set_accessible_role(widget_class, GTK_ACCESSIBLE_ROLE_PRESENTATION);
}

static void tincture_thumb_init(TinctureThumb *self)
{
    gtk_widget_set_overflow(GTK_WIDGET(self), GTK_OVERFLOW_HIDDEN);
}

GtkWidget *tincture_thumb_new(GdkPaintable *paintable, int width, int height)
{
    return g_object_new(TINCTURE_TYPE_THUMB, "paintable", paintable, "width", width, "height",
                        height, NULL);
}

void tincture_thumb_set_paintable(TinctureThumb *self, GdkPaintable *paintable)
{
    g_return_if_fail(TINCTURE_IS_THUMB(self));
    stop_loading(self);
    if (g_set_object(&self->paintable, paintable)) {
        gtk_widget_queue_draw(GTK_WIDGET(self));
        g_object_notify_by_pspec(G_OBJECT(self), properties[PROP_PAINTABLE]);
    }
}

// ---- a picture from a file ----------------------------------------------------------------------

static void loaded_cb(GObject *source, GAsyncResult *result, gpointer data)
{
    g_autoptr(TinctureThumb) self = data;
    g_autoptr(GdkTexture) texture = g_task_propagate_pointer(G_TASK(result), NULL);
    if (texture != NULL) {
        tincture_thumb_set_paintable(self, GDK_PAINTABLE(texture));
    }
}

// As the photo is read when it is opened.
static GdkTexture *read_whole(const char *path, int side, GError **error)
{
    g_autoptr(GFile) file = g_file_new_for_path(path);
    struct image *image = image_load(file, NULL, error);
    struct picture picture = {0};
    if (image != NULL) {
        picture = picture_shrink(image, side);
    }
    image_free(image);
    GdkTexture *texture = picture.rgba != NULL
                              ? texture_from_rgba8(picture.rgba, picture.width, picture.height)
                              : NULL;
    picture_clear(&picture);
    return texture;
}

// gdk-pixbuf unpacks a JPEG at an eighth of its size, but does not know every format. What has
// scrolled by before its turn comes is not read.
static void load_thread(GTask *task, gpointer source, gpointer path, GCancellable *cancellable)
{
    GError *error = NULL;
    if (g_task_return_error_if_cancelled(task)) {
        return;
    }
    int side = GPOINTER_TO_INT(g_object_get_data(G_OBJECT(task), "side"));
    g_autoptr(GdkPixbuf) loaded = gdk_pixbuf_new_from_file_at_scale(path, side, side, TRUE, NULL);
    GdkTexture *texture = NULL;
    if (loaded != NULL) {
        g_autoptr(GdkPixbuf) upright = gdk_pixbuf_apply_embedded_orientation(loaded);
        texture = gdk_texture_new_for_pixbuf(upright);
    } else {
        texture = read_whole(path, side, &error);
    }
    if (error != NULL) {
        g_task_return_error(task, error);
    } else {
        g_task_return_pointer(task, texture, g_object_unref);
    }
}

void tincture_thumb_load(TinctureThumb *self, const char *path)
{
    g_return_if_fail(TINCTURE_IS_THUMB(self));
    stop_loading(self);
    self->loading = g_cancellable_new();
    // Not its source: the last holder of a task, and so of its source, may be the thread.
    g_autoptr(GTask) task = g_task_new(NULL, self->loading, loaded_cb, g_object_ref(self));
    int side = MAX_SCALE * MAX(self->width, self->height);
    g_object_set_data(G_OBJECT(task), "side", GINT_TO_POINTER(side));
    g_task_set_task_data(task, g_strdup(path), g_free);
    g_task_run_in_thread(task, load_thread);
}
