// What the photo shall show instead: edit prompt, what to avoid, the edit parameters as rows, and
// the seed.
#include "ui/panels/panel.h"
#include "ui/widgets/param_row.h"
#include "ui/widgets/prompt_view.h"

#include <string.h>

#define TINCTURE_TYPE_EDIT_PANEL (tincture_edit_panel_get_type())
G_DECLARE_FINAL_TYPE(TinctureEditPanel, tincture_edit_panel, TINCTURE, EDIT_PANEL, TincturePanel)

struct _TinctureEditPanel {
    TincturePanel parent_instance;

    // template widgets
    AdwPreferencesGroup *rows;
    TincturePromptView *prompt, *negative;
    GtkEditable *seed;
    GtkWidget *seed_row;

    // owned
    GHashTable *params; // key -> TinctureParamRow (borrowed from the group)
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
    if (!g_ascii_string_to_unsigned(text, 10, 0, G_MAXUINT64, &seed, NULL)) {
        gtk_widget_add_css_class(GTK_WIDGET(self->seed), "error");
        return;
    }
    gtk_widget_remove_css_class(GTK_WIDGET(self->seed), "error");
    if (seed != project_of(self)->document.seed) {
        tincture_project_set_seed(project_of(self), seed);
    }
}

static void seed_left_cb(TinctureEditPanel *self)
{
    seed_apply_cb(self);
    show_seed(self);
}

static void param_changed_cb(TinctureParamRow *row, double value, TinctureEditPanel *self)
{
    const char *key = g_object_get_data(G_OBJECT(row), "key");
    tincture_project_set_param(project_of(self), key, value);
}

static void build_rows(TinctureEditPanel *self)
{
    for (const struct param *p = edit_params; p->key != NULL; p++) {
        GtkWidget *row = tincture_param_row_new(p, "edit");
        g_object_set_data(G_OBJECT(row), "key", (gpointer)p->key);
        g_signal_connect(row, "changed", G_CALLBACK(param_changed_cb), self);
        g_hash_table_insert(self->params, (gpointer)p->key, row);
        adw_preferences_group_add(self->rows, row);
    }
    // The seed closes the list, whatever the table holds.
    g_object_ref(self->seed_row);
    adw_preferences_group_remove(self->rows, self->seed_row);
    adw_preferences_group_add(self->rows, self->seed_row);
    g_object_unref(self->seed_row);
}

static void document_changed(TincturePanel *panel, guint parts)
{
    TinctureEditPanel *self = TINCTURE_EDIT_PANEL(panel);
    TinctureProject *project = tincture_panel_get_project(panel);
    if (parts & (DOCUMENT_PROMPTS | DOCUMENT_PHOTO)) {
        tincture_prompt_view_set_text(self->prompt, project->document.prompt);
        tincture_prompt_view_set_text(self->negative, project->document.negative);
    }
    if (parts & (DOCUMENT_PARAMS | DOCUMENT_PHOTO)) {
        for (const struct param *p = edit_params; p->key != NULL; p++) {
            tincture_param_row_set_value(g_hash_table_lookup(self->params, p->key),
                                         tincture_project_param(project, p->key));
        }
        show_seed(self);
    }
}

static void tincture_edit_panel_dispose(GObject *object)
{
    TinctureEditPanel *self = TINCTURE_EDIT_PANEL(object);
    g_clear_pointer(&self->params, g_hash_table_unref);
    gtk_widget_dispose_template(GTK_WIDGET(object), TINCTURE_TYPE_EDIT_PANEL);
    G_OBJECT_CLASS(tincture_edit_panel_parent_class)->dispose(object);
}

static void tincture_edit_panel_class_init(TinctureEditPanelClass *klass)
{
    GtkWidgetClass *widget_class = GTK_WIDGET_CLASS(klass);
    G_OBJECT_CLASS(klass)->dispose = tincture_edit_panel_dispose;
    TINCTURE_PANEL_CLASS(klass)->document_changed = document_changed;
    g_type_ensure(TINCTURE_TYPE_PROMPT_VIEW);
    gtk_widget_class_set_template_from_resource(widget_class,
                                                "/org/tincture/Tincture/ui/edit_panel.ui");
    gtk_widget_class_bind_template_child(widget_class, TinctureEditPanel, rows);
    gtk_widget_class_bind_template_child(widget_class, TinctureEditPanel, prompt);
    gtk_widget_class_bind_template_child(widget_class, TinctureEditPanel, negative);
    gtk_widget_class_bind_template_child(widget_class, TinctureEditPanel, seed);
    gtk_widget_class_bind_template_child(widget_class, TinctureEditPanel, seed_row);
    gtk_widget_class_bind_template_callback(widget_class, prompt_edited_cb);
    gtk_widget_class_bind_template_callback(widget_class, prompt_activate_cb);
    gtk_widget_class_bind_template_callback(widget_class, negative_edited_cb);
    gtk_widget_class_bind_template_callback(widget_class, seed_apply_cb);
    gtk_widget_class_bind_template_callback(widget_class, seed_left_cb);
}

static void tincture_edit_panel_init(TinctureEditPanel *self)
{
    self->params = g_hash_table_new(g_str_hash, g_str_equal);
    gtk_widget_init_template(GTK_WIDGET(self));
    build_rows(self);
}

const struct panel edit_panel = {
    .id = "edit",
    .title = "Edit",
    .side = PANEL_INSPECTOR,
    .get_type = tincture_edit_panel_get_type,
};
