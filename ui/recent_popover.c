#include "ui/recent_popover.h"

#include "ui/samples.h"
#include "ui/widgets/entry_list.h"

struct _TinctureRecentPopover {
    GtkPopover parent_instance;

    // template widgets
    GtkWidget *list, *search, *nothing;
    GtkNoSelection *shown;

    // owned
    TinctureSession *session;
    TinctureCatalogue *catalogue;
    GListStore *samples; // TinctureLibraryEntry: shown behind all documents
};

enum { OPEN_SAMPLE, N_SIGNALS };
static guint signals[N_SIGNALS];

G_DEFINE_FINAL_TYPE(TinctureRecentPopover, tincture_recent_popover, GTK_TYPE_POPOVER)

static void show_samples(TinctureRecentPopover *self, gboolean shown)
{
    const guint n = g_list_model_get_n_items(G_LIST_MODEL(self->samples));
    g_autoptr(GPtrArray) samples = shown && n == 0 ? samples_load() : NULL;
    if (!shown && n > 0) {
        g_list_store_remove_all(self->samples);
    }
    for (guint i = 0; samples != NULL && i < samples->len; i++) {
        const struct sample *sample = samples->pdata[i];
        g_autoptr(TinctureLibraryEntry) entry =
            tincture_library_entry_new(sample->title, sample->path, sample->caption);
        g_list_store_append(self->samples, entry);
    }
}

static void search_changed_cb(TinctureRecentPopover *self)
{
    const char *words = gtk_editable_get_text(GTK_EDITABLE(self->search));
    if (self->catalogue != NULL) {
        tincture_catalogue_find(self->catalogue, words);
        show_samples(self, *words == '\0');
        gtk_widget_set_visible(self->nothing,
                               g_list_model_get_n_items(G_LIST_MODEL(self->shown)) == 0);
    }
}

static void show_cb(TinctureRecentPopover *self)
{
    gtk_editable_set_text(GTK_EDITABLE(self->search), "");
    tincture_catalogue_look(self->catalogue, true);
    search_changed_cb(self);
    gtk_widget_activate_action(self->list, "list.scroll-to-item", "u", 0);
}

static void hide_cb(TinctureRecentPopover *self)
{
    tincture_catalogue_look(self->catalogue, false);
}

static void activate_cb(TinctureRecentPopover *self, guint position)
{
    g_autoptr(TinctureLibraryEntry) entry =
        g_list_model_get_item(G_LIST_MODEL(self->shown), position);
    if (entry == NULL) {
        return;
    }
    gtk_popover_popdown(GTK_POPOVER(self));
    if (entry->id != 0) {
        gtk_widget_activate_action(GTK_WIDGET(self), "win.open-document", "x", entry->id);
    } else {
        g_signal_emit(self, signals[OPEN_SAMPLE], 0, entry->photo, entry->caption);
    }
}

// Return opens what was found first.
static void search_activate_cb(TinctureRecentPopover *self)
{
    activate_cb(self, 0);
}

static void library_cb(TinctureRecentPopover *self)
{
    gtk_popover_popdown(GTK_POPOVER(self));
    gtk_widget_activate_action(GTK_WIDGET(self), "win.show-library", NULL);
}

static void tincture_recent_popover_dispose(GObject *object)
{
    TinctureRecentPopover *self = TINCTURE_RECENT_POPOVER(object);
    gtk_widget_dispose_template(GTK_WIDGET(object), TINCTURE_TYPE_RECENT_POPOVER);
    g_clear_object(&self->session);
    g_clear_object(&self->catalogue);
    g_clear_object(&self->samples);
    G_OBJECT_CLASS(tincture_recent_popover_parent_class)->dispose(object);
}

static void tincture_recent_popover_class_init(TinctureRecentPopoverClass *klass)
{
    GtkWidgetClass *widget_class = GTK_WIDGET_CLASS(klass);
    G_OBJECT_CLASS(klass)->dispose = tincture_recent_popover_dispose;
    signals[OPEN_SAMPLE] =
        g_signal_new("open-sample", G_TYPE_FROM_CLASS(klass), G_SIGNAL_RUN_LAST, 0, NULL, NULL,
                     NULL, G_TYPE_NONE, 2, G_TYPE_STRING, G_TYPE_STRING);
    gtk_widget_class_set_template_from_resource(widget_class,
                                                "/org/tincture/Tincture/ui/recent_popover.ui");
    gtk_widget_class_bind_template_child(widget_class, TinctureRecentPopover, list);
    gtk_widget_class_bind_template_child(widget_class, TinctureRecentPopover, search);
    gtk_widget_class_bind_template_child(widget_class, TinctureRecentPopover, nothing);
    gtk_widget_class_bind_template_child(widget_class, TinctureRecentPopover, shown);
    gtk_widget_class_bind_template_callback(widget_class, show_cb);
    gtk_widget_class_bind_template_callback(widget_class, hide_cb);
    gtk_widget_class_bind_template_callback(widget_class, search_changed_cb);
    gtk_widget_class_bind_template_callback(widget_class, search_activate_cb);
    gtk_widget_class_bind_template_callback(widget_class, activate_cb);
    gtk_widget_class_bind_template_callback(widget_class, library_cb);
}

static void tincture_recent_popover_init(TinctureRecentPopover *self)
{
    gtk_widget_init_template(GTK_WIDGET(self));
    self->samples = g_list_store_new(TINCTURE_TYPE_LIBRARY_ENTRY);
}

void tincture_recent_popover_set_session(TinctureRecentPopover *self, TinctureSession *session)
{
    g_return_if_fail(TINCTURE_IS_RECENT_POPOVER(self));
    g_set_object(&self->session, session);
    self->catalogue = tincture_catalogue_new(session->library);
    GListStore *parts = g_list_store_new(G_TYPE_LIST_MODEL);
    g_list_store_append(parts, self->catalogue->entries);
    g_list_store_append(parts, self->samples);
    g_autoptr(GtkFlattenListModel) all = gtk_flatten_list_model_new(G_LIST_MODEL(parts));
    gtk_no_selection_set_model(self->shown, G_LIST_MODEL(all));
    entry_list_set_up(self->list, self->catalogue);
}
