#include "ui/recent_popover.h"

#include "compute/i18n.h"
#include "render/present/texture.h"
#include "ui/samples.h"
#include "ui/time_text.h"
#include "ui/widgets/thumb.h"

#define THUMB_SIDE 48

struct _TinctureRecentPopover {
    GtkPopover parent_instance;

    // template widgets
    GtkListBox *list;
    GtkWidget *search;

    // owned
    TinctureSession *session;
};

enum { OPEN_SAMPLE, N_SIGNALS };
static guint signals[N_SIGNALS];

G_DEFINE_FINAL_TYPE(TinctureRecentPopover, tincture_recent_popover, GTK_TYPE_POPOVER)

static GtkWidget *line(const char *text, const char *css_class)
{
    GtkWidget *label = gtk_label_new(text);
    gtk_label_set_xalign(GTK_LABEL(label), 0);
    gtk_label_set_ellipsize(GTK_LABEL(label), PANGO_ELLIPSIZE_MIDDLE);
    if (css_class != NULL) {
        gtk_widget_add_css_class(label, css_class);
        gtk_widget_add_css_class(label, "dim-label");
    }
    return label;
}

static GtkWidget *row_new(const char *title, const char *below, GtkWidget *thumb)
{
    GtkWidget *words = gtk_box_new(GTK_ORIENTATION_VERTICAL, 3);
    gtk_widget_set_valign(words, GTK_ALIGN_CENTER);
    gtk_box_append(GTK_BOX(words), line(title, NULL));
    gtk_box_append(GTK_BOX(words), line(below, "caption"));
    GtkWidget *box = gtk_box_new(GTK_ORIENTATION_HORIZONTAL, 10);
    gtk_box_append(GTK_BOX(box), thumb);
    gtk_box_append(GTK_BOX(box), words);
    GtkWidget *row = gtk_list_box_row_new();
    g_autofree char *name = g_strdup_printf("%s, %s", title, below);
    gtk_list_box_row_set_child(GTK_LIST_BOX_ROW(row), box);
    gtk_widget_set_name(row, title); // for tests and inspectors
    gtk_accessible_update_property(GTK_ACCESSIBLE(row), GTK_ACCESSIBLE_PROPERTY_LABEL, name, -1);
    return row;
}

// The newest result, else the photo as it came.
static void set_thumb(TinctureRecentPopover *self, const struct document_entry *entry,
                      GtkWidget *thumb)
{
    struct picture picture = library_document_thumb(self->session->library, entry->id);
    if (picture.rgba != NULL) {
        g_autoptr(GdkTexture) texture =
            texture_from_rgba8(picture.rgba, picture.width, picture.height);
        tincture_thumb_set_paintable(TINCTURE_THUMB(thumb), GDK_PAINTABLE(texture));
    } else if (entry->origin != NULL) {
        tincture_thumb_load(TINCTURE_THUMB(thumb), entry->origin);
    }
    picture_clear(&picture);
}

static void delete_cb(GtkButton *button, GtkListBoxRow *row)
{
    TinctureRecentPopover *self = TINCTURE_RECENT_POPOVER(
        gtk_widget_get_ancestor(GTK_WIDGET(row), TINCTURE_TYPE_RECENT_POPOVER));
    const gint64 *document = g_object_get_data(G_OBJECT(row), "document");
    gtk_widget_activate_action(GTK_WIDGET(self), "win.delete", "(sx)", "document", *document);
    gtk_widget_child_focus(GTK_WIDGET(row), GTK_DIR_DOWN);
    gtk_list_box_remove(self->list, GTK_WIDGET(row));
}

static void add_delete_button(GtkWidget *row, const char *title)
{
    GtkWidget *button = gtk_button_new_from_icon_name("user-trash-symbolic");
    g_autofree char *name = g_strdup_printf(_("Delete %s"), title);
    gtk_widget_add_css_class(button, "flat");
    gtk_widget_add_css_class(button, "circular");
    gtk_widget_set_valign(button, GTK_ALIGN_CENTER);
    gtk_widget_set_hexpand(button, TRUE);
    gtk_widget_set_halign(button, GTK_ALIGN_END);
    gtk_widget_set_tooltip_text(button, _("Delete, with all its results"));
    gtk_widget_set_name(button, "recent.delete"); // for tests
    gtk_accessible_update_property(GTK_ACCESSIBLE(button), GTK_ACCESSIBLE_PROPERTY_LABEL, name, -1);
    g_signal_connect_object(button, "clicked", G_CALLBACK(delete_cb), row, 0);
    gtk_box_append(GTK_BOX(gtk_list_box_row_get_child(GTK_LIST_BOX_ROW(row))), button);
}

static GtkWidget *document_row(TinctureRecentPopover *self, const struct document_entry *entry)
{
    g_autofree char *when = time_ago_text(entry->modified);
    GtkWidget *thumb = tincture_thumb_new(NULL, THUMB_SIDE, THUMB_SIDE);
    set_thumb(self, entry, thumb);
    GtkWidget *row = row_new(entry->title, entry->open ? _("Open now") : when, thumb);
    gtk_widget_set_tooltip_text(row, entry->origin);
    g_object_set_data_full(G_OBJECT(row), "document", g_memdup2(&entry->id, sizeof entry->id),
                           g_free);
    if (!entry->open) {
        add_delete_button(row, entry->title);
    }
    return row;
}

static GtkWidget *sample_row(const struct sample *sample)
{
    GtkWidget *thumb = tincture_thumb_new(NULL, THUMB_SIDE, THUMB_SIDE);
    tincture_thumb_load(TINCTURE_THUMB(thumb), sample->path);
    GtkWidget *row = row_new(sample->title, _("Sample"), thumb);
    g_object_set_data_full(G_OBJECT(row), "path", g_strdup(sample->path), g_free);
    g_object_set_data_full(G_OBJECT(row), "caption", g_strdup(sample->caption), g_free);
    return row;
}

static void fill(TinctureRecentPopover *self)
{
    const char *words = gtk_editable_get_text(GTK_EDITABLE(self->search));
    GtkListBoxRow *old;
    while ((old = gtk_list_box_get_row_at_index(self->list, 0)) != NULL) {
        gtk_list_box_remove(self->list, GTK_WIDGET(old));
    }
    g_autoptr(GPtrArray) documents = library_documents(self->session->library, words);
    for (guint i = 0; i < documents->len; i++) {
        gtk_list_box_append(self->list, document_row(self, documents->pdata[i]));
    }
    g_autoptr(GPtrArray) samples = *words == '\0' ? samples_load() : NULL;
    for (guint i = 0; samples && i < samples->len; i++) {
        gtk_list_box_append(self->list, sample_row(samples->pdata[i]));
    }
}

static void search_changed_cb(TinctureRecentPopover *self)
{
    if (self->session != NULL && gtk_widget_get_visible(GTK_WIDGET(self))) {
        fill(self);
    }
}

static void show_cb(TinctureRecentPopover *self)
{
    gtk_editable_set_text(GTK_EDITABLE(self->search), "");
    fill(self);
}

static void row_activated_cb(TinctureRecentPopover *self, GtkListBoxRow *row)
{
    const gint64 *document = g_object_get_data(G_OBJECT(row), "document");
    gtk_popover_popdown(GTK_POPOVER(self));
    if (document != NULL) {
        library_open_document(self->session->library, *document);
    } else {
        g_signal_emit(self, signals[OPEN_SAMPLE], 0, g_object_get_data(G_OBJECT(row), "path"),
                      g_object_get_data(G_OBJECT(row), "caption"));
    }
}

static void tincture_recent_popover_dispose(GObject *object)
{
    TinctureRecentPopover *self = TINCTURE_RECENT_POPOVER(object);
    g_clear_object(&self->session);
    gtk_widget_dispose_template(GTK_WIDGET(object), TINCTURE_TYPE_RECENT_POPOVER);
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
    gtk_widget_class_bind_template_callback(widget_class, show_cb);
    gtk_widget_class_bind_template_callback(widget_class, search_changed_cb);
    gtk_widget_class_bind_template_callback(widget_class, row_activated_cb);
}

static void tincture_recent_popover_init(TinctureRecentPopover *self)
{
    gtk_widget_init_template(GTK_WIDGET(self));
}

void tincture_recent_popover_set_session(TinctureRecentPopover *self, TinctureSession *session)
{
    g_return_if_fail(TINCTURE_IS_RECENT_POPOVER(self));
    g_set_object(&self->session, session);
}
