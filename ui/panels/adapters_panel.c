// The adapters that act on the model: those learnt here and those added from files; and the learned
// tokens that sentences may hold.
#include "compute/i18n.h"
#include "ui/core/plain_text.h"
#include "ui/panels/panel.h"
#include "ui/widgets/adapter_row.h"
#include "ui/widgets/row_focus.h"

#define TINCTURE_TYPE_ADAPTERS_PANEL (tincture_adapters_panel_get_type())
G_DECLARE_FINAL_TYPE(TinctureAdaptersPanel, tincture_adapters_panel, TINCTURE, ADAPTERS_PANEL,
                     TincturePanel)

struct _TinctureAdaptersPanel {
    TincturePanel parent_instance;

    // template widgets
    AdwPreferencesGroup *group;
    GtkWidget *placeholder;
    AdwActionRow *tokens;

    // owned
    GPtrArray *rows; // TinctureAdapterRow, in the order shown
};

G_DEFINE_FINAL_TYPE(TinctureAdaptersPanel, tincture_adapters_panel, TINCTURE_TYPE_PANEL)

static void row_enabled_cb(TinctureAdapterRow *row, gboolean enabled, TinctureAdaptersPanel *self)
{
    tincture_project_adapter_set_enabled(tincture_panel_get_project(TINCTURE_PANEL(self)),
                                         tincture_adapter_row_get_id(row), enabled);
}

static void row_range_cb(TinctureAdapterRow *row, int from, int to, TinctureAdaptersPanel *self)
{
    tincture_project_adapter_set_range(tincture_panel_get_project(TINCTURE_PANEL(self)),
                                       tincture_adapter_row_get_id(row), from, to);
}

static void row_scale_cb(TinctureAdapterRow *row, double scale, TinctureAdaptersPanel *self)
{
    tincture_project_adapter_set_scale(tincture_panel_get_project(TINCTURE_PANEL(self)),
                                       tincture_adapter_row_get_id(row), scale);
}

static void remove_rows_from(TinctureAdaptersPanel *self, guint first)
{
    for (guint i = first; i < self->rows->len; i++) {
        row_focus_leave(self->rows->pdata[i]);
        adw_preferences_group_remove(self->group, self->rows->pdata[i]);
    }
    if (first < self->rows->len) {
        g_ptr_array_remove_range(self->rows, first, self->rows->len - first);
    }
}

static void append_row(TinctureAdaptersPanel *self, gint64 id)
{
    GtkWidget *row = tincture_adapter_row_new(id);
    g_signal_connect(row, "enabled", G_CALLBACK(row_enabled_cb), self);
    g_signal_connect(row, "scale", G_CALLBACK(row_scale_cb), self);
    g_signal_connect(row, "range", G_CALLBACK(row_range_cb), self);
    g_ptr_array_add(self->rows, g_object_ref(row));
    adw_preferences_group_add(self->group, row);
}

// Rows are kept where the list is the same, so that a slider being dragged stays alive.
static void show_adapters(TinctureAdaptersPanel *self, TinctureProject *project)
{
    guint n = tincture_project_n_adapters(project);
    for (guint i = 0; i < n; i++) {
        const TinctureAdapterEntry *adapter = tincture_project_adapter(project, i);
        if (i < self->rows->len &&
            tincture_adapter_row_get_id(self->rows->pdata[i]) != adapter->id) {
            remove_rows_from(self, i);
        }
        if (i == self->rows->len) {
            append_row(self, adapter->id);
        }
        tincture_adapter_row_show(self->rows->pdata[i], adapter);
    }
    remove_rows_from(self, n);
    gtk_widget_set_visible(self->placeholder, n == 0);
}

// Their names, and where they can be removed.
static void show_tokens(TinctureAdaptersPanel *self, TinctureSession *session)
{
    const GPtrArray *tokens = session->project->tokens;
    g_autoptr(GString) names = g_string_new(NULL);
    for (guint i = 0; i < tokens->len; i++) {
        g_string_append_printf(names, "%s%s", i ? ", " : "", (const char *)tokens->pdata[i]);
    }
    g_autofree char *folder = library_tokens(session->library);
    g_autofree char *shown = plain_text(folder ? folder : _("the library"), TEXT_MESSAGE);
    g_autofree char *where = g_strdup_printf(
        _("To remove one, delete its file in %s; put back, it is there again"), shown);
    adw_action_row_set_subtitle(self->tokens, names->str);
    gtk_widget_set_tooltip_text(GTK_WIDGET(self->tokens), where);
    gtk_widget_set_visible(GTK_WIDGET(self->tokens), tokens->len > 0);
}

static void document_changed(TincturePanel *panel, guint parts)
{
    if (parts & (DOCUMENT_ADAPTERS | DOCUMENT_PHOTO)) {
        show_adapters(TINCTURE_ADAPTERS_PANEL(panel), tincture_panel_get_project(panel));
        show_tokens(TINCTURE_ADAPTERS_PANEL(panel), tincture_panel_get_session(panel));
    }
}

static void tincture_adapters_panel_dispose(GObject *object)
{
    TinctureAdaptersPanel *self = TINCTURE_ADAPTERS_PANEL(object);
    g_clear_pointer(&self->rows, g_ptr_array_unref);
    adw_bin_set_child(ADW_BIN(object), NULL); // or it is let go twice: the template has it, too
    gtk_widget_dispose_template(GTK_WIDGET(object), TINCTURE_TYPE_ADAPTERS_PANEL);
    G_OBJECT_CLASS(tincture_adapters_panel_parent_class)->dispose(object);
}

static void tincture_adapters_panel_class_init(TinctureAdaptersPanelClass *klass)
{
    GtkWidgetClass *widget_class = GTK_WIDGET_CLASS(klass);
    G_OBJECT_CLASS(klass)->dispose = tincture_adapters_panel_dispose;
    TINCTURE_PANEL_CLASS(klass)->document_changed = document_changed;
    gtk_widget_class_set_template_from_resource(widget_class,
                                                "/org/tincture/Tincture/ui/adapters_panel.ui");
    gtk_widget_class_bind_template_child(widget_class, TinctureAdaptersPanel, group);
    gtk_widget_class_bind_template_child(widget_class, TinctureAdaptersPanel, placeholder);
    gtk_widget_class_bind_template_child(widget_class, TinctureAdaptersPanel, tokens);
}

static void tincture_adapters_panel_init(TinctureAdaptersPanel *self)
{
    self->rows = g_ptr_array_new_with_free_func(g_object_unref);
    gtk_widget_init_template(GTK_WIDGET(self));
}

const struct panel adapters_panel = {
    .id = "adapters",
    .title = N_("Adapters"),
    .side = PANEL_INSPECTOR,
    .get_type = tincture_adapters_panel_get_type,
};
