#include "ui/canvas/tool_options.h"

#include "compute/i18n.h"
#include "ui/widgets/spoken_names.h"

#include <math.h>

enum aspect { ASPECT_ANY, ASPECT_SQUARE, ASPECT_PHOTO };

struct _TinctureToolOptions {
    AdwBin parent_instance;

    // template widgets
    GtkStack *pages;
    GtkRange *size, *softness;
    GtkLabel *size_text;
    GtkDropDown *aspect;

    TinctureCanvas *canvas; // borrowed
};

G_DEFINE_FINAL_TYPE(TinctureToolOptions, tincture_tool_options, ADW_TYPE_BIN)

// NULL: the tool has nothing to tell.
static const char *page_of(enum canvas_tool tool)
{
    return tool == TOOL_BRUSH || tool == TOOL_FRAME       ? canvas_tools[tool].name
           : tool == TOOL_RECTANGLE || tool == TOOL_LASSO ? "shape"
                                                          : NULL;
}

static void show_tool(TinctureToolOptions *self)
{
    const char *page = page_of(tincture_canvas_get_tool(self->canvas));
    gtk_widget_set_visible(GTK_WIDGET(self), page != NULL);
    if (page != NULL) {
        gtk_stack_set_visible_child_name(self->pages, page);
    }
}

// The slider is logarithmic: a brush of ten pixels is as easily had as one of a thousand.
static void show_size(TinctureToolOptions *self)
{
    double size;
    g_object_get(self->canvas, "brush-size", &size, NULL);
    g_autofree char *text = g_strdup_printf("%.0f", size);
    gtk_label_set_text(self->size_text, text);
    gtk_accessible_update_property(GTK_ACCESSIBLE(self->size), GTK_ACCESSIBLE_PROPERTY_VALUE_TEXT,
                                   text, -1);
    if (fabs(gtk_range_get_value(self->size) - log10(size)) > 1e-3) {
        gtk_range_set_value(self->size, log10(size));
    }
}

static void size_changed_cb(TinctureToolOptions *self)
{
    if (self->canvas != NULL) {
        g_object_set(self->canvas, "brush-size",
                     CLAMP(pow(10, gtk_range_get_value(self->size)), BRUSH_LEAST, BRUSH_MOST),
                     NULL);
    }
}

static void aspect_changed_cb(TinctureToolOptions *self)
{
    if (self->canvas != NULL) {
        const guint chosen = gtk_drop_down_get_selected(self->aspect);
        g_object_set(self->canvas, "frame-aspect",
                     chosen == ASPECT_SQUARE  ? 1
                     : chosen == ASPECT_PHOTO ? tincture_canvas_get_photo_aspect(self->canvas)
                                              : 0,
                     NULL);
    }
}

void tincture_tool_options_set_canvas(TinctureToolOptions *self, TinctureCanvas *canvas)
{
    g_return_if_fail(self->canvas == NULL);
    self->canvas = canvas;
    g_object_bind_property(canvas, "brush-softness", gtk_range_get_adjustment(self->softness),
                           "value", G_BINDING_BIDIRECTIONAL | G_BINDING_SYNC_CREATE);
    g_signal_connect_object(canvas, "notify::tool", G_CALLBACK(show_tool), self, G_CONNECT_SWAPPED);
    g_signal_connect_object(canvas, "notify::brush-size", G_CALLBACK(show_size), self,
                            G_CONNECT_SWAPPED);
    show_tool(self);
    show_size(self);
}

static void tincture_tool_options_dispose(GObject *object)
{
    adw_bin_set_child(ADW_BIN(object), NULL); // or it is let go twice: the template has it, too
    gtk_widget_dispose_template(GTK_WIDGET(object), TINCTURE_TYPE_TOOL_OPTIONS);
    G_OBJECT_CLASS(tincture_tool_options_parent_class)->dispose(object);
}

static void tincture_tool_options_class_init(TinctureToolOptionsClass *klass)
{
    GtkWidgetClass *widget_class = GTK_WIDGET_CLASS(klass);
    G_OBJECT_CLASS(klass)->dispose = tincture_tool_options_dispose;
    gtk_widget_class_set_template_from_resource(widget_class,
                                                "/org/tincture/Tincture/ui/tool_options.ui");
    gtk_widget_class_bind_template_child(widget_class, TinctureToolOptions, pages);
    gtk_widget_class_bind_template_child(widget_class, TinctureToolOptions, size);
    gtk_widget_class_bind_template_child(widget_class, TinctureToolOptions, softness);
    gtk_widget_class_bind_template_child(widget_class, TinctureToolOptions, size_text);
    gtk_widget_class_bind_template_child(widget_class, TinctureToolOptions, aspect);
    gtk_widget_class_bind_template_callback(widget_class, size_changed_cb);
    gtk_widget_class_bind_template_callback(widget_class, aspect_changed_cb);
}

static void tincture_tool_options_init(TinctureToolOptions *self)
{
    gtk_widget_init_template(GTK_WIDGET(self));
    spoken_names_add_drop_down(self->aspect, _("Sides of the frame"));
}
