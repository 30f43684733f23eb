// The control that leads the edits: which one, how strongly, and by what hint.
#include "compute/i18n.h"
#include "render/present/texture.h"
#include "ui/core/plain_text.h"
#include "ui/panels/panel.h"
#include "ui/widgets/setting_row.h"
#include "ui/widgets/thumb.h"

#define THUMB_SIDE   96
#define THUMB_MARGIN 8

#define TINCTURE_TYPE_CONTROL_PANEL (tincture_control_panel_get_type())
G_DECLARE_FINAL_TYPE(TinctureControlPanel, tincture_control_panel, TINCTURE, CONTROL_PANEL,
                     TincturePanel)

struct _TinctureControlPanel {
    TincturePanel parent_instance;

    // template widgets
    AdwPreferencesGroup *group;
    AdwComboRow *control;
    AdwActionRow *hint;
    GtkWidget *from_photo;

    // borrowed from the group
    GtkWidget *strength, *thumb;

    // owned
    GPtrArray *names; // char *: of the rows of the choice behind the first
    GBytes *pixels;   // what the thumb shows; NULL: nothing
};

G_DEFINE_FINAL_TYPE(TinctureControlPanel, tincture_control_panel, TINCTURE_TYPE_PANEL)

static TinctureProject *project_of(TinctureControlPanel *self)
{
    return tincture_panel_get_project(TINCTURE_PANEL(self));
}

// ---- what a person does -------------------------------------------------------------------------

static void control_cb(TinctureControlPanel *self)
{
    const guint chosen = adw_combo_row_get_selected(self->control);
    struct lead lead = project_of(self)->document.lead;
    if (!tincture_panel_is_updating(TINCTURE_PANEL(self)) && chosen <= self->names->len) {
        lead.control = chosen > 0 ? self->names->pdata[chosen - 1] : NULL;
        tincture_project_set_lead(project_of(self), &lead);
    }
}

static void strength_cb(TinctureSettingRow *row, double value, TinctureControlPanel *self)
{
    struct lead lead = project_of(self)->document.lead;
    lead.strength = value;
    tincture_project_set_lead(project_of(self), &lead);
}

static void from_photo_cb(TinctureControlPanel *self)
{
    struct lead lead = project_of(self)->document.lead;
    lead.hint = NULL;
    tincture_project_set_lead(project_of(self), &lead);
}

// ---- what is shown ------------------------------------------------------------------------------

// "depth" of "depth.safetensors".
static char *title_of(const char *name)
{
    g_autofree char *shown = g_filename_display_name(name);
    char *title = plain_text(shown, TEXT_NAME);
    char *suffix = g_strrstr(title, LIBRARY_SUFFIX);
    if (suffix != NULL) {
        *suffix = '\0';
    }
    return title;
}

// One whose file is gone stays in the list while it is chosen.
static GPtrArray *names_now(TinctureControlPanel *self)
{
    const GPtrArray *controls = project_of(self)->controls;
    const char *chosen = project_of(self)->document.lead.control;
    GPtrArray *names = g_ptr_array_new_with_free_func(g_free);
    for (guint i = 0; i < controls->len; i++) {
        g_ptr_array_add(names, g_strdup(controls->pdata[i]));
    }
    if (chosen != NULL && !g_ptr_array_find_with_equal_func(names, chosen, g_str_equal, NULL)) {
        g_ptr_array_add(names, g_strdup(chosen));
    }
    return names;
}

// A list that is new would close one that a person has opened.
static void list_names(TinctureControlPanel *self)
{
    g_autoptr(GPtrArray) names = names_now(self);
    gboolean same = names->len == self->names->len;
    for (guint i = 0; same && i < names->len; i++) {
        same = g_str_equal(names->pdata[i], self->names->pdata[i]);
    }
    if (same && adw_combo_row_get_model(self->control) != NULL) {
        return;
    }
    g_autoptr(GtkStringList) titles = gtk_string_list_new(NULL);
    gtk_string_list_append(titles, C_("control", "None"));
    for (guint i = 0; i < names->len; i++) {
        gtk_string_list_take(titles, title_of(names->pdata[i]));
    }
    g_ptr_array_unref(self->names);
    self->names = g_steal_pointer(&names);
    adw_combo_row_set_model(self->control, G_LIST_MODEL(titles));
}

static void show_choice(TinctureControlPanel *self)
{
    const char *chosen = project_of(self)->document.lead.control;
    guint at = 0;
    list_names(self);
    for (guint i = 0; i < self->names->len; i++) {
        at = g_strcmp0(self->names->pdata[i], chosen) == 0 ? i + 1 : at;
    }
    adw_combo_row_set_selected(self->control, at);
}

static void show_hint(TinctureControlPanel *self)
{
    const TinctureProject *p = project_of(self);
    const char *path = p->document.lead.hint;
    g_autofree char *name = path != NULL ? g_filename_display_basename(path) : NULL;
    g_autofree char *shown = name != NULL ? plain_text(name, TEXT_NAME) : NULL;
    adw_action_row_set_subtitle(self->hint, p->hint_fault != NULL ? p->hint_fault
                                            : shown != NULL       ? shown
                                                                  : _("The photo's edges"));
    gtk_widget_set_visible(self->from_photo, path != NULL);
    gtk_widget_set_visible(self->thumb, p->hint.rgba != NULL);
    if (p->hint.rgba != self->pixels) {
        g_autoptr(GdkTexture) texture =
            p->hint.rgba != NULL ? texture_from_rgba8(p->hint.rgba, p->hint.width, p->hint.height)
                                 : NULL;
        g_clear_pointer(&self->pixels, g_bytes_unref);
        self->pixels = p->hint.rgba != NULL ? g_bytes_ref(p->hint.rgba) : NULL;
        tincture_thumb_set_paintable(TINCTURE_THUMB(self->thumb), GDK_PAINTABLE(texture));
    }
}

static void document_changed(TincturePanel *panel, guint parts)
{
    TinctureControlPanel *self = TINCTURE_CONTROL_PANEL(panel);
    const TinctureProject *p = project_of(self);
    const struct lead *lead = &p->document.lead;
    if (!(parts & (DOCUMENT_PARAMS | DOCUMENT_PHOTO))) {
        return;
    }
    gtk_widget_set_visible(GTK_WIDGET(self), p->controls->len > 0 || lead->control != NULL);
    gtk_widget_set_visible(self->strength, lead->control != NULL);
    gtk_widget_set_visible(GTK_WIDGET(self->hint), lead->control != NULL);
    tincture_setting_row_set_value(TINCTURE_SETTING_ROW(self->strength), lead->strength);
    show_choice(self);
    show_hint(self);
}

// ---- the object ---------------------------------------------------------------------------------

static void tincture_control_panel_dispose(GObject *object)
{
    TinctureControlPanel *self = TINCTURE_CONTROL_PANEL(object);
    g_clear_pointer(&self->names, g_ptr_array_unref);
    g_clear_pointer(&self->pixels, g_bytes_unref);
    adw_bin_set_child(ADW_BIN(object), NULL); // or it is let go twice: the template has it, too
    gtk_widget_dispose_template(GTK_WIDGET(object), TINCTURE_TYPE_CONTROL_PANEL);
    G_OBJECT_CLASS(tincture_control_panel_parent_class)->dispose(object);
}

static void tincture_control_panel_class_init(TinctureControlPanelClass *klass)
{
    GtkWidgetClass *widget_class = GTK_WIDGET_CLASS(klass);
    G_OBJECT_CLASS(klass)->dispose = tincture_control_panel_dispose;
    TINCTURE_PANEL_CLASS(klass)->document_changed = document_changed;
    gtk_widget_class_set_template_from_resource(widget_class,
                                                "/org/tincture/Tincture/ui/control_panel.ui");
    gtk_widget_class_bind_template_child(widget_class, TinctureControlPanel, group);
    gtk_widget_class_bind_template_child(widget_class, TinctureControlPanel, control);
    gtk_widget_class_bind_template_child(widget_class, TinctureControlPanel, hint);
    gtk_widget_class_bind_template_child(widget_class, TinctureControlPanel, from_photo);
    gtk_widget_class_bind_template_callback(widget_class, control_cb);
    gtk_widget_class_bind_template_callback(widget_class, from_photo_cb);
}

static void tincture_control_panel_init(TinctureControlPanel *self)
{
    self->names = g_ptr_array_new_with_free_func(g_free);
    gtk_widget_init_template(GTK_WIDGET(self));
    self->strength = tincture_setting_row_new(&lead_strength, "control");
    g_signal_connect(self->strength, "changed", G_CALLBACK(strength_cb), self);
    adw_preferences_group_add(self->group, self->strength);
    g_object_ref(self->hint); // below it
    adw_preferences_group_remove(self->group, GTK_WIDGET(self->hint));
    adw_preferences_group_add(self->group, GTK_WIDGET(self->hint));
    g_object_unref(self->hint);
    self->thumb = tincture_thumb_new(NULL, THUMB_SIDE, THUMB_SIDE);
    gtk_widget_set_valign(self->thumb, GTK_ALIGN_CENTER);
    gtk_widget_set_margin_top(self->thumb, THUMB_MARGIN);
    gtk_widget_set_margin_bottom(self->thumb, THUMB_MARGIN);
    adw_action_row_add_prefix(self->hint, self->thumb);
}

const struct panel control_panel = {
    .id = "control",
    .title = N_("Control"),
    .side = PANEL_INSPECTOR,
    .get_type = tincture_control_panel_get_type,
};
