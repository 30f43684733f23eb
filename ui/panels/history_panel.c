// Earlier results of this photo: a click brings back the picture and everything it was made with.
#include "compute/i18n.h"
#include "ui/panels/panel.h"
#include "ui/widgets/result_row.h"

#define TINCTURE_TYPE_HISTORY_PANEL (tincture_history_panel_get_type())
G_DECLARE_FINAL_TYPE(TinctureHistoryPanel, tincture_history_panel, TINCTURE, HISTORY_PANEL,
                     TincturePanel)

struct _TinctureHistoryPanel {
    TincturePanel parent_instance;

    // template widgets
    GtkListView *list;
    GtkStack *pages;
    GtkWidget *search, *older;
    GtkLabel *kept;
    GtkStringFilter *filter;
    GtkFilterListModel *filtered;

    // owned
    GListStore *items; // TinctureResultItem: the results of the project
};

G_DEFINE_FINAL_TYPE(TinctureHistoryPanel, tincture_history_panel, TINCTURE_TYPE_PANEL)

static void activate_cb(TinctureHistoryPanel *self, guint position)
{
    g_autoptr(TinctureResultItem) item =
        g_list_model_get_item(G_LIST_MODEL(self->filtered), position);
    if (item != NULL) {
        live_restore(tincture_panel_get_session(TINCTURE_PANEL(self))->live,
                     tincture_result_item_get_id(item));
    }
}

static void update_page(TinctureHistoryPanel *self)
{
    guint all = g_list_model_get_n_items(G_LIST_MODEL(self->items));
    guint found = g_list_model_get_n_items(G_LIST_MODEL(self->filtered));
    if (!library_is_kept(tincture_panel_get_session(TINCTURE_PANEL(self))->library)) {
        gtk_label_set_text(self->kept,
                           _("Every result is here until the program ends: nothing can be "
                             "kept in this library."));
    }
    gtk_widget_set_sensitive(self->search, all > 0);
    gtk_stack_set_visible_child_name(self->pages, all == 0     ? "empty"
                                                  : found == 0 ? "nothing-found"
                                                               : "list");
}

// The rows follow the project's list, item by item: what stays in it stays where it was scrolled
// to.
static void results_changed_cb(TinctureHistoryPanel *self, guint position, guint removed,
                               guint added, GListModel *results)
{
    g_autoptr(GPtrArray) rows = g_ptr_array_new_with_free_func(g_object_unref);
    for (guint i = position; i < position + added; i++) {
        g_autoptr(TinctureResultEntry) entry = g_list_model_get_item(results, i);
        g_ptr_array_add(rows, tincture_result_item_new(entry));
    }
    g_list_store_splice(self->items, position, removed, rows->pdata, rows->len);
    if (position == 0 && added > 0) {
        gtk_widget_activate_action(GTK_WIDGET(self->list), "list.scroll-to-item", "u", 0);
    }
}

// Which row is shown, and which have a star.
static void update_rows(TinctureHistoryPanel *self, TinctureProject *project)
{
    for (guint i = 0; i < g_list_model_get_n_items(G_LIST_MODEL(self->items)); i++) {
        g_autoptr(TinctureResultItem) item = g_list_model_get_item(G_LIST_MODEL(self->items), i);
        const TinctureResultEntry *entry = tincture_project_result(project, i);
        tincture_result_item_update(item, entry->id == project->shown_result, entry->starred);
    }
}

static void follow(TinctureHistoryPanel *self, GListModel *results)
{
    self->items = g_list_store_new(TINCTURE_TYPE_RESULT_ITEM);
    gtk_filter_list_model_set_model(self->filtered, G_LIST_MODEL(self->items));
    g_signal_connect_object(results, "items-changed", G_CALLBACK(results_changed_cb), self,
                            G_CONNECT_SWAPPED);
    results_changed_cb(self, 0, 0, g_list_model_get_n_items(results), results);
}

static void document_changed(TincturePanel *panel, guint parts)
{
    TinctureHistoryPanel *self = TINCTURE_HISTORY_PANEL(panel);
    if (parts & (DOCUMENT_RESULTS | DOCUMENT_PHOTO)) {
        TinctureProject *project = tincture_panel_get_project(panel);
        if (self->items == NULL) {
            follow(self, G_LIST_MODEL(project->results));
        }
        gtk_widget_set_visible(self->older, project->more_results);
        update_rows(self, project);
        update_page(self);
    }
}

static void stop_search_cb(TinctureHistoryPanel *self)
{
    gtk_editable_set_text(GTK_EDITABLE(self->search), "");
}

static void search_changed_cb(TinctureHistoryPanel *self)
{
    gtk_string_filter_set_search(self->filter, gtk_editable_get_text(GTK_EDITABLE(self->search)));
    update_page(self);
}

static void older_cb(TinctureHistoryPanel *self)
{
    library_show_more(tincture_panel_get_session(TINCTURE_PANEL(self))->library);
}

static gboolean delete_cb(GtkWidget *list, GVariant *args, gpointer data)
{
    const gint64 id = tincture_result_row_get_id(gtk_root_get_focus(gtk_widget_get_root(list)));
    return id != 0 && gtk_widget_activate_action(list, "win.delete", "(sx)", "result", id);
}

static void take_delete_key(TinctureHistoryPanel *self)
{
    static const guint keys[] = {GDK_KEY_Delete, GDK_KEY_KP_Delete};
    GtkEventController *controller = gtk_shortcut_controller_new();
    for (gsize i = 0; i < G_N_ELEMENTS(keys); i++) {
        gtk_shortcut_controller_add_shortcut(
            GTK_SHORTCUT_CONTROLLER(controller),
            gtk_shortcut_new(gtk_keyval_trigger_new(keys[i], 0),
                             gtk_callback_action_new(delete_cb, NULL, NULL)));
    }
    gtk_widget_add_controller(GTK_WIDGET(self->list), controller);
}

// ---- rows ---------------------------------------------------------------------------------------

static void starred_cb(TinctureHistoryPanel *self, gint64 id, gboolean starred)
{
    library_star(tincture_panel_get_session(TINCTURE_PANEL(self))->library, id, starred);
}

static void row_setup_cb(TinctureHistoryPanel *self, GtkListItem *item)
{
    TinctureResultRow *row = tincture_result_row_new();
    g_signal_connect_object(row, "starred", G_CALLBACK(starred_cb), self, G_CONNECT_SWAPPED);
    gtk_list_item_set_child(item, GTK_WIDGET(row));
}

static void row_bind_cb(GtkListItemFactory *factory, GtkListItem *item)
{
    tincture_result_row_set_item(TINCTURE_RESULT_ROW(gtk_list_item_get_child(item)),
                                 TINCTURE_RESULT_ITEM(gtk_list_item_get_item(item)));
}

static void row_unbind_cb(GtkListItemFactory *factory, GtkListItem *item)
{
    tincture_result_row_set_item(TINCTURE_RESULT_ROW(gtk_list_item_get_child(item)), NULL);
}

// ---- the object ---------------------------------------------------------------------------------

static void tincture_history_panel_dispose(GObject *object)
{
    TinctureHistoryPanel *self = TINCTURE_HISTORY_PANEL(object);
    g_clear_object(&self->items);
    gtk_widget_dispose_template(GTK_WIDGET(object), TINCTURE_TYPE_HISTORY_PANEL);
    G_OBJECT_CLASS(tincture_history_panel_parent_class)->dispose(object);
}

static void tincture_history_panel_class_init(TinctureHistoryPanelClass *klass)
{
    GtkWidgetClass *widget_class = GTK_WIDGET_CLASS(klass);
    G_OBJECT_CLASS(klass)->dispose = tincture_history_panel_dispose;
    TINCTURE_PANEL_CLASS(klass)->document_changed = document_changed;
    g_type_ensure(TINCTURE_TYPE_RESULT_ITEM);
    gtk_widget_class_set_template_from_resource(widget_class,
                                                "/org/tincture/Tincture/ui/history_panel.ui");
    gtk_widget_class_bind_template_child(widget_class, TinctureHistoryPanel, list);
    gtk_widget_class_bind_template_child(widget_class, TinctureHistoryPanel, pages);
    gtk_widget_class_bind_template_child(widget_class, TinctureHistoryPanel, search);
    gtk_widget_class_bind_template_child(widget_class, TinctureHistoryPanel, kept);
    gtk_widget_class_bind_template_child(widget_class, TinctureHistoryPanel, older);
    gtk_widget_class_bind_template_child(widget_class, TinctureHistoryPanel, filter);
    gtk_widget_class_bind_template_child(widget_class, TinctureHistoryPanel, filtered);
    gtk_widget_class_bind_template_callback(widget_class, activate_cb);
    gtk_widget_class_bind_template_callback(widget_class, search_changed_cb);
    gtk_widget_class_bind_template_callback(widget_class, stop_search_cb);
    gtk_widget_class_bind_template_callback(widget_class, older_cb);
}

static void tincture_history_panel_init(TinctureHistoryPanel *self)
{
    gtk_widget_init_template(GTK_WIDGET(self));
    g_autoptr(GtkListItemFactory) factory = gtk_signal_list_item_factory_new();
    g_signal_connect_object(factory, "setup", G_CALLBACK(row_setup_cb), self, G_CONNECT_SWAPPED);
    g_signal_connect(factory, "bind", G_CALLBACK(row_bind_cb), NULL);
    g_signal_connect(factory, "unbind", G_CALLBACK(row_unbind_cb), NULL);
    gtk_list_view_set_factory(self->list, factory);
    take_delete_key(self);
}

const struct panel history_panel = {
    .id = "history",
    .title = N_("History"),
    .side = PANEL_HISTORY,
    .get_type = tincture_history_panel_get_type,
};
