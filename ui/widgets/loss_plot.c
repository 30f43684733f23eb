#include "ui/widgets/loss_plot.h"

#include "compute/i18n.h"

#include <math.h>

#define PAD_TOP    10.0
#define PAD_BOTTOM 20.0
#define PAD_SIDE   12.0

struct _TinctureLossPlot {
    GtkWidget parent_instance;

    // owned
    GArray *loss; // double

    // state
    int steps;
};

G_DEFINE_FINAL_TYPE(TinctureLossPlot, tincture_loss_plot, GTK_TYPE_WIDGET)

struct frame {
    double x, y, width, height; // of the curve
    double low, high;           // of the values
};

// The value axis covers all points, with a small margin.
static struct frame plot_frame(TinctureLossPlot *self)
{
    struct frame f = {
        .x = PAD_SIDE,
        .y = PAD_TOP,
        .width = gtk_widget_get_width(GTK_WIDGET(self)) - 2 * PAD_SIDE,
        .height = gtk_widget_get_height(GTK_WIDGET(self)) - PAD_TOP - PAD_BOTTOM,
        .low = INFINITY,
        .high = -INFINITY,
    };
    for (guint i = 0; i < self->loss->len; i++) {
        double value = g_array_index(self->loss, double, i);
        if (isfinite(value)) {
            f.low = fmin(f.low, value);
            f.high = fmax(f.high, value);
        }
    }
    if (f.high <= f.low) {
        double middle = isfinite(f.low) ? f.low : 0;
        f.low = middle - 0.5;
        f.high = middle + 0.5;
    }
    double air = (f.high - f.low) * 0.08;
    f.low -= air;
    f.high += air;
    return f;
}

static double step_x(const struct frame *f, int step, int steps)
{
    return f->x + f->width * step / MAX(steps - 1, 1);
}

static double value_y(const struct frame *f, double value)
{
    return f->y + f->height * (f->high - value) / (f->high - f->low);
}

static void draw_grid(cairo_t *cr, const struct frame *f, const GdkRGBA *color)
{
    cairo_set_line_width(cr, 1);
    cairo_set_source_rgba(cr, color->red, color->green, color->blue, 0.1);
    for (int i = 0; i <= 3; i++) {
        double y = floor(f->y + f->height * i / 3) + 0.5;
        cairo_move_to(cr, f->x, y);
        cairo_line_to(cr, f->x + f->width, y);
    }
    cairo_stroke(cr);
}

static void trace_curve(TinctureLossPlot *self, cairo_t *cr, const struct frame *f)
{
    for (guint i = 0; i < self->loss->len; i++) {
        double value = g_array_index(self->loss, double, i);
        if (isfinite(value)) {
            cairo_line_to(cr, step_x(f, (int)i, self->steps), value_y(f, value));
        }
    }
}

static void draw_curve(TinctureLossPlot *self, cairo_t *cr, const struct frame *f,
                       const GdkRGBA *color)
{
    int last = (int)self->loss->len - 1;
    double y = value_y(f, g_array_index(self->loss, double, last));
    trace_curve(self, cr, f);
    cairo_line_to(cr, step_x(f, last, self->steps), f->y + f->height);
    cairo_line_to(cr, f->x, f->y + f->height);
    cairo_close_path(cr);
    cairo_set_source_rgba(cr, color->red, color->green, color->blue, 0.15);
    cairo_fill(cr);

    trace_curve(self, cr, f);
    cairo_set_line_width(cr, 2);
    cairo_set_line_join(cr, CAIRO_LINE_JOIN_ROUND);
    cairo_set_line_cap(cr, CAIRO_LINE_CAP_ROUND);
    gdk_cairo_set_source_rgba(cr, color);
    cairo_stroke(cr);
    if (isfinite(y)) {
        cairo_arc(cr, step_x(f, last, self->steps), y, 3, 0, 2 * G_PI);
        cairo_fill(cr);
    }
}

static void draw_text(TinctureLossPlot *self, GtkSnapshot *snapshot, const char *text, double x,
                      double align, const GdkRGBA *color)
{
    g_autoptr(PangoLayout) layout = gtk_widget_create_pango_layout(GTK_WIDGET(self), text);
    int width, height;
    pango_layout_get_pixel_size(layout, &width, &height);
    graphene_point_t at = GRAPHENE_POINT_INIT(
        (float)(x - width * align), (float)(gtk_widget_get_height(GTK_WIDGET(self)) - height - 2));
    gtk_snapshot_save(snapshot);
    gtk_snapshot_translate(snapshot, &at);
    gtk_snapshot_append_layout(snapshot, layout, color);
    gtk_snapshot_restore(snapshot);
}

static void draw_legend(TinctureLossPlot *self, GtkSnapshot *snapshot, const struct frame *f,
                        const GdkRGBA *color)
{
    GdkRGBA dim = *color;
    dim.alpha *= 0.6f;
    g_autofree char *loss =
        g_strdup_printf(_("Loss %.4f"), g_array_index(self->loss, double, self->loss->len - 1));
    g_autofree char *steps = g_strdup_printf("%u / %d", self->loss->len, self->steps);
    draw_text(self, snapshot, loss, f->x, 0, &dim);
    draw_text(self, snapshot, steps, f->x + f->width, 1, &dim);
}

static void tincture_loss_plot_snapshot(GtkWidget *widget, GtkSnapshot *snapshot)
{
    TinctureLossPlot *self = TINCTURE_LOSS_PLOT(widget);
    GtkStyleContext *style = gtk_widget_get_style_context(widget);
    GdkRGBA text, accent;
    gtk_style_context_get_color(style, &text);
    if (!gtk_style_context_lookup_color(style, "accent_color", &accent)) {
        accent = text;
    }
    struct frame f = plot_frame(self);
    graphene_rect_t area = GRAPHENE_RECT_INIT(0, 0, (float)gtk_widget_get_width(widget),
                                              (float)gtk_widget_get_height(widget));
    cairo_t *cr = gtk_snapshot_append_cairo(snapshot, &area);
    draw_grid(cr, &f, &text);
    if (self->loss->len > 0) {
        draw_curve(self, cr, &f, &accent);
    }
    cairo_destroy(cr);
    if (self->loss->len > 0) {
        draw_legend(self, snapshot, &f, &text);
    }
}

static void tincture_loss_plot_measure(GtkWidget *widget, GtkOrientation orientation, int for_size,
                                       int *minimum, int *natural, int *minimum_baseline,
                                       int *natural_baseline)
{
    *minimum = *natural = orientation == GTK_ORIENTATION_HORIZONTAL ? 160 : 120;
}

static void tincture_loss_plot_finalize(GObject *object)
{
    g_array_unref(TINCTURE_LOSS_PLOT(object)->loss);
    G_OBJECT_CLASS(tincture_loss_plot_parent_class)->finalize(object);
}

static void tincture_loss_plot_class_init(TinctureLossPlotClass *klass)
{
    GtkWidgetClass *widget_class = GTK_WIDGET_CLASS(klass);
    G_OBJECT_CLASS(klass)->finalize = tincture_loss_plot_finalize;
    widget_class->snapshot = tincture_loss_plot_snapshot;
    widget_class->measure = tincture_loss_plot_measure;
    gtk_widget_class_set_css_name(widget_class, "lossplot");
    gtk_widget_class_set_accessible_role(widget_class, GTK_ACCESSIBLE_ROLE_IMG);
}

static void tincture_loss_plot_init(TinctureLossPlot *self)
{
    self->loss = g_array_new(FALSE, FALSE, sizeof(double));
}

void tincture_loss_plot_set(TinctureLossPlot *self, const double *loss, int n, int steps)
{
    g_return_if_fail(TINCTURE_IS_LOSS_PLOT(self));
    g_array_set_size(self->loss, 0);
    if (n > 0) {
        g_autofree char *label =
            g_strdup_printf(_("Loss %.4f after %d of %d steps"), loss[n - 1], n, MAX(steps, n));
        g_array_append_vals(self->loss, loss, (guint)n);
        gtk_accessible_update_property(GTK_ACCESSIBLE(self), GTK_ACCESSIBLE_PROPERTY_LABEL, label,
                                       -1);
    }
    self->steps = MAX(steps, n);
    gtk_widget_queue_draw(GTK_WIDGET(self));
}
