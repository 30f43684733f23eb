// Where the edit shows: the frame around what the model sees, and the mask.
#include "ui/panels/panel.h"

#include "compute/i18n.h"

#define TINCTURE_TYPE_WHERE_PANEL (tincture_where_panel_get_type())
G_DECLARE_FINAL_TYPE(TinctureWherePanel, tincture_where_panel, TINCTURE, WHERE_PANEL, TincturePanel)

struct _TinctureWherePanel {
    TincturePanel parent_instance;

    // template widgets
    AdwExpanderRow *place; // closed it says what its rows say
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

static void peek(TinctureWherePanel *self, gboolean peek)
{
    GtkRoot *window = gtk_widget_get_root(GTK_WIDGET(self));
    if (window != NULL) {
        g_action_group_change_action_state(G_ACTION_GROUP(window), "peek-mask",
                                           g_variant_new_boolean(peek));
    }
}

static void show_enter_cb(TinctureWherePanel *self)
{
    peek(self, TRUE);
}

static void show_leave_cb(TinctureWherePanel *self)
{
    peek(self, FALSE);
}

static void show_frame(TinctureWherePanel *self, const struct image_region *r)
{
    g_autofree char *text =
        r->width > 0 ? g_strdup_printf(_("%d × %d at %d, %d"), r->width, r->height, r->x, r->y)
                     : g_strdup(_("The whole photo"));
    adw_action_row_set_subtitle(self->frame, text);
}

// How much of the photo the mask covers; NULL: there is none.
static char *mask_text(TinctureWherePanel *self)
{
    TincturePanel *panel = TINCTURE_PANEL(self);
    TincturePainting *painting = tincture_panel_get_painting(panel);
    if (tincture_panel_get_project(panel)->document.mask == NULL) {
        return NULL;
    }
    if (tincture_painting_is_busy(painting)) {
        return g_strdup("…");
    }
    const double covered = tincture_painting_coverage(painting) * 100;
    return covered > 0 && covered < 1 ? g_strdup(_("less than 1 %"))
                                      : g_strdup_printf(_("%.0f %%"), covered);
}

static void show_mask(TinctureWherePanel *self, const char *covered)
{
    g_autofree char *text = covered != NULL ? g_strdup_printf(_("%s of the photo"), covered) : NULL;
    gtk_widget_set_visible(self->border, covered != NULL);
    adw_action_row_set_subtitle(self->mask, text != NULL ? text : _("Everywhere"));
}

// "Frame 400 × 300, mask 12 %"; newly allocated.
static char *place_text(const struct image_region *r, const char *covered)
{
    if (r->width > 0 && covered != NULL) {
        return g_strdup_printf(_("Frame %d × %d, mask %s"), r->width, r->height, covered);
    }
    return r->width > 0      ? g_strdup_printf(_("Frame %d × %d"), r->width, r->height)
           : covered != NULL ? g_strdup_printf(_("Mask %s"), covered)
                             : g_strdup(_("Whole photo"));
}

static void show_place(TinctureWherePanel *self)
{
    const struct image_region *r =
        &tincture_panel_get_project(TINCTURE_PANEL(self))->document.region;
    g_autofree char *covered = mask_text(self);
    g_autofree char *summary = place_text(r, covered);
    g_autofree char *name = g_strdup_printf(_("Where: %s"), summary);
    show_frame(self, r);
    show_mask(self, covered);
    adw_expander_row_set_subtitle(self->place, summary);
    gtk_accessible_update_property(GTK_ACCESSIBLE(self->place), GTK_ACCESSIBLE_PROPERTY_LABEL, name,
                                   -1);
}

// Open while a tool is in the hand; afterwards the words have the room, unless the keyboard is
// here.
static void tool_changed_cb(TinctureWherePanel *self, const char *name, GVariant *tool)
{
    GtkWidget *focus = gtk_root_get_focus(gtk_widget_get_root(GTK_WIDGET(self)));
    if (!g_str_equal(g_variant_get_string(tool, NULL), "hand")) {
        adw_expander_row_set_expanded(self->place, TRUE);
    } else if (focus == NULL || !gtk_widget_is_ancestor(focus, GTK_WIDGET(self->place))) {
        adw_expander_row_set_expanded(self->place, FALSE);
    }
}

static void root_changed_cb(TinctureWherePanel *self)
{
    GtkRoot *window = gtk_widget_get_root(GTK_WIDGET(self));
    if (window != NULL) {
        g_signal_connect_object(window, "action-state-changed::tool", G_CALLBACK(tool_changed_cb),
                                self, G_CONNECT_SWAPPED);
    }
}

static void document_changed(TincturePanel *panel, guint parts)
{
    TinctureWherePanel *self = TINCTURE_WHERE_PANEL(panel);
    const TinctureProject *project = tincture_panel_get_project(panel);
    if (!self->follows) {
        self->follows = TRUE;
        g_signal_connect_object(tincture_panel_get_painting(panel), "changed",
                                G_CALLBACK(show_place), self, G_CONNECT_SWAPPED | G_CONNECT_AFTER);
    }
    if ((parts & DOCUMENT_PHOTO) && project->photo != NULL) {
        const struct image *full = project->photo->full;
        gtk_spin_button_set_value(self->pixels, MAX(1, MAX(full->width, full->height) / 250));
    }
    if (parts & (DOCUMENT_PLACE | DOCUMENT_PHOTO)) {
        show_place(self);
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
    gtk_widget_class_bind_template_child(widget_class, TinctureWherePanel, place);
    gtk_widget_class_bind_template_child(widget_class, TinctureWherePanel, frame);
    gtk_widget_class_bind_template_child(widget_class, TinctureWherePanel, mask);
    gtk_widget_class_bind_template_child(widget_class, TinctureWherePanel, border);
    gtk_widget_class_bind_template_child(widget_class, TinctureWherePanel, pixels);
    gtk_widget_class_bind_template_callback(widget_class, shrink_cb);
    gtk_widget_class_bind_template_callback(widget_class, grow_cb);
    gtk_widget_class_bind_template_callback(widget_class, feather_cb);
    gtk_widget_class_bind_template_callback(widget_class, show_enter_cb);
    gtk_widget_class_bind_template_callback(widget_class, show_leave_cb);
}

static void tincture_where_panel_init(TinctureWherePanel *self)
{
    gtk_widget_init_template(GTK_WIDGET(self));
    g_signal_connect(self, "notify::root", G_CALLBACK(root_changed_cb), NULL);
}

const struct panel where_panel = {
    .id = "where",
    .title = N_("Where"),
    .side = PANEL_INSPECTOR,
    .get_type = tincture_where_panel_get_type,
};
