#include "ui/widgets/layer_bars.h"

#include "compute/i18n.h"

#include <math.h>

#define HEIGHT     64
#define LABEL_SIDE 18.0 // of the names below
#define GAP        4.0  // between blocks

struct block {
    char *name; // "up1"
    guint first, end;
};

struct _TinctureLayerBars {
    GtkWidget parent_instance;

    // owned
    GArray *sizes;  // double, 0 .. 1: one a layer
    GArray *blocks; // struct block
};

G_DEFINE_FINAL_TYPE(TinctureLayerBars, tincture_layer_bars, GTK_TYPE_WIDGET)

static double size_of(const struct study_layer *l, int adapter)
{
    return l->weight > 0 ? l->parts[adapter].change / l->weight : 0;
}

double layer_bars_most(const struct adapter_study *study)
{
    double most = 0;
    for (guint i = 0; i < study->layers->len; i++) {
        for (int a = 0; a < study->n; a++) {
            most = fmax(most, size_of(study->layers->pdata[i], a));
        }
    }
    return most;
}

// ---- drawing ------------------------------------------------------------------------------------

static void draw_name(TinctureLayerBars *self, GtkSnapshot *snapshot, const struct block *b,
                      double x, double width, const GdkRGBA *color)
{
    g_autoptr(PangoLayout) layout = gtk_widget_create_pango_layout(GTK_WIDGET(self), b->name);
    int w, h;
    pango_layout_get_pixel_size(layout, &w, &h);
    if (w > width) {
        return;
    }
    gtk_snapshot_save(snapshot);
    gtk_snapshot_translate(
        snapshot, &GRAPHENE_POINT_INIT((float)(x + (width - w) / 2), (float)(HEIGHT - LABEL_SIDE)));
    gtk_snapshot_append_layout(snapshot, layout, color);
    gtk_snapshot_restore(snapshot);
}

static void draw_block(TinctureLayerBars *self, GtkSnapshot *snapshot, const struct block *b,
                       double x, double step, const GdkRGBA *bar, const GdkRGBA *line)
{
    const double full = HEIGHT - LABEL_SIDE, width = step * (b->end - b->first);
    for (guint i = b->first; i < b->end; i++) {
        const double size = g_array_index(self->sizes, double, i);
        const double high = size > 0 ? fmax(1, full * size) : 0;
        const double gap = step > 3 ? 1 : 0;
        gtk_snapshot_append_color(snapshot, bar,
                                  &GRAPHENE_RECT_INIT((float)(x + step * (i - b->first)),
                                                      (float)(full - high), (float)(step - gap),
                                                      (float)high));
    }
    gtk_snapshot_append_color(snapshot, line,
                              &GRAPHENE_RECT_INIT((float)x, (float)full, (float)width, 1));
}

static void tincture_layer_bars_snapshot(GtkWidget *widget, GtkSnapshot *snapshot)
{
    TinctureLayerBars *self = TINCTURE_LAYER_BARS(widget);
    GtkStyleContext *style = gtk_widget_get_style_context(widget);
    GdkRGBA text, accent;
    gtk_style_context_get_color(style, &text);
    if (!gtk_style_context_lookup_color(style, "accent_color", &accent)) {
        accent = text;
    }
    text.alpha *= 0.6f;
    const double free = gtk_widget_get_width(widget) - GAP * (self->blocks->len - 1.0);
    const double step = free / MAX(self->sizes->len, 1);
    double x = 0;
    for (guint i = 0; i < self->blocks->len; i++) {
        const struct block *b = &g_array_index(self->blocks, struct block, i);
        const double width = step * (b->end - b->first);
        draw_block(self, snapshot, b, x, step, &accent, &text);
        draw_name(self, snapshot, b, x, width, &text);
        x += width + GAP;
    }
}

static void tincture_layer_bars_measure(GtkWidget *widget, GtkOrientation orientation, int for_size,
                                        int *minimum, int *natural, int *minimum_baseline,
                                        int *natural_baseline)
{
    *minimum = *natural = orientation == GTK_ORIENTATION_HORIZONTAL ? 160 : HEIGHT;
}

// ---- life ---------------------------------------------------------------------------------------

static void block_clear(struct block *b)
{
    g_free(b->name);
}

static void tincture_layer_bars_finalize(GObject *object)
{
    TinctureLayerBars *self = TINCTURE_LAYER_BARS(object);
    g_array_unref(self->sizes);
    g_array_unref(self->blocks);
    G_OBJECT_CLASS(tincture_layer_bars_parent_class)->finalize(object);
}

static void tincture_layer_bars_class_init(TinctureLayerBarsClass *klass)
{
    GtkWidgetClass *widget_class = GTK_WIDGET_CLASS(klass);
    G_OBJECT_CLASS(klass)->finalize = tincture_layer_bars_finalize;
    widget_class->snapshot = tincture_layer_bars_snapshot;
    widget_class->measure = tincture_layer_bars_measure;
    gtk_widget_class_set_css_name(widget_class, "layerbars");
    gtk_widget_class_set_accessible_role(widget_class, GTK_ACCESSIBLE_ROLE_IMG);
}

static void tincture_layer_bars_init(TinctureLayerBars *self)
{
    self->sizes = g_array_new(FALSE, FALSE, sizeof(double));
    self->blocks = g_array_new(FALSE, FALSE, sizeof(struct block));
    g_array_set_clear_func(self->blocks, (GDestroyNotify)block_clear);
    gtk_widget_add_css_class(GTK_WIDGET(self), "caption");
}

// The study has the layers of a block together.
static void note_block(TinctureLayerBars *self, const struct study_layer *l, guint i)
{
    struct layer_group group = l->group;
    group.kind = LAYER_ANY;
    char *name = layer_group_name(group);
    struct block *last = self->blocks->len > 0
                             ? &g_array_index(self->blocks, struct block, self->blocks->len - 1)
                             : NULL;
    if (last && g_str_equal(last->name, name)) {
        last->end = i + 1;
        g_free(name);
    } else {
        const struct block b = {name, i, i + 1};
        g_array_append_val(self->blocks, b);
    }
}

GtkWidget *tincture_layer_bars_new(const struct adapter_study *study, int adapter, const char *name,
                                   double most)
{
    TinctureLayerBars *self = g_object_new(TINCTURE_TYPE_LAYER_BARS, NULL);
    GString *label = g_string_new(NULL);
    g_string_printf(label, _("Sizes of %s by block:"), name);
    for (guint i = 0; i < study->layers->len; i++) {
        const struct study_layer *l = study->layers->pdata[i];
        const double size = most > 0 ? size_of(l, adapter) / most : 0;
        g_array_append_val(self->sizes, size);
        note_block(self, l, i);
    }
    for (guint i = 0; i < self->blocks->len; i++) {
        const struct block *b = &g_array_index(self->blocks, struct block, i);
        struct layer_group group;
        layer_group_parse(b->name, &group);
        g_string_append_printf(label, " %s %.2g %%", b->name,
                               100 * study_size(study, adapter, group));
    }
    gtk_accessible_update_property(GTK_ACCESSIBLE(self), GTK_ACCESSIBLE_PROPERTY_LABEL, label->str,
                                   -1);
    g_string_free(label, TRUE);
    return GTK_WIDGET(self);
}
