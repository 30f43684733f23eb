#include "ui/widgets/sample_strip.h"

#include "compute/i18n.h"
#include "render/present/texture.h"
#include "ui/widgets/thumb.h"

#define SAMPLE_HEIGHT 72

struct _TinctureSampleStrip {
    AdwBin parent_instance;

    // widgets
    GtkWidget *scroller, *box;

    // owned
    GPtrArray *shown; // GBytes of each picture in the box
};

G_DEFINE_FINAL_TYPE(TinctureSampleStrip, tincture_sample_strip, ADW_TYPE_BIN)

static gboolean starts_with_shown(TinctureSampleStrip *self, const GArray *samples)
{
    if (samples->len < self->shown->len) {
        return FALSE;
    }
    for (guint i = 0; i < self->shown->len; i++) {
        if (g_array_index(samples, struct picture, i).rgba != self->shown->pdata[i]) {
            return FALSE;
        }
    }
    return TRUE;
}

static void clear(TinctureSampleStrip *self)
{
    GtkWidget *child;
    while ((child = gtk_widget_get_first_child(self->box)) != NULL) {
        gtk_box_remove(GTK_BOX(self->box), child);
    }
    g_ptr_array_set_size(self->shown, 0);
}

static void append(TinctureSampleStrip *self, const struct picture *sample)
{
    g_autoptr(GdkTexture) texture = texture_from_rgba8(sample->rgba, sample->width, sample->height);
    g_autofree char *label = g_strdup_printf(_("Sample %u"), self->shown->len + 1);
    double aspect = (double)sample->width / sample->height;
    GtkWidget *thumb = tincture_thumb_new(
        GDK_PAINTABLE(texture), (int)(SAMPLE_HEIGHT * CLAMP(aspect, 0.5, 2)), SAMPLE_HEIGHT);
    gtk_widget_set_tooltip_text(thumb, label);
    g_object_set(thumb, "accessible-role", GTK_ACCESSIBLE_ROLE_IMG, NULL);
    gtk_accessible_update_property(GTK_ACCESSIBLE(thumb), GTK_ACCESSIBLE_PROPERTY_LABEL, label, -1);
    gtk_box_append(GTK_BOX(self->box), thumb);
    g_ptr_array_add(self->shown, g_bytes_ref(sample->rgba));
}

static void scroll_to_end_cb(GtkAdjustment *adjustment)
{
    gtk_adjustment_set_value(adjustment, gtk_adjustment_get_upper(adjustment));
}

static void tincture_sample_strip_dispose(GObject *object)
{
    TinctureSampleStrip *self = TINCTURE_SAMPLE_STRIP(object);
    g_clear_pointer(&self->shown, g_ptr_array_unref);
    G_OBJECT_CLASS(tincture_sample_strip_parent_class)->dispose(object);
}

static void tincture_sample_strip_class_init(TinctureSampleStripClass *klass)
{
    G_OBJECT_CLASS(klass)->dispose = tincture_sample_strip_dispose;
}

static void tincture_sample_strip_init(TinctureSampleStrip *self)
{
    self->shown = g_ptr_array_new_with_free_func((GDestroyNotify)g_bytes_unref);
    self->box = gtk_box_new(GTK_ORIENTATION_HORIZONTAL, 6);
    gtk_widget_add_css_class(self->box, "samples");
    self->scroller = gtk_scrolled_window_new();
    gtk_scrolled_window_set_policy(GTK_SCROLLED_WINDOW(self->scroller), GTK_POLICY_AUTOMATIC,
                                   GTK_POLICY_NEVER);
    gtk_scrolled_window_set_child(GTK_SCROLLED_WINDOW(self->scroller), self->box);
    g_signal_connect(gtk_scrolled_window_get_hadjustment(GTK_SCROLLED_WINDOW(self->scroller)),
                     "notify::upper", G_CALLBACK(scroll_to_end_cb), NULL);
    adw_bin_set_child(ADW_BIN(self), self->scroller);
}

void tincture_sample_strip_show(TinctureSampleStrip *self, const GArray *samples)
{
    g_return_if_fail(TINCTURE_IS_SAMPLE_STRIP(self));
    if (!starts_with_shown(self, samples)) {
        clear(self);
    }
    for (guint i = self->shown->len; i < samples->len; i++) {
        append(self, &g_array_index(samples, struct picture, i));
    }
}
