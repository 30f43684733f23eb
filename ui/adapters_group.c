#include "ui/adapters_group.h"

#include "compute/i18n.h"
#include "ui/core/adapter_list.h"
#include "ui/core/library.h"
#include "ui/dialogs/file_dialogs.h"
#include "ui/widgets/small_rows.h"

struct _TinctureAdaptersGroup {
    AdwPreferencesGroup parent_instance;

    // children
    GtkWidget *looking, *none;

    // owned
    TinctureSession *session;
    GPtrArray *rows; // that it has now
    GHashTable *ids; // path of a photo's adapter -> its id in the library, a pointer to gint64
    GStrv folders;
    char *exported; // path of the one that is exported; NULL: none was yet
};

G_DEFINE_FINAL_TYPE(TinctureAdaptersGroup, tincture_adapters_group, ADW_TYPE_PREFERENCES_GROUP)

// ---- looking ------------------------------------------------------------------------------------

static void add_path(GPtrArray *paths, GPtrArray *names, const char *path, const char *name)
{
    g_ptr_array_add(paths, g_strdup(path));
    g_ptr_array_add(names, g_strdup(name));
}

static void add_files(TinctureAdaptersGroup *self, GPtrArray *paths, GPtrArray *names)
{
    static const char *const folders[] = {LIBRARY_MADE, LIBRARY_SUBJECTS, LIBRARY_STYLES};
    for (gsize i = 0; i < G_N_ELEMENTS(folders); i++) {
        g_autoptr(GPtrArray) files = library_files(self->session->library, folders[i]);
        for (guint k = 0; k < files->len; k++) {
            const struct library_file *f = files->pdata[k];
            add_path(paths, names, f->path, f->name);
        }
    }
}

static void add_known(TinctureAdaptersGroup *self, GPtrArray *paths, GPtrArray *names)
{
    struct store *store = self->session->library->store;
    g_autoptr(GError) error = NULL;
    g_autoptr(GPtrArray) known = store != NULL ? store_adapters_known(store, &error) : NULL;
    g_hash_table_remove_all(self->ids);
    tincture_project_say_error(self->session->project, _("The photos' adapters cannot be listed"),
                               error);
    for (guint i = 0; known != NULL && i < known->len; i++) {
        const struct store_adapter *a = known->pdata[i];
        char *path = store_path(store, a->path);
        add_path(paths, names, path, a->name);
        g_hash_table_insert(self->ids, path, g_memdup2(&a->id, sizeof a->id));
    }
}

static void look(TinctureAdaptersGroup *self, const char *hashed)
{
    g_autoptr(GPtrArray) paths = g_ptr_array_new_with_free_func(g_free);
    g_autoptr(GPtrArray) names = g_ptr_array_new_with_free_func(g_free);
    add_files(self, paths, names);
    add_known(self, paths, names);
    for (char **folder = self->folders; folder != NULL && *folder != NULL; folder++) {
        add_path(paths, names, *folder, "");
    }
    g_ptr_array_add(paths, NULL);
    g_ptr_array_add(names, NULL);
    const struct job_inputs in = {.files = (const char *const *)paths->pdata,
                                  .names = (const char *const *)names->pdata,
                                  .path = hashed};
    tincture_queue_cancel(self->session->queue, self->session->project, &adapters_job);
    tincture_queue_submit(self->session->queue, self->session->project,
                          tincture_job_new(&adapters_job, &in));
    gtk_widget_set_visible(self->looking, TRUE);
}

void tincture_adapters_group_look(TinctureAdaptersGroup *self, const char *const *folders)
{
    g_return_if_fail(TINCTURE_IS_ADAPTERS_GROUP(self));
    g_strfreev(self->folders);
    self->folders = g_strdupv((char **)folders);
    look(self, NULL);
}

// ---- an adapter ---------------------------------------------------------------------------------

static void hash_cb(GtkWidget *button, TinctureAdaptersGroup *self)
{
    gtk_widget_set_sensitive(button, FALSE);
    look(self, g_object_get_data(G_OBJECT(button), "path"));
}

static void add_hash(TinctureAdaptersGroup *self, GtkWidget *expander,
                     const struct adapter_entry *entry)
{
    GtkWidget *row = fact_row_new(_("SHA-256 of its file"),
                                  entry->hash != NULL ? entry->hash : _("not computed yet"));
    if (entry->hash == NULL && entry->bytes > 0) {
        GtkWidget *button = gtk_button_new_with_mnemonic(_("_Compute"));
        gtk_widget_set_valign(button, GTK_ALIGN_CENTER);
        gtk_widget_set_name(button, "adapter.hash");
        g_object_set_data_full(G_OBJECT(button), "path", g_strdup(entry->path), g_free);
        g_signal_connect(button, "clicked", G_CALLBACK(hash_cb), self);
        adw_action_row_add_suffix(ADW_ACTION_ROW(row), button);
    }
    adw_expander_row_add_row(ADW_EXPANDER_ROW(expander), row);
}

// name: of an icon, or a label.
static void add_action(GtkWidget *row, GtkWidget *button, const char *name, const char *says,
                       const char *action, GVariant *target)
{
    gtk_widget_set_name(button, name);
    gtk_widget_set_valign(button, GTK_ALIGN_CENTER);
    gtk_widget_set_tooltip_text(button, says);
    gtk_accessible_update_property(GTK_ACCESSIBLE(button), GTK_ACCESSIBLE_PROPERTY_LABEL, says, -1);
    gtk_actionable_set_action_name(GTK_ACTIONABLE(button), action);
    gtk_actionable_set_action_target_value(GTK_ACTIONABLE(button), target);
    adw_expander_row_add_action(ADW_EXPANDER_ROW(row), button);
}

// ---- export and name ----------------------------------------------------------------------------

// What a button of a row is for; the button's.
struct target {
    TinctureAdaptersGroup *group; // borrowed
    char *path, *name;
    enum dialect_way *ways; // NULL: none
    gint64 id;              // 0: of no photo
};

static void target_free(gpointer data, GClosure *closure)
{
    struct target *t = data;
    g_free(t->path);
    g_free(t->name);
    g_free(t->ways);
    g_free(t);
}

static struct target *target_new(TinctureAdaptersGroup *self, const struct adapter_entry *entry,
                                 gint64 id)
{
    struct target *t = g_new(struct target, 1);
    int n = 0;
    while (adapter_dialect_table[n] != NULL) {
        n++;
    }
    *t = (struct target){self, g_strdup(entry->path), g_strdup(entry->name), NULL, id};
    t->ways = entry->ways != NULL ? g_memdup2(entry->ways, (gsize)n * sizeof *t->ways) : NULL;
    return t;
}

static GtkWindow *window_of(TinctureAdaptersGroup *self)
{
    return GTK_WINDOW(gtk_widget_get_root(GTK_WIDGET(self)));
}

static void place_chosen_cb(GFile *file, const struct adapter_choice *choice, gpointer data)
{
    TinctureAdaptersGroup *self = data;
    g_autofree char *path = g_file_get_path(file);
    if (path != NULL && self->exported != NULL) {
        tincture_session_export_adapter_file(self->session, self->exported, path, choice->dialect,
                                             choice->rank);
    }
}

static void export_cb(GtkWidget *button, struct target *t)
{
    g_free(t->group->exported);
    t->group->exported = g_strdup(t->path);
    file_dialog_save_adapter(window_of(t->group), t->name, t->ways, place_chosen_cb, t->group);
}

static void renamed_cb(AdwMessageDialog *dialog, const char *response, TinctureAdaptersGroup *self)
{
    GtkEditable *entry = GTK_EDITABLE(adw_message_dialog_get_extra_child(dialog));
    const gint64 *id = g_object_get_data(G_OBJECT(dialog), "id");
    g_autofree char *name = g_strstrip(g_strdup(gtk_editable_get_text(entry)));
    if (g_str_equal(response, "rename") && *name != '\0' && self->session != NULL) {
        library_rename_adapter(self->session->library, *id, name);
    }
}

static void rename_cb(GtkWidget *button, struct target *t)
{
    GtkWidget *dialog =
        adw_message_dialog_new(window_of(t->group), _("Rename the Adapter"), t->name);
    AdwMessageDialog *message = ADW_MESSAGE_DIALOG(dialog);
    GtkWidget *entry = gtk_entry_new();
    gtk_widget_set_name(entry, "adapters.name");
    gtk_entry_set_activates_default(GTK_ENTRY(entry), TRUE);
    gtk_entry_set_placeholder_text(GTK_ENTRY(entry), _("New name"));
    gtk_accessible_update_property(GTK_ACCESSIBLE(entry), GTK_ACCESSIBLE_PROPERTY_LABEL,
                                   _("New name"), -1);
    adw_message_dialog_set_extra_child(message, entry);
    adw_message_dialog_add_responses(message, "cancel", _("_Cancel"), "rename", _("_Rename"), NULL);
    adw_message_dialog_set_response_appearance(message, "rename", ADW_RESPONSE_SUGGESTED);
    adw_message_dialog_set_default_response(message, "rename");
    adw_message_dialog_set_close_response(message, "cancel");
    g_object_set_data_full(G_OBJECT(dialog), "id", g_memdup2(&t->id, sizeof t->id), g_free);
    g_signal_connect_object(dialog, "response", G_CALLBACK(renamed_cb), t->group, 0);
    gtk_window_present(GTK_WINDOW(dialog));
}

// A small button whose target is its own.
static void add_verb(GtkWidget *row, const char *icon, const char *name, const char *says,
                     GCallback clicked, struct target *target)
{
    GtkWidget *button = gtk_button_new_from_icon_name(icon);
    gtk_widget_add_css_class(button, "flat");
    g_signal_connect_data(button, "clicked", clicked, target, target_free, 0);
    gtk_widget_set_name(button, name);
    gtk_widget_set_valign(button, GTK_ALIGN_CENTER);
    gtk_widget_set_tooltip_text(button, says);
    gtk_accessible_update_property(GTK_ACCESSIBLE(button), GTK_ACCESSIBLE_PROPERTY_LABEL, says, -1);
    adw_expander_row_add_action(ADW_EXPANDER_ROW(row), button);
}

static bool is_used(TinctureAdaptersGroup *self, const char *path)
{
    GListModel *uses = G_LIST_MODEL(self->session->project->adapters);
    for (guint i = 0; i < g_list_model_get_n_items(uses); i++) {
        g_autoptr(TinctureAdapterEntry) use = g_list_model_get_item(uses, i);
        if (g_strcmp0(use->file, path) == 0) {
            return true;
        }
    }
    return false;
}

static void add_actions(TinctureAdaptersGroup *self, GtkWidget *row,
                        const struct adapter_entry *entry, guint place)
{
    const gint64 *id = g_hash_table_lookup(self->ids, entry->path);
    g_autofree char *use = g_strdup_printf("adapters.%u.use", place);
    g_autofree char *delete = g_strdup_printf("adapters.%u.delete", place);
    g_autofree char *show = g_strdup_printf("adapters.%u.show", place);
    g_autofree char *use_says = g_strdup_printf(_("Use %s on the open photo"), entry->name);
    g_autofree char *delete_says = g_strdup_printf(_("Delete %s"), entry->name);
    g_autofree char *show_says = g_strdup_printf(_("Show %s in Files"), entry->name);
    if (is_used(self, entry->path)) {
        GtkWidget *used = gtk_label_new(_("In use"));
        gtk_widget_add_css_class(used, "dim-label");
        gtk_widget_set_name(used, use);
        adw_expander_row_add_action(ADW_EXPANDER_ROW(row), used);
    } else if (entry->fault == NULL) {
        add_action(row, gtk_button_new_with_mnemonic(_("_Use")), use, use_says, "win.use-adapter",
                   g_variant_new_bytestring(entry->path));
    }
    GtkWidget *folder = gtk_button_new_from_icon_name("folder-open-symbolic");
    gtk_widget_add_css_class(folder, "flat");
    add_action(row, folder, show, show_says, "win.show-file",
               g_variant_new_bytestring(entry->path));
    if (entry->ways != NULL) {
        g_autofree char *export = g_strdup_printf("adapters.%u.export", place);
        g_autofree char *says = g_strdup_printf(_("Export %s"), entry->name);
        add_verb(row, "document-save-as-symbolic", export, says, G_CALLBACK(export_cb),
                 target_new(self, entry, 0));
    }
    if (id != NULL) {
        g_autofree char *rename = g_strdup_printf("adapters.%u.rename", place);
        g_autofree char *says = g_strdup_printf(_("Rename %s"), entry->name);
        add_verb(row, "document-edit-symbolic", rename, says, G_CALLBACK(rename_cb),
                 target_new(self, entry, *id));
        GtkWidget *trash = gtk_button_new_from_icon_name("user-trash-symbolic");
        gtk_widget_add_css_class(trash, "flat");
        add_action(row, trash, delete, delete_says, "win.delete",
                   g_variant_new("(sx)", store_kind_noun(STORE_ADAPTER), *id));
    }
}

static char *summary_text(const struct adapter_entry *entry)
{
    g_autofree char *size = g_format_size((guint64)entry->bytes);
    return entry->fault != NULL ? g_strdup(entry->fault)
           : entry->applied == entry->total
               ? g_strdup_printf(_("%s · fits the model · %s"), entry->method, size)
               : g_strdup_printf(_("%s · fits the model in part: %d of %d tensors · %s"),
                                 entry->method, entry->applied, entry->total, size);
}

static GtkWidget *row_new(TinctureAdaptersGroup *self, const struct adapter_entry *entry,
                          guint place)
{
    GtkWidget *row = adw_expander_row_new();
    g_autofree char *title = g_markup_escape_text(entry->name, -1);
    g_autofree char *summary = summary_text(entry);
    g_autofree char *subtitle = g_markup_escape_text(summary, -1);
    g_autofree char *path = g_filename_display_name(entry->path);
    g_autofree char *name = g_strdup_printf("adapters.%u", place);
    const bool whole = entry->fault == NULL;
    gtk_widget_set_name(row, name);
    adw_preferences_row_set_title(ADW_PREFERENCES_ROW(row), title);
    adw_expander_row_set_subtitle(ADW_EXPANDER_ROW(row), subtitle);
    fact_row_add(row, _("Where"), path);
    fact_row_add(row, _("What it changes"), entry->size);
    fact_row_add(row, _("For the words"), entry->words);
    fact_row_add(row, _("Learned on"),
                 entry->other_base ? _("another model than the one at hand")
                 : entry->base     ? entry->base
                 : whole           ? _("it does not say")
                                   : NULL);
    fact_row_add(row, _("What is not applied"), entry->told);
    fact_row_add(row, _("Licence"),
                 entry->licence != NULL ? entry->licence
                 : whole                ? _("it does not say")
                                        : NULL);
    add_hash(self, row, entry);
    add_actions(self, row, entry, place);
    return row;
}

static void finished_cb(TinctureAdaptersGroup *self, TinctureJob *job)
{
    if (job->type != &adapters_job || job->owner != G_OBJECT(self->session->project) ||
        job->out.adapters == NULL) {
        return;
    }
    for (guint i = 0; i < self->rows->len; i++) {
        adw_preferences_group_remove(ADW_PREFERENCES_GROUP(self), self->rows->pdata[i]);
    }
    g_ptr_array_set_size(self->rows, 0);
    for (guint i = 0; i < job->out.adapters->len; i++) {
        GtkWidget *row = row_new(self, job->out.adapters->pdata[i], i);
        adw_preferences_group_add(ADW_PREFERENCES_GROUP(self), row);
        g_ptr_array_add(self->rows, row);
    }
    gtk_widget_set_visible(self->looking, FALSE);
    gtk_widget_set_visible(self->none, self->rows->len == 0);
}

// What was deleted here or elsewhere goes, what was taken back is there again, and what the photo
// uses says so.
static void library_changed_cb(TinctureAdaptersGroup *self)
{
    if (gtk_widget_get_mapped(GTK_WIDGET(self))) {
        look(self, NULL);
    }
}

// ---- the object ---------------------------------------------------------------------------------

void tincture_adapters_group_set_session(TinctureAdaptersGroup *self, TinctureSession *session)
{
    g_return_if_fail(TINCTURE_IS_ADAPTERS_GROUP(self) && self->session == NULL);
    self->session = g_object_ref(session);
    g_signal_connect_object(session->queue, "finished", G_CALLBACK(finished_cb), self,
                            G_CONNECT_SWAPPED);
    g_signal_connect_object(session->project, "library-changed", G_CALLBACK(library_changed_cb),
                            self, G_CONNECT_SWAPPED);
    g_signal_connect_object(session->project->adapters, "items-changed",
                            G_CALLBACK(library_changed_cb), self, G_CONNECT_SWAPPED);
}

static void tincture_adapters_group_dispose(GObject *object)
{
    TinctureAdaptersGroup *self = TINCTURE_ADAPTERS_GROUP(object);
    g_clear_object(&self->session);
    g_clear_pointer(&self->rows, g_ptr_array_unref);
    g_clear_pointer(&self->ids, g_hash_table_unref);
    g_clear_pointer(&self->folders, g_strfreev);
    g_clear_pointer(&self->exported, g_free);
    G_OBJECT_CLASS(tincture_adapters_group_parent_class)->dispose(object);
}

static void tincture_adapters_group_class_init(TinctureAdaptersGroupClass *klass)
{
    G_OBJECT_CLASS(klass)->dispose = tincture_adapters_group_dispose;
}

static void tincture_adapters_group_init(TinctureAdaptersGroup *self)
{
    AdwPreferencesGroup *group = ADW_PREFERENCES_GROUP(self);
    self->rows = g_ptr_array_new();
    self->ids = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, g_free);
    self->looking = g_object_new(GTK_TYPE_SPINNER, "spinning", TRUE, "visible", FALSE, NULL);
    self->none = adw_action_row_new();
    gtk_accessible_update_property(GTK_ACCESSIBLE(self->looking), GTK_ACCESSIBLE_PROPERTY_LABEL,
                                   _("Looking at adapters"), -1);
    adw_preferences_row_set_title(ADW_PREFERENCES_ROW(self->none), _("No adapters yet"));
    gtk_widget_set_visible(self->none, FALSE);
    adw_preferences_group_set_title(group, _("Adapters"));
    adw_preferences_group_set_description(
        group,
        _("Those of the library's photos, of subjects, styles and the workshop, and those in "
          "the folders below."));
    adw_preferences_group_set_header_suffix(group, self->looking);
    adw_preferences_group_add(group, self->none);
}
