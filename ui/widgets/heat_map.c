#include "ui/widgets/heat_map.h"

#include "compute/i18n.h"

#include <math.h>

#define ROW         28
#define NAMES       0.36 // of the width, for the names
#define STRONGEST   0.6  // opacity of the ground at 1
#define CELL_MARGIN 1

struct _TinctureHeatMap {
    GtkWidget parent_instance;

    // owned
    char **names; // n
    double *values;

    // state
    int n;
};

G_DEFINE_FINAL_TYPE(TinctureHeatMap, tincture_heat_map, GTK_TYPE_WIDGET)

// In a row of the map; align: 0 begins at x, 0.5 is in the middle of the width.
static void draw_text(TinctureHeatMap *self, GtkSnapshot *snapshot, const char *text, double x,
                      double y, double width, double align, const GdkRGBA *color)
{
    g_autoptr(PangoLayout) layout = gtk_widget_create_pango_layout(GTK_WIDGET(self), text);
    int w, h;
    pango_layout_set_width(layout, (int)(width * PANGO_SCALE));
    pango_layout_set_ellipsize(layout, PANGO_ELLIPSIZE_MIDDLE);
    pango_layout_set_alignment(layout, align > 0 ? PANGO_ALIGN_CENTER : PANGO_ALIGN_LEFT);
    pango_layout_get_pixel_size(layout, &w, &h);
    gtk_snapshot_save(snapshot);
    gtk_snapshot_translate(snapshot, &GRAPHENE_POINT_INIT((float)x, (float)(y + (ROW - h) / 2.0)));
    gtk_snapshot_append_layout(snapshot, layout, color);
    gtk_snapshot_restore(snapshot);
}

static void draw_cell(TinctureHeatMap *self, GtkSnapshot *snapshot, double value, double x,
                      double y, double width, const GdkRGBA *text)
{
    GtkStyleContext *style = gtk_widget_get_style_context(GTK_WIDGET(self));
    GdkRGBA ground = *text;
    g_autofree char *number = isnan(value) ? g_strdup("–") : g_strdup_printf("%.2f", value);
    gtk_style_context_lookup_color(style, value < 0 ? "error_color" : "accent_color", &ground);
    ground.alpha = isnan(value) ? 0 : (float)(STRONGEST * fmin(fabs(value), 1));
    gtk_snapshot_append_color(snapshot, &ground,
                              &GRAPHENE_RECT_INIT((float)x + CELL_MARGIN, (float)y + CELL_MARGIN,
                                                  (float)width - 2 * CELL_MARGIN,
                                                  ROW - 2 * CELL_MARGIN));
    draw_text(self, snapshot, number, x, y, width, 0.5, text);
}

static void tincture_heat_map_snapshot(GtkWidget *widget, GtkSnapshot *snapshot)
{
    TinctureHeatMap *self = TINCTURE_HEAT_MAP(widget);
    GdkRGBA text;
    gtk_style_context_get_color(gtk_widget_get_style_context(widget), &text);
    const double names = floor(gtk_widget_get_width(widget) * NAMES);
    const double side = (gtk_widget_get_width(widget) - names) / MAX(self->n, 1);
    for (int i = 0; i < self->n; i++) {
        g_autofree char *number = g_strdup_printf("%d", i + 1);
        g_autofree char *name = g_strdup_printf("%d  %s", i + 1, self->names[i]);
        draw_text(self, snapshot, number, names + side * i, 0, side, 0.5, &text);
        draw_text(self, snapshot, name, 0, ROW * (i + 1), names - 6, 0, &text);
        for (int k = 0; k < self->n; k++) {
            draw_cell(self, snapshot, self->values[i * self->n + k], names + side * k,
                      ROW * (i + 1), side, &text);
        }
    }
}

static void tincture_heat_map_measure(GtkWidget *widget, GtkOrientation orientation, int for_size,
                                      int *minimum, int *natural, int *minimum_baseline,
                                      int *natural_baseline)
{
    *minimum = *natural =
        orientation == GTK_ORIENTATION_HORIZONTAL ? 160 : ROW * (TINCTURE_HEAT_MAP(widget)->n + 1);
}

static void tincture_heat_map_finalize(GObject *object)
{
    TinctureHeatMap *self = TINCTURE_HEAT_MAP(object);
    g_strfreev(self->names);
    g_free(self->values);
    G_OBJECT_CLASS(tincture_heat_map_parent_class)->finalize(object);
}

static void tincture_heat_map_class_init(TinctureHeatMapClass *klass)
{
    GtkWidgetClass *widget_class = GTK_WIDGET_CLASS(klass);
    G_OBJECT_CLASS(klass)->finalize = tincture_heat_map_finalize;
    widget_class->snapshot = tincture_heat_map_snapshot;
    widget_class->measure = tincture_heat_map_measure;
    gtk_widget_class_set_css_name(widget_class, "heatmap");
    gtk_widget_class_set_accessible_role(widget_class, GTK_ACCESSIBLE_ROLE_IMG);
}

static void tincture_heat_map_init(TinctureHeatMap *self)
{
    gtk_widget_add_css_class(GTK_WIDGET(self), "caption");
    gtk_widget_add_css_class(GTK_WIDGET(self), "numeric");
}

void tincture_heat_map_set(TinctureHeatMap *self, const char *const *names, const double *values)
{
    g_return_if_fail(TINCTURE_IS_HEAT_MAP(self));
    g_strfreev(self->names);
    g_free(self->values);
    self->names = g_strdupv((char **)names);
    self->n = (int)g_strv_length(self->names);
    self->values = g_memdup2(values, (gsize)self->n * (gsize)self->n * sizeof *values);
    GString *label = g_string_new(_("How alike:"));
    for (int i = 0; i < self->n; i++) {
        for (int k = i + 1; k < self->n; k++) {
            const double value = values[i * self->n + k];
            if (isnan(value)) {
                g_string_append_printf(label, _(" %s and %s share no layer;"), names[i], names[k]);
            } else {
                g_string_append_printf(label, _(" %s and %s %.2f;"), names[i], names[k], value);
            }
        }
    }
    gtk_accessible_update_property(GTK_ACCESSIBLE(self), GTK_ACCESSIBLE_PROPERTY_LABEL, label->str,
                                   -1);
    g_string_free(label, TRUE);
    gtk_widget_queue_resize(GTK_WIDGET(self));
    gtk_widget_queue_draw(GTK_WIDGET(self));
}
