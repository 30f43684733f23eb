#include "ui/widgets/entry_view.h"

#include "compute/i18n.h"
#include "render/present/texture.h"
#include "ui/time_text.h"
#include "ui/widgets/thumb.h"

enum { ROW_SIDE = 48, TILE_WIDTH = 152, TILE_HEIGHT = 114, LINE_CHARS = 14 };

struct _TinctureEntryView {
    AdwBin parent_instance;

    // children, made when it is seen first
    GtkWidget *box; // NULL: it has not been seen
    TinctureThumb *thumb;
    GtkLabel *title, *below;
    GtkWidget *delete; // NULL: a tile

    // owned
    TinctureCatalogue *catalogue;
    TinctureLibraryEntry *entry;

    // state
    gboolean row; // else a tile
};

G_DEFINE_FINAL_TYPE(TinctureEntryView, tincture_entry_view, ADW_TYPE_BIN)

// ---- in words -----------------------------------------------------------------------------------

static char *below_text(const TinctureLibraryEntry *e)
{
    static const char *const kinds[] = {[STORE_DOCUMENT] = N_("Photo"),
                                        [STORE_RESULT] = N_("Result"),
                                        [STORE_ADAPTER] = N_("Adapter")};
    if (e->id == 0) {
        return g_strdup(_("Sample"));
    }
    g_autofree char *when = time_ago_text(e->when);
    if (e->in_trash) {
        return g_strdup_printf(_("%s · deleted %s"), translated(kinds[e->kind]), when);
    }
    return e->missing        ? g_strdup(_("Original missing"))
           : e->open         ? g_strdup(_("Open now"))
           : e->results == 0 ? g_steal_pointer(&when)
                             : g_strdup_printf(P_("%s · %u result", "%s · %u results", e->results),
                                               when, e->results);
}

// The list's own widget around an item has the keyboard, and GTK 4.8 gives it no name. It has one
// before it is seen, as the keyboard may bring it into view.
static void name_item(TinctureEntryView *self)
{
    GtkWidget *item = gtk_widget_get_parent(GTK_WIDGET(self));
    g_autofree char *below = below_text(self->entry);
    g_autofree char *name = g_strdup_printf("%s, %s", self->entry->title, below);
    if (item != NULL) {
        gtk_accessible_update_property(GTK_ACCESSIBLE(item), GTK_ACCESSIBLE_PROPERTY_LABEL, name,
                                       -1);
    }
}

static void name_delete(TinctureEntryView *self)
{
    g_autofree char *says = g_strdup_printf(_("Delete %s"), self->entry->title);
    gtk_accessible_update_property(GTK_ACCESSIBLE(self->delete), GTK_ACCESSIBLE_PROPERTY_LABEL,
                                   says, -1);
}

// ---- children -----------------------------------------------------------------------------------

static void delete_cb(TinctureEntryView *self)
{
    gtk_widget_activate_action(GTK_WIDGET(self), "win.delete", "(sx)",
                               store_kind_noun(self->entry->kind), self->entry->id);
}

static GtkLabel *line_new(GtkWidget *words, gboolean row)
{
    GtkWidget *label = gtk_label_new(NULL);
    gtk_label_set_ellipsize(GTK_LABEL(label), PANGO_ELLIPSIZE_MIDDLE);
    if (row) {
        gtk_label_set_xalign(GTK_LABEL(label), 0);
    } else {
        gtk_label_set_max_width_chars(GTK_LABEL(label), LINE_CHARS);
    }
    gtk_box_append(GTK_BOX(words), label);
    return GTK_LABEL(label);
}

// The list gives no row the keyboard that has it inside: the Delete key does the same there.
static void add_delete(TinctureEntryView *self)
{
    self->delete = gtk_button_new_from_icon_name("user-trash-symbolic");
    gtk_widget_add_css_class(self->delete, "flat");
    gtk_widget_add_css_class(self->delete, "circular");
    gtk_widget_set_focusable(self->delete, FALSE);
    gtk_widget_set_valign(self->delete, GTK_ALIGN_CENTER);
    gtk_widget_set_tooltip_text(self->delete, _("Delete, with all its results (Delete)"));
    gtk_widget_set_name(self->delete, "recent.delete"); // for tests
    g_signal_connect_swapped(self->delete, "clicked", G_CALLBACK(delete_cb), self);
    gtk_box_append(GTK_BOX(self->box), self->delete);
}

static void make_children(TinctureEntryView *self)
{
    const gboolean row = self->row;
    GtkWidget *words = gtk_box_new(GTK_ORIENTATION_VERTICAL, row ? 3 : 0);
    GtkWidget *thumb =
        tincture_thumb_new(NULL, row ? ROW_SIDE : TILE_WIDTH, row ? ROW_SIDE : TILE_HEIGHT);
    self->box =
        gtk_box_new(row ? GTK_ORIENTATION_HORIZONTAL : GTK_ORIENTATION_VERTICAL, row ? 10 : 6);
    self->thumb = TINCTURE_THUMB(thumb);
    self->title = line_new(words, row);
    gtk_widget_set_name(GTK_WIDGET(self->title), "entry.title"); // for tests
    self->below = line_new(words, row);
    gtk_widget_add_css_class(GTK_WIDGET(self->below), "caption");
    gtk_widget_add_css_class(GTK_WIDGET(self->below), "dim-label");
    gtk_widget_set_hexpand(words, TRUE);
    gtk_widget_set_valign(words, GTK_ALIGN_CENTER);
    gtk_widget_set_halign(thumb, GTK_ALIGN_CENTER);
    gtk_box_append(GTK_BOX(self->box), thumb);
    gtk_box_append(GTK_BOX(self->box), words);
    if (row) {
        add_delete(self);
    }
    adw_bin_set_child(ADW_BIN(self), self->box);
}

// ---- the entry ----------------------------------------------------------------------------------

static void show_words(TinctureEntryView *self)
{
    const TinctureLibraryEntry *e = self->entry;
    g_autofree char *below = below_text(e);
    gtk_label_set_text(self->title, e->title);
    gtk_label_set_text(self->below, below);
    (e->missing ? gtk_widget_add_css_class : gtk_widget_remove_css_class)(GTK_WIDGET(self->below),
                                                                          "warning");
    gtk_widget_set_tooltip_text(GTK_WIDGET(self), e->origin != NULL ? e->origin : e->title);
    if (self->delete != NULL) {
        gtk_widget_set_visible(self->delete, e->id != 0);
        name_delete(self);
    }
}

// The newest result, else the photo as it came.
static void show_picture(TinctureEntryView *self)
{
    struct picture picture = tincture_catalogue_thumb(self->catalogue, self->entry);
    g_autoptr(GdkTexture) texture =
        picture.rgba != NULL ? texture_from_rgba8(picture.rgba, picture.width, picture.height)
                             : NULL;
    tincture_thumb_set_paintable(self->thumb, texture != NULL ? GDK_PAINTABLE(texture) : NULL);
    if (texture == NULL && self->entry->photo != NULL && !self->entry->missing) {
        tincture_thumb_load(self->thumb, self->entry->photo);
    }
    picture_clear(&picture);
}

void tincture_entry_view_fill(TinctureEntryView *self)
{
    g_return_if_fail(TINCTURE_IS_ENTRY_VIEW(self));
    if (self->entry == NULL) {
        return;
    }
    if (self->box == NULL) {
        make_children(self);
    }
    show_words(self);
    show_picture(self);
    gtk_widget_set_visible(self->box, TRUE);
}

void tincture_entry_view_set_entry(TinctureEntryView *self, TinctureLibraryEntry *entry)
{
    g_return_if_fail(TINCTURE_IS_ENTRY_VIEW(self));
    if (!g_set_object(&self->entry, entry)) {
        return;
    }
    if (self->box != NULL) {
        gtk_widget_set_visible(self->box, FALSE);
        tincture_thumb_set_paintable(self->thumb, NULL);
    }
    if (entry != NULL) {
        name_item(self);
    }
}

TinctureLibraryEntry *tincture_entry_view_get_entry(TinctureEntryView *self)
{
    return self->entry;
}

// ---- life ---------------------------------------------------------------------------------------

static void tincture_entry_view_dispose(GObject *object)
{
    TinctureEntryView *self = TINCTURE_ENTRY_VIEW(object);
    g_clear_object(&self->catalogue);
    g_clear_object(&self->entry);
    G_OBJECT_CLASS(tincture_entry_view_parent_class)->dispose(object);
}

static void tincture_entry_view_class_init(TinctureEntryViewClass *klass)
{
    G_OBJECT_CLASS(klass)->dispose = tincture_entry_view_dispose;
}

static void tincture_entry_view_init(TinctureEntryView *self)
{
}

GtkWidget *tincture_entry_view_new(GtkOrientation orientation, TinctureCatalogue *catalogue)
{
    TinctureEntryView *self = g_object_new(TINCTURE_TYPE_ENTRY_VIEW, NULL);
    self->row = orientation == GTK_ORIENTATION_HORIZONTAL;
    self->catalogue = g_object_ref(catalogue);
    gtk_widget_set_size_request(GTK_WIDGET(self), self->row ? -1 : TILE_WIDTH,
                                self->row ? ROW_SIDE : TILE_HEIGHT);
    return GTK_WIDGET(self);
}
