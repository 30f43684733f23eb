#include "ui/models_page.h"

#include "compute/i18n.h"
#include "compute/memory_left.h"
#include "ui/adapters_group.h"
#include "ui/core/model_list.h"
#include "ui/core/paths.h"
#include "ui/dialogs/file_dialogs.h"
#include "ui/preferences.h"
#include "ui/widgets/small_rows.h"

#define LOOK_PAUSE_MS 500 // files that are being copied into a watched folder

struct _TinctureModelsPage {
    AdwBin parent_instance;

    // template widgets
    AdwPreferencesGroup *group, *folders_group;
    TinctureAdaptersGroup *adapters;
    GtkWidget *looking;

    // owned
    TinctureSession *session;
    GPtrArray *rows, *folder_rows; // that the groups have now
    GPtrArray *monitors;           // GFileMonitor

    // state
    guint look_timer;
};

G_DEFINE_FINAL_TYPE(TinctureModelsPage, tincture_models_page, ADW_TYPE_BIN)

// ---- a model ------------------------------------------------------------------------------------

static char *memory_text(gint64 bytes)
{
    const uint64_t have = memory_left("");
    g_autofree char *needs = g_format_size((guint64)bytes);
    g_autofree char *free_now = g_format_size(have);
    return have == UINT64_MAX ? g_strdup_printf(_("about %s"), needs)
                              : g_strdup_printf(_("about %s; %s is free now"), needs, free_now);
}

static void look(TinctureModelsPage *self, const char *hashed);

static void hash_cb(GtkWidget *button, TinctureModelsPage *self)
{
    gtk_widget_set_sensitive(button, FALSE);
    look(self, g_object_get_data(G_OBJECT(button), "path"));
}

static void add_hash(TinctureModelsPage *self, GtkWidget *expander, const struct model_entry *entry)
{
    GtkWidget *row = fact_row_new(_("SHA-256 of its U-Net"),
                                  entry->hash != NULL ? entry->hash : _("not computed yet"));
    if (entry->hash == NULL) {
        GtkWidget *button = gtk_button_new_with_mnemonic(_("_Compute"));
        gtk_widget_set_valign(button, GTK_ALIGN_CENTER);
        gtk_widget_set_name(button, "model.hash");
        g_object_set_data_full(G_OBJECT(button), "path", g_strdup(entry->path), g_free);
        g_signal_connect(button, "clicked", G_CALLBACK(hash_cb), self);
        adw_action_row_add_suffix(ADW_ACTION_ROW(row), button);
    }
    adw_expander_row_add_row(ADW_EXPANDER_ROW(expander), row);
}

static gboolean is_used(TinctureModelsPage *self, const struct model_entry *entry)
{
    return g_strcmp0(self->session->studio->used.model, entry->path) == 0;
}

// The starter is asked for by an empty name, wherever the program lies.
static GtkWidget *use_button(const struct model_entry *entry)
{
    g_autofree char *starter = paths_model(NULL);
    const char *target = g_str_equal(starter, entry->path) ? "" : entry->path;
    GtkWidget *button = gtk_button_new_with_mnemonic(_("_Use"));
    gtk_widget_set_valign(button, GTK_ALIGN_CENTER);
    gtk_actionable_set_action_name(GTK_ACTIONABLE(button), "app.use-model");
    gtk_actionable_set_action_target(GTK_ACTIONABLE(button), "s", target);
    g_autofree char *name = g_strdup_printf(_("Use %s"), entry->name);
    gtk_accessible_update_property(GTK_ACCESSIBLE(button), GTK_ACCESSIBLE_PROPERTY_LABEL, name, -1);
    return button;
}

static GtkWidget *model_row(TinctureModelsPage *self, const struct model_entry *entry, guint place)
{
    GtkWidget *row = adw_expander_row_new();
    g_autofree char *title = g_markup_escape_text(entry->name, -1);
    g_autofree char *size = g_format_size((guint64)entry->bytes);
    g_autofree char *about = entry->fault != NULL ? g_strdup(entry->fault)
                                                  : g_strdup_printf("%s · %s", entry->kind, size);
    g_autofree char *subtitle = g_markup_escape_text(about, -1);
    g_autofree char *memory = entry->fault == NULL ? memory_text(entry->bytes) : NULL;
    g_autofree char *name = g_strdup_printf("model.%u", place);
    gtk_widget_set_name(row, name);
    adw_preferences_row_set_title(ADW_PREFERENCES_ROW(row), title);
    adw_expander_row_set_subtitle(ADW_EXPANDER_ROW(row), subtitle);
    fact_row_add(row, _("Where"), entry->path);
    fact_row_add(row, _("Parts"), entry->parts);
    fact_row_add(row, _("Numbers in its file"), entry->precision);
    fact_row_add(row, _("Size"), entry->bytes > 0 ? size : NULL);
    fact_row_add(row, _("Memory"), memory);
    if (entry->fault == NULL) {
        fact_row_add(row, _("Licence"),
                     entry->licence != NULL ? entry->licence : _("it does not say"));
        add_hash(self, row, entry);
    }
    if (is_used(self, entry)) {
        GtkWidget *used = gtk_label_new(_("In use"));
        gtk_widget_add_css_class(used, "dim-label");
        adw_expander_row_add_action(ADW_EXPANDER_ROW(row), used);
    } else if (entry->fault == NULL) {
        GtkWidget *button = use_button(entry);
        g_autofree char *use = g_strdup_printf("model.%u.use", place);
        gtk_widget_set_name(button, use);
        adw_expander_row_add_action(ADW_EXPANDER_ROW(row), button);
    }
    return row;
}

static void clear_rows(AdwPreferencesGroup *group, GPtrArray *rows)
{
    for (guint i = 0; i < rows->len; i++) {
        adw_preferences_group_remove(group, rows->pdata[i]);
    }
    g_ptr_array_set_size(rows, 0);
}

static void add_row(AdwPreferencesGroup *group, GPtrArray *rows, GtkWidget *row)
{
    adw_preferences_group_add(group, row);
    g_ptr_array_add(rows, row);
}

// ---- looking ------------------------------------------------------------------------------------

static GStrv folders(void)
{
    GSettings *settings = preferences_get();
    return settings != NULL ? g_settings_get_strv(settings, "model-folders") : g_new0(char *, 1);
}

static void look(TinctureModelsPage *self, const char *hashed)
{
    g_auto(GStrv) watched = folders();
    g_autofree char *starter = paths_model(NULL);
    g_autoptr(GPtrArray) paths = g_ptr_array_new();
    g_ptr_array_add(paths, starter);
    if (self->session->studio->used.model != NULL) {
        g_ptr_array_add(paths, (char *)self->session->studio->used.model);
    }
    for (char **folder = watched; *folder != NULL; folder++) {
        g_ptr_array_add(paths, *folder);
    }
    g_ptr_array_add(paths, NULL);
    const struct job_inputs in = {.files = (const char *const *)paths->pdata, .path = hashed};
    tincture_queue_cancel(self->session->queue, self->session->project, &models_job);
    tincture_queue_submit(self->session->queue, self->session->project,
                          tincture_job_new(&models_job, &in));
    gtk_widget_set_visible(self->looking, TRUE);
    if (hashed == NULL) {
        tincture_adapters_group_look(self->adapters, (const char *const *)watched);
    }
}

static gboolean look_cb(gpointer data)
{
    TinctureModelsPage *self = data;
    self->look_timer = 0;
    look(self, NULL);
    return G_SOURCE_REMOVE;
}

static void folder_changed_cb(TinctureModelsPage *self)
{
    g_clear_handle_id(&self->look_timer, g_source_remove);
    self->look_timer = g_timeout_add(LOOK_PAUSE_MS, look_cb, self);
}

static void finished_cb(TinctureModelsPage *self, TinctureJob *job)
{
    if (job->type != &models_job || job->owner != G_OBJECT(self->session->project) ||
        job->out.models == NULL) {
        return;
    }
    clear_rows(self->group, self->rows);
    for (guint i = 0; i < job->out.models->len; i++) {
        add_row(self->group, self->rows, model_row(self, job->out.models->pdata[i], i));
    }
    gtk_widget_set_visible(self->looking, FALSE);
}

// ---- folders ------------------------------------------------------------------------------------

static void show_folders(TinctureModelsPage *self);

static void set_folders(TinctureModelsPage *self, const char *const *list)
{
    GSettings *settings = preferences_get();
    if (settings != NULL) { // which tells all windows
        g_settings_set_strv(settings, "model-folders", list);
    }
}

// The page of a window where it is not seen looks when it is shown.
static void folders_changed_cb(TinctureModelsPage *self)
{
    if (gtk_widget_get_mapped(GTK_WIDGET(self))) {
        show_folders(self);
        look(self, NULL);
    }
}

static void remove_cb(GtkWidget *button, TinctureModelsPage *self)
{
    const char *path = g_object_get_data(G_OBJECT(button), "path");
    g_auto(GStrv) list = folders();
    g_autoptr(GPtrArray) kept = g_ptr_array_new();
    for (char **folder = list; *folder != NULL; folder++) {
        if (!g_str_equal(*folder, path)) {
            g_ptr_array_add(kept, *folder);
        }
    }
    g_ptr_array_add(kept, NULL);
    set_folders(self, (const char *const *)kept->pdata);
}

static GtkWidget *folder_row(TinctureModelsPage *self, const char *path)
{
    GtkWidget *row = adw_action_row_new();
    GtkWidget *button = gtk_button_new_from_icon_name("window-close-symbolic");
    g_autofree char *shown = g_filename_display_name(path);
    g_autofree char *title = g_markup_escape_text(shown, -1);
    adw_preferences_row_set_title(ADW_PREFERENCES_ROW(row), title);
    gtk_widget_set_valign(button, GTK_ALIGN_CENTER);
    gtk_widget_add_css_class(button, "flat");
    gtk_widget_set_name(button, "models.forget-folder");
    gtk_widget_set_tooltip_text(button, _("Look into this folder no more"));
    gtk_accessible_update_property(GTK_ACCESSIBLE(button), GTK_ACCESSIBLE_PROPERTY_LABEL,
                                   _("Look into this folder no more"), -1);
    g_object_set_data_full(G_OBJECT(button), "path", g_strdup(path), g_free);
    g_signal_connect(button, "clicked", G_CALLBACK(remove_cb), self);
    adw_action_row_add_suffix(ADW_ACTION_ROW(row), button);
    return row;
}

static void monitor_free(void *monitor)
{
    g_file_monitor_cancel(monitor);
    g_object_unref(monitor);
}

static void show_folders(TinctureModelsPage *self)
{
    g_auto(GStrv) list = folders();
    clear_rows(self->folders_group, self->folder_rows);
    g_ptr_array_set_size(self->monitors, 0);
    for (char **folder = list; *folder != NULL; folder++) {
        g_autoptr(GFile) file = g_file_new_for_path(*folder);
        GFileMonitor *monitor =
            g_file_monitor_directory(file, G_FILE_MONITOR_WATCH_MOVES, NULL, NULL);
        add_row(self->folders_group, self->folder_rows, folder_row(self, *folder));
        if (monitor != NULL) { // else it is looked into when the page is opened
            g_signal_connect_object(monitor, "changed", G_CALLBACK(folder_changed_cb), self,
                                    G_CONNECT_SWAPPED);
            g_ptr_array_add(self->monitors, monitor);
        }
    }
}

static void add_folder(TinctureModelsPage *self, const char *path)
{
    g_auto(GStrv) list = folders();
    g_autoptr(GPtrArray) more = g_ptr_array_new();
    if (g_strv_contains((const char *const *)list, path)) {
        return;
    }
    for (char **folder = list; *folder != NULL; folder++) {
        g_ptr_array_add(more, *folder);
    }
    g_ptr_array_add(more, (char *)path);
    g_ptr_array_add(more, NULL);
    set_folders(self, (const char *const *)more->pdata);
}

static void chosen_cb(GFile *file, gpointer data)
{
    g_autofree char *path = g_file_get_path(file);
    if (path != NULL) {
        add_folder(data, path);
    }
}

void tincture_models_page_add_folder(TinctureModelsPage *self, const char *path)
{
    if (*path == '\0') {
        file_dialog_open_folder(GTK_WINDOW(gtk_widget_get_root(GTK_WIDGET(self))), chosen_cb, self);
    } else {
        add_folder(self, path);
    }
}

// ---- the object ---------------------------------------------------------------------------------

void tincture_models_page_show(TinctureModelsPage *self)
{
    show_folders(self);
    look(self, NULL);
}

static void device_changed_cb(TinctureModelsPage *self)
{
    if (gtk_widget_get_mapped(GTK_WIDGET(self))) {
        look(self, NULL);
    }
}

void tincture_models_page_set_session(TinctureModelsPage *self, TinctureSession *session)
{
    g_return_if_fail(TINCTURE_IS_MODELS_PAGE(self) && self->session == NULL);
    self->session = g_object_ref(session);
    tincture_adapters_group_set_session(self->adapters, session);
    g_signal_connect_object(session->queue, "finished", G_CALLBACK(finished_cb), self,
                            G_CONNECT_SWAPPED);
    g_signal_connect_object(session, "device-changed", G_CALLBACK(device_changed_cb), self,
                            G_CONNECT_SWAPPED);
    if (preferences_get() != NULL) {
        g_signal_connect_object(preferences_get(), "changed::model-folders",
                                G_CALLBACK(folders_changed_cb), self, G_CONNECT_SWAPPED);
    }
}

static void tincture_models_page_dispose(GObject *object)
{
    TinctureModelsPage *self = TINCTURE_MODELS_PAGE(object);
    g_clear_handle_id(&self->look_timer, g_source_remove);
    g_ptr_array_set_size(self->monitors, 0);
    g_clear_object(&self->session);
    gtk_widget_dispose_template(GTK_WIDGET(object), TINCTURE_TYPE_MODELS_PAGE);
    G_OBJECT_CLASS(tincture_models_page_parent_class)->dispose(object);
}

static void tincture_models_page_finalize(GObject *object)
{
    TinctureModelsPage *self = TINCTURE_MODELS_PAGE(object);
    g_ptr_array_unref(self->monitors);
    g_ptr_array_unref(self->rows);
    g_ptr_array_unref(self->folder_rows);
    G_OBJECT_CLASS(tincture_models_page_parent_class)->finalize(object);
}

static void tincture_models_page_class_init(TinctureModelsPageClass *klass)
{
    GtkWidgetClass *widget_class = GTK_WIDGET_CLASS(klass);
    G_OBJECT_CLASS(klass)->dispose = tincture_models_page_dispose;
    G_OBJECT_CLASS(klass)->finalize = tincture_models_page_finalize;
    gtk_widget_class_set_template_from_resource(widget_class,
                                                "/org/tincture/Tincture/ui/models_page.ui");
    gtk_widget_class_bind_template_child(widget_class, TinctureModelsPage, group);
    gtk_widget_class_bind_template_child(widget_class, TinctureModelsPage, folders_group);
    gtk_widget_class_bind_template_child(widget_class, TinctureModelsPage, looking);
    gtk_widget_class_bind_template_child(widget_class, TinctureModelsPage, adapters);
}

static void tincture_models_page_init(TinctureModelsPage *self)
{
    g_type_ensure(TINCTURE_TYPE_ADAPTERS_GROUP);
    gtk_widget_init_template(GTK_WIDGET(self));
    self->rows = g_ptr_array_new();
    self->folder_rows = g_ptr_array_new();
    self->monitors = g_ptr_array_new_with_free_func(monitor_free);
}
