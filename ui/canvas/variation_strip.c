#include "ui/canvas/variation_strip.h"

#include "compute/i18n.h"

#include "render/present/texture.h"
#include "ui/widgets/row_focus.h"
#include "ui/widgets/thumb.h"

#define THUMB_SIDE 88

struct _TinctureVariationStrip {
    AdwBin parent_instance;

    // template widgets
    GtkBox *cards;

    // owned
    TinctureSession *session;
};

G_DEFINE_FINAL_TYPE(TinctureVariationStrip, tincture_variation_strip, ADW_TYPE_BIN)

// ---- a card: the picture, and over it the star --------------------------------------------------

static guint place_of(GtkWidget *card)
{
    guint place = 0;
    while ((card = gtk_widget_get_prev_sibling(card)) != NULL) {
        place++;
    }
    return place;
}

static GtkWidget *card_of(GtkWidget *inside)
{
    return gtk_widget_get_ancestor(inside, GTK_TYPE_OVERLAY);
}

static void take_cb(TinctureVariationStrip *self, GtkWidget *button)
{
    variations_take(self->session->variations, place_of(card_of(button)));
}

static void star_cb(TinctureVariationStrip *self, GtkToggleButton *star)
{
    const guint i = place_of(card_of(GTK_WIDGET(star)));
    GListModel *list = G_LIST_MODEL(self->session->variations->list);
    g_autoptr(TinctureVariation) item = g_list_model_get_item(list, i);
    const gboolean starred = gtk_toggle_button_get_active(star);
    if (item != NULL && item->starred != starred) {
        variations_star(self->session->variations, i, starred);
    }
}

static void name_widget(GtkWidget *widget, const char *name, const char *text)
{
    gtk_widget_set_name(widget, name);
    gtk_widget_set_tooltip_text(widget, text);
    gtk_accessible_update_property(GTK_ACCESSIBLE(widget), GTK_ACCESSIBLE_PROPERTY_LABEL, text, -1);
}

static GtkWidget *picture_button(guint i, guint64 seed)
{
    g_autofree char *name = g_strdup_printf("variation.%u", i);
    g_autofree char *text = g_strdup_printf(_("Take the variation of seed %" PRIu64), seed);
    GtkWidget *button = gtk_button_new();
    gtk_button_set_child(GTK_BUTTON(button), tincture_thumb_new(NULL, THUMB_SIDE, THUMB_SIDE));
    gtk_widget_add_css_class(button, "sample-card");
    name_widget(button, name, text);
    return button;
}

static GtkWidget *star_button(guint i)
{
    g_autofree char *name = g_strdup_printf("variation.%u.star", i);
    GtkWidget *star = gtk_toggle_button_new();
    gtk_widget_set_halign(star, GTK_ALIGN_END);
    gtk_widget_set_valign(star, GTK_ALIGN_START);
    gtk_widget_add_css_class(star, "circular");
    gtk_widget_add_css_class(star, "osd");
    gtk_widget_add_css_class(star, "star");
    name_widget(star, name, _("Star: keep it in the history"));
    return star;
}

static GtkWidget *spinner(void)
{
    GtkWidget *spinner = gtk_spinner_new();
    gtk_spinner_set_spinning(GTK_SPINNER(spinner), TRUE);
    gtk_widget_set_halign(spinner, GTK_ALIGN_CENTER);
    gtk_widget_set_valign(spinner, GTK_ALIGN_CENTER);
    gtk_widget_set_can_target(spinner, FALSE);
    gtk_accessible_update_property(GTK_ACCESSIBLE(spinner), GTK_ACCESSIBLE_PROPERTY_LABEL,
                                   _("A variation is being drawn"), -1);
    return spinner;
}

// button, star, spinner: in the order in which they were put into the card.
static void show_item(GtkWidget *card, const TinctureVariation *item)
{
    GtkWidget *button = gtk_overlay_get_child(GTK_OVERLAY(card));
    GtkWidget *star = g_object_get_data(G_OBJECT(card), "star");
    GtkWidget *wait = g_object_get_data(G_OBJECT(card), "wait");
    const gboolean drawn = item->result != NULL;
    gtk_widget_set_sensitive(button, drawn);
    gtk_widget_set_visible(star, drawn);
    gtk_toggle_button_set_active(GTK_TOGGLE_BUTTON(star), item->starred);
    gtk_button_set_icon_name(GTK_BUTTON(star),
                             item->starred ? "starred-symbolic" : "tincture-not-starred-symbolic");
    gtk_widget_set_visible(wait, !drawn && !item->failed);
    if (drawn) {
        g_autoptr(GdkTexture) texture =
            texture_from_rgba8(item->thumb.rgba, item->thumb.width, item->thumb.height);
        tincture_thumb_set_paintable(TINCTURE_THUMB(gtk_button_get_child(GTK_BUTTON(button))),
                                     GDK_PAINTABLE(texture));
    }
}

static void state_changed_cb(TinctureVariation *item, GParamSpec *pspec, GtkWidget *card)
{
    show_item(card, item);
}

static GtkWidget *card_new(TinctureVariationStrip *self, guint i, TinctureVariation *item)
{
    GtkWidget *card = gtk_overlay_new();
    GtkWidget *button = picture_button(i, item->seed), *star = star_button(i), *wait = spinner();
    gtk_overlay_set_child(GTK_OVERLAY(card), button);
    gtk_overlay_add_overlay(GTK_OVERLAY(card), star);
    gtk_overlay_add_overlay(GTK_OVERLAY(card), wait);
    g_object_set_data(G_OBJECT(card), "star", star);
    g_object_set_data(G_OBJECT(card), "wait", wait);
    g_signal_connect_swapped(button, "clicked", G_CALLBACK(take_cb), self);
    g_signal_connect_swapped(star, "toggled", G_CALLBACK(star_cb), self);
    g_signal_connect_object(item, "notify::state", G_CALLBACK(state_changed_cb), card, 0);
    show_item(card, item);
    return card;
}

// ---- the strip ----------------------------------------------------------------------------------

static void items_changed_cb(TinctureVariationStrip *self, guint position, guint removed,
                             guint added, GListModel *list)
{
    for (GtkWidget *card; removed > 0; removed--) {
        card = gtk_widget_get_first_child(GTK_WIDGET(self->cards));
        for (guint i = 0; i < position; i++) {
            card = gtk_widget_get_next_sibling(card);
        }
        row_focus_leave(card);
        gtk_box_remove(self->cards, card);
    }
    for (guint i = position; i < position + added; i++) { // at the end: they come one by one
        g_autoptr(TinctureVariation) item = g_list_model_get_item(list, i);
        gtk_box_append(self->cards, card_new(self, i, item));
    }
    gtk_widget_set_visible(GTK_WIDGET(self), g_list_model_get_n_items(list) > 0);
}

static void close_cb(TinctureVariationStrip *self)
{
    variations_clear(self->session->variations);
}

void tincture_variation_strip_set_session(TinctureVariationStrip *self, TinctureSession *session)
{
    GListModel *list = G_LIST_MODEL(session->variations->list);
    self->session = g_object_ref(session);
    g_signal_connect_object(list, "items-changed", G_CALLBACK(items_changed_cb), self,
                            G_CONNECT_SWAPPED);
    items_changed_cb(self, 0, 0, g_list_model_get_n_items(list), list);
}

static void tincture_variation_strip_dispose(GObject *object)
{
    TinctureVariationStrip *self = TINCTURE_VARIATION_STRIP(object);
    g_clear_object(&self->session);
    gtk_widget_dispose_template(GTK_WIDGET(object), TINCTURE_TYPE_VARIATION_STRIP);
    G_OBJECT_CLASS(tincture_variation_strip_parent_class)->dispose(object);
}

static void tincture_variation_strip_class_init(TinctureVariationStripClass *klass)
{
    GtkWidgetClass *widget_class = GTK_WIDGET_CLASS(klass);
    G_OBJECT_CLASS(klass)->dispose = tincture_variation_strip_dispose;
    gtk_widget_class_set_template_from_resource(widget_class,
                                                "/org/tincture/Tincture/ui/variation_strip.ui");
    gtk_widget_class_bind_template_child(widget_class, TinctureVariationStrip, cards);
    gtk_widget_class_bind_template_callback(widget_class, close_cb);
}

static void tincture_variation_strip_init(TinctureVariationStrip *self)
{
    gtk_widget_init_template(GTK_WIDGET(self));
}
