// What the photo should show instead: edit prompt, what to avoid, the settings as rows, and the
// seed.
#include "compute/edit/preset.h"
#include "compute/i18n.h"
#include "compute/sched/sched.h"
#include "ui/panels/panel.h"
#include "ui/widgets/prompt_view.h"
#include "ui/widgets/setting_list.h"

#include <string.h>

#define TINCTURE_TYPE_EDIT_PANEL (tincture_edit_panel_get_type())
G_DECLARE_FINAL_TYPE(TinctureEditPanel, tincture_edit_panel, TINCTURE, EDIT_PANEL, TincturePanel)

struct _TinctureEditPanel {
    TincturePanel parent_instance;

    // template widgets
    AdwPreferencesGroup *rows;
    AdwExpanderRow *expert;
    TincturePromptView *prompt, *negative;
    GtkEditable *seed;
    GtkWidget *seed_row, *learn_first;
    GtkLabel *learn_why;
    GtkFlowBox *presets;
    GtkLabel *words;

    // owned
    struct setting_list *settings;

    // state
    gboolean edges; // there is a row for what keeps them
};

G_DEFINE_FINAL_TYPE(TinctureEditPanel, tincture_edit_panel, TINCTURE_TYPE_PANEL)

static TinctureProject *project_of(TinctureEditPanel *self)
{
    return tincture_panel_get_project(TINCTURE_PANEL(self));
}

static void prompt_edited_cb(TinctureEditPanel *self)
{
    g_autofree char *text = tincture_prompt_view_dup_text(self->prompt);
    tincture_project_set_prompt(project_of(self), text);
}

static void negative_edited_cb(TinctureEditPanel *self)
{
    g_autofree char *text = tincture_prompt_view_dup_text(self->negative);
    tincture_project_set_negative(project_of(self), text);
}

static void prompt_activate_cb(TinctureEditPanel *self)
{
    gtk_widget_activate_action(GTK_WIDGET(self), "win.edit-now", NULL);
}

static void show_seed(TinctureEditPanel *self)
{
    g_autofree char *text =
        g_strdup_printf("%" G_GUINT64_FORMAT, (guint64)project_of(self)->document.seed);
    if (!g_str_equal(text, gtk_editable_get_text(self->seed))) {
        gtk_editable_set_text(self->seed, text);
    }
    gtk_widget_remove_css_class(GTK_WIDGET(self->seed), "error");
}

// A seed that is no number is marked while the entry has the focus, and forgotten afterwards.
static void seed_apply_cb(TinctureEditPanel *self)
{
    guint64 seed = 0;
    const char *text = gtk_editable_get_text(self->seed);
    if (tincture_panel_is_updating(TINCTURE_PANEL(self))) {
        return;
    }
    const gboolean draw = g_str_equal(text, "-1"); // as other programs have it
    if (draw) {
        seed = g_random_int();
    } else if (!g_ascii_string_to_unsigned(text, 10, 0, G_MAXUINT64, &seed, NULL)) {
        gtk_widget_add_css_class(GTK_WIDGET(self->seed), "error");
        return;
    }
    gtk_widget_remove_css_class(GTK_WIDGET(self->seed), "error");
    if (seed != project_of(self)->document.seed) {
        tincture_project_set_seed(project_of(self), seed);
    }
    if (draw) {
        show_seed(self); // once for one -1, and to be seen
    }
}

static void seed_left_cb(TinctureEditPanel *self)
{
    seed_apply_cb(self);
    show_seed(self);
}

// Where the settings leave nothing to chance, another seed would give the same picture.
static void show_chance(TinctureEditPanel *self)
{
    const gboolean matters = edit_settings_seed_matters(project_of(self)->document.edit);
    gtk_widget_set_sensitive(self->seed_row, matters);
    gtk_widget_set_tooltip_text(
        self->seed_row, matters ? _("The same seed gives the same picture again")
                                : _("With these settings every seed gives the same picture"));
}

// The settings decide which one is in use, also after a slider has left it.
static void show_preset(TinctureEditPanel *self)
{
    TinctureProject *project = project_of(self);
    const struct edit_preset *used = edit_preset_of(project->document.edit, project->presets);
    GtkWidget *cell = gtk_widget_get_first_child(GTK_WIDGET(self->presets));
    for (const struct edit_preset *p = edit_presets; p->name != NULL && cell != NULL; p++) {
        GtkWidget *button = gtk_flow_box_child_get_child(GTK_FLOW_BOX_CHILD(cell));
        gtk_toggle_button_set_active(GTK_TOGGLE_BUTTON(button), p == used);
        cell = gtk_widget_get_next_sibling(cell);
    }
}

static void preset_cb(GtkWidget *button, TinctureEditPanel *self)
{
    GtkFlowBoxChild *cell = GTK_FLOW_BOX_CHILD(gtk_widget_get_parent(button));
    const struct edit_preset *preset = &edit_presets[gtk_flow_box_child_get_index(cell)];
    tincture_project_use_preset(project_of(self), preset->name);
    show_preset(self);
}

static void add_presets(TinctureEditPanel *self)
{
    for (const struct edit_preset *p = edit_presets; p->name != NULL; p++) {
        g_autofree char *name = g_strdup_printf("preset.%s", p->name);
        GtkWidget *button = gtk_toggle_button_new_with_label(translated(p->title));
        gtk_widget_set_name(button, name);
        gtk_widget_set_tooltip_text(button, translated(p->summary));
        gtk_widget_set_hexpand(button, TRUE);
        g_signal_connect(button, "clicked", G_CALLBACK(preset_cb), self);
        gtk_flow_box_append(self->presets, button);
        gtk_widget_set_focusable(gtk_widget_get_parent(button), FALSE); // the button is
    }
}

static void setting_changed(const char *key, double value, gpointer data)
{
    tincture_project_set(project_of(data), SETTINGS_EDIT, key, value);
}

static void show_settings(TinctureEditPanel *self)
{
    const TinctureSession *session = tincture_panel_get_session(TINCTURE_PANEL(self));
    const struct settings *settings = project_of(self)->document.edit;
    // Where nothing keeps edges there is no row for it, unless it is to be set back; it stays where
    // that is done. A control that was chosen leads alone.
    self->edges =
        self->edges || session->studio->has_edges || settings_get(settings, "keep_edges") > 0;
    const bool leads = project_of(self)->document.lead.control != NULL;
    setting_list_leave_out(self->settings, self->edges && !leads ? NULL : "keep_edges");
    if (setting_list_show(self->settings, settings)) { // the seed closes the list
        g_object_ref(self->seed_row);
        adw_preferences_group_remove(self->rows, self->seed_row);
        adw_preferences_group_add(self->rows, self->seed_row);
        g_object_unref(self->seed_row);
    }
    const struct model *model = session->studio->reader;
    const struct sampler_type *sampler = model != NULL ? sampler_published(&model->sched) : NULL;
    setting_list_mark(self->settings, "scheduler", sampler != NULL ? sampler->name : NULL);
}

// An edit is asked for, and nothing has been learned that it could be held by, or by other words.
static void show_learn_first(TinctureEditPanel *self)
{
    TinctureProject *project = project_of(self);
    const struct document *d = &project->document;
    const TinctureSession *session = tincture_panel_get_session(TINCTURE_PANEL(self));
    bool learned = false,
         learning = tincture_queue_find(session->queue, session->project, &learn_job) != NULL;
    for (guint i = 0; i < d->adapters->len; i++) {
        learned = learned || g_array_index(d->adapters, struct document_use, i).enabled;
    }
    const TinctureAdapterEntry *outdated = tincture_project_outdated(project);
    g_autofree char *why =
        outdated
            ? g_strdup_printf(_("The photo was learned as “%s”: learn it again as it is described "
                                "now, and an edit keeps more of it"),
                              outdated->caption)
            : g_strdup(_("Learn this photo first: an edit then keeps more of it"));
    gtk_label_set_label(self->learn_why, why);
    gtk_widget_set_visible(self->learn_first, project->photo && *d->source_prompt &&
                                                  document_asks_edit(d) && !learning &&
                                                  (!learned || outdated));
}

static void job_changed(TincturePanel *panel)
{
    TinctureEditPanel *self = TINCTURE_EDIT_PANEL(panel);
    show_learn_first(self);
    if (!self->edges &&
        tincture_panel_get_session(panel)->studio->has_edges) { // the model has come
        show_settings(self);
    }
}

static void document_changed(TincturePanel *panel, guint parts)
{
    TinctureEditPanel *self = TINCTURE_EDIT_PANEL(panel);
    const TinctureProject *project = tincture_panel_get_project(panel);
    if (parts & (DOCUMENT_PROMPTS | DOCUMENT_PHOTO)) {
        tincture_prompt_view_set_text(self->prompt, project->document.prompt);
        tincture_prompt_view_set_text(self->negative, project->document.negative);
        tincture_panel_show_words(panel, self->words, project->document.prompt);
    }
    show_learn_first(self);
    if (parts & (DOCUMENT_PARAMS | DOCUMENT_PHOTO)) {
        show_settings(self);
        show_seed(self);
        show_chance(self);
        show_preset(self);
    }
}

static void tincture_edit_panel_dispose(GObject *object)
{
    TinctureEditPanel *self = TINCTURE_EDIT_PANEL(object);
    g_clear_pointer(&self->settings, setting_list_free);
    gtk_widget_dispose_template(GTK_WIDGET(object), TINCTURE_TYPE_EDIT_PANEL);
    G_OBJECT_CLASS(tincture_edit_panel_parent_class)->dispose(object);
}

static void tincture_edit_panel_class_init(TinctureEditPanelClass *klass)
{
    GtkWidgetClass *widget_class = GTK_WIDGET_CLASS(klass);
    G_OBJECT_CLASS(klass)->dispose = tincture_edit_panel_dispose;
    TINCTURE_PANEL_CLASS(klass)->document_changed = document_changed;
    TINCTURE_PANEL_CLASS(klass)->job_changed = job_changed;
    g_type_ensure(TINCTURE_TYPE_PROMPT_VIEW);
    gtk_widget_class_set_template_from_resource(widget_class,
                                                "/org/tincture/Tincture/ui/edit_panel.ui");
    gtk_widget_class_bind_template_child(widget_class, TinctureEditPanel, rows);
    gtk_widget_class_bind_template_child(widget_class, TinctureEditPanel, learn_first);
    gtk_widget_class_bind_template_child(widget_class, TinctureEditPanel, learn_why);
    gtk_widget_class_bind_template_child(widget_class, TinctureEditPanel, expert);
    gtk_widget_class_bind_template_child(widget_class, TinctureEditPanel, prompt);
    gtk_widget_class_bind_template_child(widget_class, TinctureEditPanel, negative);
    gtk_widget_class_bind_template_child(widget_class, TinctureEditPanel, seed);
    gtk_widget_class_bind_template_child(widget_class, TinctureEditPanel, seed_row);
    gtk_widget_class_bind_template_child(widget_class, TinctureEditPanel, presets);
    gtk_widget_class_bind_template_child(widget_class, TinctureEditPanel, words);
    gtk_widget_class_bind_template_callback(widget_class, prompt_edited_cb);
    gtk_widget_class_bind_template_callback(widget_class, prompt_activate_cb);
    gtk_widget_class_bind_template_callback(widget_class, negative_edited_cb);
    gtk_widget_class_bind_template_callback(widget_class, seed_apply_cb);
    gtk_widget_class_bind_template_callback(widget_class, seed_left_cb);
}

static void tincture_edit_panel_init(TinctureEditPanel *self)
{
    gtk_widget_init_template(GTK_WIDGET(self));
    add_presets(self);
    self->settings = setting_list_new(self->rows, self->expert, "edit", setting_changed, self);
}

const struct panel edit_panel = {
    .id = "edit",
    .title = N_("Edit"),
    .side = PANEL_INSPECTOR,
    .get_type = tincture_edit_panel_get_type,
};
