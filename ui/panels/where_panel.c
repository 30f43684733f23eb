// Where the edit shows: the frame around what the model sees, and the mask.
#include "ui/panels/panel.h"

#define TINCTURE_TYPE_WHERE_PANEL (tincture_where_panel_get_type())
G_DECLARE_FINAL_TYPE(TinctureWherePanel, tincture_where_panel, TINCTURE, WHERE_PANEL, TincturePanel)

struct _TinctureWherePanel {
    TincturePanel parent_instance;

    // template widgets
    AdwActionRow *frame, *mask;
    GtkWidget *border;
    GtkSpinButton *pixels;

    // state
    gboolean follows; // the painting is listened to
};

G_DEFINE_FINAL_TYPE(TinctureWherePanel, tincture_where_panel, TINCTURE_TYPE_PANEL)

static void move_border(TinctureWherePanel *self, const char *action, int factor)
{
    gtk_widget_activate_action(GTK_WIDGET(self), action, "i",
                               factor * gtk_spin_button_get_value_as_int(self->pixels));
}

static void shrink_cb(TinctureWherePanel *self)
{
    move_border(self, "win.mask-grow", -1);
}

static void grow_cb(TinctureWherePanel *self)
{
    move_border(self, "win.mask-grow", 1);
}

static void feather_cb(TinctureWherePanel *self)
{
    move_border(self, "win.mask-feather", 1);
}

static void show_frame(TinctureWherePanel *self, const struct image_region *r)
{
    g_autofree char *text =
        r->width > 0 ? g_strdup_printf("%d × %d at %d, %d", r->width, r->height, r->x, r->y)
                     : g_strdup("The whole photo");
    adw_action_row_set_subtitle(self->frame, text);
}

static void show_mask(TinctureWherePanel *self)
{
    TincturePanel *panel = TINCTURE_PANEL(self);
    const struct mask *mask = tincture_panel_get_project(panel)->document.mask;
    TincturePainting *painting = tincture_panel_get_session(panel)->painting;
    gtk_widget_set_visible(self->border, mask != NULL);
    if (mask == NULL) {
        adw_action_row_set_subtitle(self->mask, "Everywhere");
    } else if (!tincture_painting_is_busy(painting)) {
        const double covered = tincture_painting_coverage(painting) * 100;
        g_autofree char *text = covered > 0 && covered < 1
                                    ? g_strdup("Less than 1 % of the photo")
                                    : g_strdup_printf("%.0f %% of the photo", covered);
        adw_action_row_set_subtitle(self->mask, text);
    }
}

static void document_changed(TincturePanel *panel, guint parts)
{
    TinctureWherePanel *self = TINCTURE_WHERE_PANEL(panel);
    const TinctureProject *project = tincture_panel_get_project(panel);
    if (!self->follows) {
        self->follows = TRUE;
        g_signal_connect_object(tincture_panel_get_session(panel)->painting, "changed",
                                G_CALLBACK(show_mask), self, G_CONNECT_SWAPPED | G_CONNECT_AFTER);
    }
    if ((parts & DOCUMENT_PHOTO) && project->photo != NULL) {
        const struct image *full = project->photo->full;
        gtk_spin_button_set_value(self->pixels, MAX(1, MAX(full->width, full->height) / 250));
    }
    if (parts & (DOCUMENT_PLACE | DOCUMENT_PHOTO)) {
        show_frame(self, &project->document.region);
        show_mask(self);
    }
}

static void tincture_where_panel_dispose(GObject *object)
{
    gtk_widget_dispose_template(GTK_WIDGET(object), TINCTURE_TYPE_WHERE_PANEL);
    G_OBJECT_CLASS(tincture_where_panel_parent_class)->dispose(object);
}

static void tincture_where_panel_class_init(TinctureWherePanelClass *klass)
{
    GtkWidgetClass *widget_class = GTK_WIDGET_CLASS(klass);
    G_OBJECT_CLASS(klass)->dispose = tincture_where_panel_dispose;
    TINCTURE_PANEL_CLASS(klass)->document_changed = document_changed;
    gtk_widget_class_set_template_from_resource(widget_class,
                                                "/org/tincture/Tincture/ui/where_panel.ui");
    gtk_widget_class_bind_template_child(widget_class, TinctureWherePanel, frame);
    gtk_widget_class_bind_template_child(widget_class, TinctureWherePanel, mask);
    gtk_widget_class_bind_template_child(widget_class, TinctureWherePanel, border);
    gtk_widget_class_bind_template_child(widget_class, TinctureWherePanel, pixels);
    gtk_widget_class_bind_template_callback(widget_class, shrink_cb);
    gtk_widget_class_bind_template_callback(widget_class, grow_cb);
    gtk_widget_class_bind_template_callback(widget_class, feather_cb);
}

static void tincture_where_panel_init(TinctureWherePanel *self)
{
    gtk_widget_init_template(GTK_WIDGET(self));
}

const struct panel where_panel = {
    .id = "where",
    .title = "Where",
    .side = PANEL_INSPECTOR,
    .get_type = tincture_where_panel_get_type,
};
