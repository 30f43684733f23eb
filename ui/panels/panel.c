#include "ui/panels/panel.h"

#include "compute/i18n.h"

#include "ui/core/words_text.h"
#include "ui/panels/panel_table.h"

#define X(name) extern const struct panel name##_panel;
PANEL_ROWS
#undef X

const struct panel *const panel_table[] = {
#define X(name) &name##_panel,
    PANEL_ROWS
#undef X
        NULL,
};

const struct panel *panel_find(const char *id)
{
    const struct panel *const *panel = panel_table;
    while (*panel != NULL && !g_str_equal((*panel)->id, id)) {
        panel++;
    }
    return *panel;
}

typedef struct {
    TinctureSession *session;   // owned, as the next one
    TincturePainting *painting; // of the project that is shown
    guint updating;
} TincturePanelPrivate;

G_DEFINE_ABSTRACT_TYPE_WITH_PRIVATE(TincturePanel, tincture_panel, ADW_TYPE_BIN)

static void document_changed_cb(TincturePanel *self, guint parts)
{
    TincturePanelPrivate *priv = tincture_panel_get_instance_private(self);
    TincturePanelClass *klass = TINCTURE_PANEL_GET_CLASS(self);
    if (klass->document_changed != NULL) {
        priv->updating++;
        klass->document_changed(self, parts);
        priv->updating--;
    }
}

static void job_changed_cb(TincturePanel *self)
{
    TincturePanelPrivate *priv = tincture_panel_get_instance_private(self);
    TincturePanelClass *klass = TINCTURE_PANEL_GET_CLASS(self);
    if (klass->job_changed != NULL) {
        priv->updating++;
        klass->job_changed(self);
        priv->updating--;
    }
}

static void tincture_panel_dispose(GObject *object)
{
    TincturePanelPrivate *priv = tincture_panel_get_instance_private(TINCTURE_PANEL(object));
    g_clear_object(&priv->painting);
    g_clear_object(&priv->session);
    G_OBJECT_CLASS(tincture_panel_parent_class)->dispose(object);
}

static void tincture_panel_class_init(TincturePanelClass *klass)
{
    G_OBJECT_CLASS(klass)->dispose = tincture_panel_dispose;
}

static void tincture_panel_init(TincturePanel *self)
{
}

GtkWidget *tincture_panel_new(const struct panel *panel, TinctureSession *session,
                              TincturePainting *painting)
{
    TincturePanel *self = g_object_new(panel->get_type(), "name", panel->id, NULL);
    TincturePanelPrivate *priv = tincture_panel_get_instance_private(self);
    priv->session = g_object_ref(session);
    priv->painting = g_object_ref(painting);
    g_signal_connect_object(tincture_painting_get_project(painting), "document-changed",
                            G_CALLBACK(document_changed_cb), self, G_CONNECT_SWAPPED);
    g_signal_connect_object(session->queue, "changed", G_CALLBACK(job_changed_cb), self,
                            G_CONNECT_SWAPPED);
    document_changed_cb(self, DOCUMENT_ALL);
    job_changed_cb(self);
    return GTK_WIDGET(self);
}

TinctureSession *tincture_panel_get_session(TincturePanel *self)
{
    TincturePanelPrivate *priv = tincture_panel_get_instance_private(self);
    return priv->session;
}

TinctureProject *tincture_panel_get_project(TincturePanel *self)
{
    return tincture_painting_get_project(tincture_panel_get_painting(self));
}

TincturePainting *tincture_panel_get_painting(TincturePanel *self)
{
    TincturePanelPrivate *priv = tincture_panel_get_instance_private(self);
    return priv->painting;
}

gboolean tincture_panel_is_updating(TincturePanel *self)
{
    TincturePanelPrivate *priv = tincture_panel_get_instance_private(self);
    return priv->updating > 0;
}

// A word that is to be learned is none that the model has to know.
static char *without_tokens(TincturePanel *self, const char *sentence)
{
    const GPtrArray *tokens = tincture_panel_get_project(self)->tokens;
    g_autoptr(GString) text = g_string_new(sentence);
    for (guint i = 0; i < tokens->len; i++) {
        g_string_replace(text, tokens->pdata[i], "", 0);
    }
    return g_string_free(g_steal_pointer(&text), FALSE);
}

void tincture_panel_show_words(TincturePanel *self, GtkLabel *label, const char *sentence)
{
    TinctureSession *session = tincture_panel_get_session(self);
    const struct prompt_style style =
        edit_prompt_style(tincture_panel_get_project(self)->document.edit);
    g_autofree char *said = prompt_plain(&style, sentence);
    g_autofree char *others = without_tokens(self, said);
    g_autofree char *words =
        words_text(session->studio->vocabulary, session->studio->reader, others);
    g_autofree char *end = reading_text(session->studio->reader, &style, sentence);
    g_autofree char *text =
        g_strconcat(words, *words && *end ? C_("sentences", ". ") : "", end, NULL);
    gtk_label_set_text(label, text);
    gtk_widget_set_visible(GTK_WIDGET(label), *text != '\0');
}

// On a small screen: all of it that has room, not the first control alone.
static void scroll_to(GtkWidget *panel)
{
    GtkWidget *scroller = gtk_widget_get_ancestor(panel, GTK_TYPE_SCROLLED_WINDOW);
    graphene_rect_t place;
    if (scroller != NULL &&
        gtk_widget_compute_bounds(panel, gtk_widget_get_parent(panel), &place)) {
        GtkAdjustment *at = gtk_scrolled_window_get_vadjustment(GTK_SCROLLED_WINDOW(scroller));
        const double top = place.origin.y, seen = gtk_adjustment_get_value(at);
        if (top < seen || top + place.size.height > seen + gtk_adjustment_get_page_size(at)) {
            gtk_adjustment_set_value(at, top);
        }
    }
}

void tincture_panel_focus(TincturePanel *self)
{
    g_return_if_fail(TINCTURE_IS_PANEL(self));
    for (GtkWidget *inner, *outer = GTK_WIDGET(self); outer != NULL; outer = inner) {
        inner = gtk_widget_get_focus_child(outer);
        gtk_widget_set_focus_child(outer, NULL);
    }
    gtk_widget_child_focus(adw_bin_get_child(ADW_BIN(self)), GTK_DIR_TAB_FORWARD);
    scroll_to(GTK_WIDGET(self));
}
