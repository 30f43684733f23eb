#include "ui/library_page.h"

#include "compute/i18n.h"
#include "ui/job_box.h"
#include "ui/widgets/entry_list.h"
#include "ui/widgets/spoken_names.h"

// A tile with its borders; so many of them are beside one another.
enum { COLUMN_WIDTH = 164, MIN_COLUMNS = 2, MAX_COLUMNS = 12 };

struct _TinctureLibraryPage {
    AdwBin parent_instance;

    // template widgets
    GtkWidget *search, *grid, *progress_box, *stop;
    GtkDropDown *show, *sort;
    GtkStack *pages;
    GtkNoSelection *shown;
    GtkLabel *use, *progress_text;
    GtkProgressBar *progress;
    AdwStatusPage *nothing;

    // owned
    TinctureSession *session;
    TinctureCatalogue *catalogue;

    // state
    guint fitting; // idle source; 0: the columns fit
};

G_DEFINE_FINAL_TYPE(TinctureLibraryPage, tincture_library_page, ADW_TYPE_BIN)

// ---- what is shown ------------------------------------------------------------------------------

static void show_count(TinctureLibraryPage *self)
{
    static const char *const none[] = {
        [SHOW_ALL] = N_("No Photos Yet"),
        [SHOW_STARRED] = N_("No Result Has a Star"),
        [SHOW_MISSING] = N_("No Original Is Missing"),
        [SHOW_TRASH] = N_("The Trash Is Empty"),
    };
    const struct library *l = self->session->library;
    const enum catalogue_show show = self->catalogue->show;
    const gboolean any = g_list_model_get_n_items(G_LIST_MODEL(self->catalogue->entries)) > 0;
    adw_status_page_set_title(self->nothing,
                              *self->catalogue->words != '\0' ? _("Nothing Found")
                              : show == SHOW_ALL && l->measured && l->use.in_trash > 0
                                  ? _("All Photos Are in the Trash")
                                  : translated(none[show]));
    gtk_stack_set_visible_child_name(self->pages, any ? "grid" : "nothing");
    gtk_widget_set_sensitive(GTK_WIDGET(self->sort), self->catalogue->show != SHOW_TRASH);
}

// "Library uses 1.8 GB, 1.2 GB of it results without a star"
static char *bytes_text(const struct store_use *use)
{
    g_autofree char *all = g_format_size((guint64)use->bytes);
    g_autofree char *plain = g_format_size((guint64)use->plain_bytes);
    g_autofree char *trash = g_format_size((guint64)use->trash_bytes);
    if (use->plain > 0 && use->in_trash > 0) {
        return g_strdup_printf(
            _("Library uses %s, %s of it results without a star, %s in the trash"), all, plain,
            trash);
    }
    return use->plain > 0
               ? g_strdup_printf(_("Library uses %s, %s of it results without a star"), all, plain)
           : use->in_trash > 0
               ? g_strdup_printf(_("Library uses %s, %s of it in the trash"), all, trash)
               : g_strdup_printf(_("Library uses %s"), all);
}

// What uses no room is counted: "0 bytes in the trash" would say that it is empty.
static char *use_text(const struct store_use *use)
{
    if (use->in_trash == 0 || use->trash_bytes > 0) {
        return bytes_text(use);
    }
    const struct store_use others = {
        .plain = use->plain, .bytes = use->bytes, .plain_bytes = use->plain_bytes};
    g_autofree char *text = bytes_text(&others);
    return g_strdup_printf(P_("%s; %u thing in the trash takes no room",
                              "%s; %u things in the trash take no room", use->in_trash),
                           text, use->in_trash);
}

static void show_use(TinctureLibraryPage *self)
{
    const struct library *l = self->session->library;
    g_autofree char *text = l->measured ? use_text(&l->use) : g_strdup("");
    gtk_label_set_text(self->use, text);
    show_count(self);
}

static const TinctureJob *find_job(TinctureLibraryPage *self)
{
    static const struct job_type *const types[] = {&clean_job, &empty_job, &export_document_job,
                                                   &import_document_job};
    const TinctureJob *job = NULL;
    for (gsize i = 0; job == NULL && i < G_N_ELEMENTS(types); i++) {
        job = tincture_queue_find(self->session->queue, NULL, types[i]);
    }
    return job;
}

static void show_progress(TinctureLibraryPage *self)
{
    job_box_show(self->progress_box, self->progress_text, self->progress, self->stop,
                 find_job(self));
}

// ---- what a person does -------------------------------------------------------------------------

// What is found or sorted anew is looked at from its beginning.
static void scroll_to_start(TinctureLibraryPage *self)
{
    if (g_list_model_get_n_items(G_LIST_MODEL(self->shown)) > 0) {
        gtk_widget_activate_action(self->grid, "list.scroll-to-item", "u", 0);
    }
}

static void search_changed_cb(TinctureLibraryPage *self)
{
    tincture_catalogue_find(self->catalogue, gtk_editable_get_text(GTK_EDITABLE(self->search)));
    scroll_to_start(self);
}

static void stop_search_cb(TinctureLibraryPage *self)
{
    gtk_editable_set_text(GTK_EDITABLE(self->search), "");
}

static void chosen_cb(TinctureLibraryPage *self)
{
    if (self->catalogue != NULL) {
        tincture_catalogue_show(self->catalogue,
                                (enum catalogue_show)gtk_drop_down_get_selected(self->show));
        tincture_catalogue_sort(self->catalogue,
                                (enum store_order)gtk_drop_down_get_selected(self->sort));
        scroll_to_start(self);
    }
}

// What is in the trash cannot be opened: it has a menu.
static void activate_cb(TinctureLibraryPage *self, guint position)
{
    g_autoptr(TinctureLibraryEntry) entry =
        g_list_model_get_item(G_LIST_MODEL(self->shown), position);
    if (entry != NULL && entry->in_trash) {
        entry_list_show_menu(self->grid);
    } else if (entry != NULL) {
        gtk_widget_activate_action(GTK_WIDGET(self), "win.open-document", "x", entry->id);
    }
}

// GTK makes items for thirty rows of as many columns as there may be: those that do not fit are
// made for nothing.
static gboolean fit_columns_cb(gpointer data)
{
    TinctureLibraryPage *self = data;
    const int width = gtk_widget_get_width(self->grid);
    self->fitting = 0;
    gtk_grid_view_set_max_columns(GTK_GRID_VIEW(self->grid),
                                  (guint)CLAMP(width / COLUMN_WIDTH, MIN_COLUMNS, MAX_COLUMNS));
    return G_SOURCE_REMOVE;
}

// Behind the frame: it is being laid out now.
static void width_changed_cb(TinctureLibraryPage *self)
{
    if (self->fitting == 0) {
        self->fitting = g_idle_add_full(G_PRIORITY_HIGH_IDLE, fit_columns_cb, self, NULL);
    }
}

// ---- while it is seen ---------------------------------------------------------------------------

static void map_cb(TinctureLibraryPage *self)
{
    tincture_catalogue_look(self->catalogue, true);
    library_measure(self->session->library);
    show_use(self);
    show_progress(self);
}

static void unmap_cb(TinctureLibraryPage *self)
{
    if (self->catalogue != NULL) {
        tincture_catalogue_look(self->catalogue, false);
    }
}

static void library_changed_cb(TinctureLibraryPage *self)
{
    if (gtk_widget_get_mapped(GTK_WIDGET(self))) {
        library_measure(self->session->library);
    }
}

// ---- life ---------------------------------------------------------------------------------------

static void tincture_library_page_dispose(GObject *object)
{
    TinctureLibraryPage *self = TINCTURE_LIBRARY_PAGE(object);
    g_clear_handle_id(&self->fitting, g_source_remove);
    gtk_widget_dispose_template(GTK_WIDGET(object), TINCTURE_TYPE_LIBRARY_PAGE);
    g_clear_object(&self->session);
    g_clear_object(&self->catalogue);
    G_OBJECT_CLASS(tincture_library_page_parent_class)->dispose(object);
}

static void tincture_library_page_class_init(TinctureLibraryPageClass *klass)
{
    GtkWidgetClass *widget_class = GTK_WIDGET_CLASS(klass);
    G_OBJECT_CLASS(klass)->dispose = tincture_library_page_dispose;
    gtk_widget_class_set_template_from_resource(widget_class,
                                                "/org/tincture/Tincture/ui/library_page.ui");
    gtk_widget_class_bind_template_child(widget_class, TinctureLibraryPage, search);
    gtk_widget_class_bind_template_child(widget_class, TinctureLibraryPage, show);
    gtk_widget_class_bind_template_child(widget_class, TinctureLibraryPage, sort);
    gtk_widget_class_bind_template_child(widget_class, TinctureLibraryPage, pages);
    gtk_widget_class_bind_template_child(widget_class, TinctureLibraryPage, nothing);
    gtk_widget_class_bind_template_child(widget_class, TinctureLibraryPage, grid);
    gtk_widget_class_bind_template_child(widget_class, TinctureLibraryPage, shown);
    gtk_widget_class_bind_template_child(widget_class, TinctureLibraryPage, use);
    gtk_widget_class_bind_template_child(widget_class, TinctureLibraryPage, progress_box);
    gtk_widget_class_bind_template_child(widget_class, TinctureLibraryPage, progress_text);
    gtk_widget_class_bind_template_child(widget_class, TinctureLibraryPage, progress);
    gtk_widget_class_bind_template_child(widget_class, TinctureLibraryPage, stop);
    gtk_widget_class_bind_template_callback(widget_class, search_changed_cb);
    gtk_widget_class_bind_template_callback(widget_class, stop_search_cb);
    gtk_widget_class_bind_template_callback(widget_class, chosen_cb);
    gtk_widget_class_bind_template_callback(widget_class, activate_cb);
    gtk_widget_class_bind_template_callback(widget_class, map_cb);
    gtk_widget_class_bind_template_callback(widget_class, unmap_cb);
}

static void tincture_library_page_init(TinctureLibraryPage *self)
{
    gtk_widget_init_template(GTK_WIDGET(self));
    spoken_names_add_drop_down(self->show, _("Which are shown"));
    spoken_names_add_drop_down(self->sort, _("In which order"));
    gtk_search_entry_set_key_capture_widget(GTK_SEARCH_ENTRY(self->search), GTK_WIDGET(self));
}

void tincture_library_page_set_session(TinctureLibraryPage *self, TinctureSession *session)
{
    g_return_if_fail(TINCTURE_IS_LIBRARY_PAGE(self));
    self->session = g_object_ref(session);
    self->catalogue = tincture_catalogue_new(session->library);
    gtk_no_selection_set_model(self->shown, G_LIST_MODEL(self->catalogue->entries));
    entry_list_set_up(self->grid, self->catalogue);
    g_signal_connect_object(gtk_scrollable_get_hadjustment(GTK_SCROLLABLE(self->grid)),
                            "notify::page-size", G_CALLBACK(width_changed_cb), self,
                            G_CONNECT_SWAPPED);
    g_signal_connect_object(self->catalogue, "changed", G_CALLBACK(show_count), self,
                            G_CONNECT_SWAPPED);
    g_signal_connect_object(session->project, "library-measured", G_CALLBACK(show_use), self,
                            G_CONNECT_SWAPPED);
    g_signal_connect_object(session->project, "library-changed", G_CALLBACK(library_changed_cb),
                            self, G_CONNECT_SWAPPED);
    g_signal_connect_object(session->queue, "changed", G_CALLBACK(show_progress), self,
                            G_CONNECT_SWAPPED);
}
