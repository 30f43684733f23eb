// Earlier results of this photo: a click brings back the picture and everything it was made with.
#include "ui/panels/panel.h"
#include "ui/widgets/result_item.h"
#include "ui/widgets/thumb.h"

#define THUMB_SIDE 64
#define LINE_CHARS 18 // at most, so that the history is no wider over the picture than beside it

#define TINCTURE_TYPE_HISTORY_PANEL (tincture_history_panel_get_type())
G_DECLARE_FINAL_TYPE(TinctureHistoryPanel, tincture_history_panel, TINCTURE, HISTORY_PANEL,
                     TincturePanel)

struct _TinctureHistoryPanel {
    TincturePanel parent_instance;

    // template widgets
    GtkListView *list;
    GtkStack *pages;
    GtkWidget *search, *older;
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
        const TinctureProject *project = tincture_panel_get_project(panel);
        if (self->items == NULL) {
            follow(self, G_LIST_MODEL(project->results));
        }
        gtk_widget_set_visible(self->older, project->more_results);
        update_page(self);
    }
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

// ---- a row: the picture, what it was asked to show, and when ------------------------------------

static GtkWidget *line_new(void)
{
    GtkWidget *label = gtk_label_new(NULL);
    gtk_label_set_xalign(GTK_LABEL(label), 0);
    gtk_label_set_ellipsize(GTK_LABEL(label), PANGO_ELLIPSIZE_END);
    gtk_label_set_max_width_chars(GTK_LABEL(label), LINE_CHARS);
    return label;
}

static void row_setup_cb(GtkListItemFactory *factory, GtkListItem *item)
{
    GtkWidget *row = gtk_box_new(GTK_ORIENTATION_HORIZONTAL, 10);
    GtkWidget *thumb = tincture_thumb_new(NULL, THUMB_SIDE, THUMB_SIDE);
    GtkWidget *words = gtk_box_new(GTK_ORIENTATION_VERTICAL, 3);
    GtkWidget *prompt = line_new(), *subtitle = line_new();
    gtk_widget_set_valign(thumb, GTK_ALIGN_CENTER);
    gtk_widget_set_valign(words, GTK_ALIGN_CENTER);
    gtk_widget_set_hexpand(words, TRUE);
    gtk_label_set_wrap(GTK_LABEL(prompt), TRUE);
    gtk_label_set_wrap_mode(GTK_LABEL(prompt), PANGO_WRAP_WORD_CHAR);
    gtk_label_set_lines(GTK_LABEL(prompt), 2);
    gtk_widget_add_css_class(subtitle, "caption");
    gtk_widget_add_css_class(subtitle, "dim-label");
    gtk_widget_add_css_class(subtitle, "numeric");
    gtk_box_append(GTK_BOX(words), prompt);
    gtk_box_append(GTK_BOX(words), subtitle);
    gtk_box_append(GTK_BOX(row), thumb);
    gtk_box_append(GTK_BOX(row), words);
    gtk_list_item_set_child(item, row);
}

// The list's own widget around a row has the keyboard, and GTK 4.8 gives it no name.
static void row_bind_cb(GtkListItemFactory *factory, GtkListItem *item)
{
    g_autofree char *prompt = NULL, *subtitle = NULL;
    g_autoptr(GdkPaintable) thumb = NULL;
    g_object_get(gtk_list_item_get_item(item), "prompt", &prompt, "subtitle", &subtitle, "thumb",
                 &thumb, NULL);
    GtkWidget *row = gtk_list_item_get_child(item), *words = gtk_widget_get_last_child(row);
    g_autofree char *name = g_strdup_printf("%s, %s", prompt, subtitle);
    tincture_thumb_set_paintable(TINCTURE_THUMB(gtk_widget_get_first_child(row)), thumb);
    gtk_label_set_text(GTK_LABEL(gtk_widget_get_first_child(words)), prompt);
    gtk_label_set_text(GTK_LABEL(gtk_widget_get_last_child(words)), subtitle);
    gtk_widget_set_tooltip_text(row, prompt);
    gtk_accessible_update_property(GTK_ACCESSIBLE(gtk_widget_get_parent(row)),
                                   GTK_ACCESSIBLE_PROPERTY_LABEL, name, -1);
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
    gtk_widget_class_bind_template_child(widget_class, TinctureHistoryPanel, older);
    gtk_widget_class_bind_template_child(widget_class, TinctureHistoryPanel, filter);
    gtk_widget_class_bind_template_child(widget_class, TinctureHistoryPanel, filtered);
    gtk_widget_class_bind_template_callback(widget_class, activate_cb);
    gtk_widget_class_bind_template_callback(widget_class, search_changed_cb);
    gtk_widget_class_bind_template_callback(widget_class, older_cb);
}

static void tincture_history_panel_init(TinctureHistoryPanel *self)
{
    gtk_widget_init_template(GTK_WIDGET(self));
    g_autoptr(GtkListItemFactory) factory = gtk_signal_list_item_factory_new();
    g_signal_connect(factory, "setup", G_CALLBACK(row_setup_cb), NULL);
    g_signal_connect(factory, "bind", G_CALLBACK(row_bind_cb), NULL);
    gtk_list_view_set_factory(self->list, factory);
}

const struct panel history_panel = {
    .id = "history",
    .title = "History",
    .side = PANEL_HISTORY,
    .get_type = tincture_history_panel_get_type,
};
