#include "ui/dialogs/tour_window.h"

#include "compute/i18n.h"
#include "ui/core/paths.h"
#include "ui/preferences.h"
#include "ui/widgets/window_keys.h"

#include <adwaita.h>

// Pictures that the program comes with, and what of them is shown, in shares of their sides.
static const struct card {
    const char *picture;
    double x, y, width, height;
    const char *title, *text;
} cards[] = {
    {"samples/dahlia.jpg", 0, 0, 1, 1, N_("Say What the Photo Shows"),
     N_("Open a photo and describe it in a sentence: “a photograph of a flower”. The words that "
        "you "
        "will want to change should be in it.")},
    {"help/edit.png", 0.717, 0.07, 0.277, 0.49, N_("Let the Program Learn It"),
     N_("A click on Learn, and the program looks at this one photo for a minute or two. Then it "
        "knows the photo well enough to change a part and keep the rest.")},
    {"help/edit.png", 0.232, 0.27, 0.462, 0.518, N_("Rewrite the Sentence"),
     N_("Write “a photograph of a blue flower” and see it. Go on changing words, compare with the "
        "handle, go back as far as you like, and export what you like best.")},
};

struct tour {
    GtkWindow *window;
    AdwCarousel *carousel;
    GtkWidget *next, *back;
    guint target; // the card that is shown, or on its way
};

static guint card_at(const struct tour *t)
{
    return (guint)(adw_carousel_get_position(t->carousel) + 0.5);
}

static void go_to(struct tour *t, guint i)
{
    t->target = i;
    adw_carousel_scroll_to(t->carousel, adw_carousel_get_nth_page(t->carousel, i), TRUE);
}

static void moved_cb(struct tour *t)
{
    const guint at = card_at(t);
    gtk_button_set_label(GTK_BUTTON(t->next),
                         at + 1 < G_N_ELEMENTS(cards) ? _("_Next") : _("_Begin"));
    if (at == 0 && gtk_widget_has_focus(t->back)) {
        gtk_widget_grab_focus(t->next);
    }
    gtk_widget_set_sensitive(t->back, at > 0);
    for (guint i = 0; i < G_N_ELEMENTS(cards); i++) { // a screen reader is on one card
        gtk_widget_set_can_focus(adw_carousel_get_nth_page(t->carousel, i), i == at);
    }
}

static void turned_cb(struct tour *t, guint at)
{
    t->target = at;
}

static void next_cb(struct tour *t)
{
    if (t->target + 1 < G_N_ELEMENTS(cards)) {
        go_to(t, t->target + 1);
    } else {
        gtk_window_close(t->window);
    }
}

static void back_cb(struct tour *t)
{
    if (t->target > 0) {
        go_to(t, t->target - 1);
    }
}

// The arrow that points on, and the one that points back.
static gboolean turn_cb(GtkWidget *window, GVariant *to_right, gpointer data)
{
    struct tour *t = data;
    const gboolean mirrored = gtk_widget_get_direction(window) == GTK_TEXT_DIR_RTL;
    if (g_variant_get_boolean(to_right) == mirrored) {
        back_cb(t);
    } else if (t->target + 1 < G_N_ELEMENTS(cards)) { // the last one is closed on purpose
        next_cb(t);
    }
    return GDK_EVENT_STOP;
}

static void turn_by_arrows(struct tour *t)
{
    static const struct {
        guint key, of_numbers;
        gboolean to_right;
    } arrows[] = {{GDK_KEY_Left, GDK_KEY_KP_Left, FALSE}, {GDK_KEY_Right, GDK_KEY_KP_Right, TRUE}};
    GtkEventController *keys = gtk_shortcut_controller_new();
    for (gsize i = 0; i < G_N_ELEMENTS(arrows); i++) {
        GtkShortcut *shortcut = gtk_shortcut_new(
            gtk_alternative_trigger_new(gtk_keyval_trigger_new(arrows[i].key, 0),
                                        gtk_keyval_trigger_new(arrows[i].of_numbers, 0)),
            gtk_callback_action_new(turn_cb, t, NULL));
        gtk_shortcut_set_arguments(shortcut, g_variant_new_boolean(arrows[i].to_right));
        gtk_shortcut_controller_add_shortcut(GTK_SHORTCUT_CONTROLLER(keys), shortcut);
    }
    gtk_widget_add_controller(GTK_WIDGET(t->window), keys);
}

// ---- building -----------------------------------------------------------------------------------

// NULL: it was not installed, and the card goes without.
static GtkWidget *picture_new(const struct card *card)
{
    g_autofree char *path = paths_resource(card->picture);
    g_autoptr(GdkPixbuf) whole = gdk_pixbuf_new_from_file(path, NULL);
    if (whole == NULL) {
        return NULL;
    }
    const int width = gdk_pixbuf_get_width(whole), height = gdk_pixbuf_get_height(whole);
    g_autoptr(GdkPixbuf) part =
        gdk_pixbuf_new_subpixbuf(whole, (int)(card->x * width), (int)(card->y * height),
                                 (int)(card->width * width), (int)(card->height * height));
    g_autoptr(GdkTexture) texture = gdk_texture_new_for_pixbuf(part);
    GtkWidget *picture = gtk_picture_new_for_paintable(GDK_PAINTABLE(texture));
    gtk_accessible_update_property(GTK_ACCESSIBLE(picture), GTK_ACCESSIBLE_PROPERTY_LABEL,
                                   translated(card->title), -1);
    gtk_widget_set_size_request(picture, -1, 120);
    gtk_widget_set_vexpand(picture, TRUE);
    return picture;
}

static GtkWidget *label_new(const char *text, const char *class)
{
    GtkWidget *label = gtk_label_new(text);
    gtk_label_set_wrap(GTK_LABEL(label), TRUE);
    gtk_label_set_justify(GTK_LABEL(label), GTK_JUSTIFY_CENTER);
    gtk_label_set_max_width_chars(GTK_LABEL(label), 56);
    gtk_widget_add_css_class(label, class);
    return label;
}

static GtkWidget *card_new(const struct card *card)
{
    GtkWidget *box = gtk_box_new(GTK_ORIENTATION_VERTICAL, 18);
    GtkWidget *picture = picture_new(card);
    gtk_widget_set_margin_start(box, 36);
    gtk_widget_set_margin_end(box, 36);
    gtk_widget_set_margin_top(box, 12);
    gtk_widget_set_hexpand(box, TRUE);
    if (picture != NULL) {
        gtk_box_append(GTK_BOX(box), picture);
    }
    gtk_box_append(GTK_BOX(box), label_new(translated(card->title), "title-2"));
    gtk_box_append(GTK_BOX(box), label_new(translated(card->text), "body"));
    return box;
}

static GtkWidget *button_new(const char *label, const char *name, GCallback clicked, gpointer data)
{
    GtkWidget *button = gtk_button_new_with_mnemonic(label);
    gtk_widget_set_name(button, name);
    g_signal_connect_swapped(button, "clicked", clicked, data);
    return button;
}

static GtkWidget *build_buttons(struct tour *t)
{
    GtkWidget *bar = gtk_center_box_new(), *ends = gtk_box_new(GTK_ORIENTATION_HORIZONTAL, 6);
    GtkWidget *dots = adw_carousel_indicator_dots_new();
    GtkWidget *skip = button_new(_("_Skip"), "tour.skip", G_CALLBACK(gtk_window_close), t->window);
    adw_carousel_indicator_dots_set_carousel(ADW_CAROUSEL_INDICATOR_DOTS(dots), t->carousel);
    t->back = button_new(_("_Back"), "tour.back", G_CALLBACK(back_cb), t);
    t->next = button_new(_("_Next"), "tour.next", G_CALLBACK(next_cb), t);
    gtk_widget_add_css_class(t->next, "suggested-action");
    gtk_box_append(GTK_BOX(ends), t->back);
    gtk_box_append(GTK_BOX(ends), t->next);
    gtk_center_box_set_start_widget(GTK_CENTER_BOX(bar), skip);
    gtk_center_box_set_center_widget(GTK_CENTER_BOX(bar), dots);
    gtk_center_box_set_end_widget(GTK_CENTER_BOX(bar), ends);
    gtk_widget_set_margin_start(bar, 18);
    gtk_widget_set_margin_end(bar, 18);
    gtk_widget_set_margin_top(bar, 18);
    gtk_widget_set_margin_bottom(bar, 18);
    return bar;
}

static void build(struct tour *t)
{
    GtkWidget *box = gtk_box_new(GTK_ORIENTATION_VERTICAL, 0), *header = adw_header_bar_new();
    t->carousel = ADW_CAROUSEL(adw_carousel_new());
    gtk_widget_set_vexpand(GTK_WIDGET(t->carousel), TRUE);
    for (gsize i = 0; i < G_N_ELEMENTS(cards); i++) {
        adw_carousel_append(t->carousel, card_new(&cards[i]));
    }
    gtk_widget_add_css_class(header, "flat");
    gtk_box_append(GTK_BOX(box), header);
    gtk_box_append(GTK_BOX(box), GTK_WIDGET(t->carousel));
    gtk_box_append(GTK_BOX(box), build_buttons(t));
    adw_window_set_content(ADW_WINDOW(t->window), box);
    gtk_window_set_default_widget(t->window, t->next);
    gtk_window_set_focus(t->window, t->next);
    g_signal_connect_swapped(t->carousel, "notify::position", G_CALLBACK(moved_cb), t);
    g_signal_connect_swapped(t->carousel, "page-changed", G_CALLBACK(turned_cb), t);
    moved_cb(t);
}

gboolean tour_window_is_due(void)
{
    return !preferences_boolean("tour-shown", TRUE);
}

void tour_window_show(GtkWindow *parent)
{
    struct tour *t = g_new0(struct tour, 1);
    t->window = GTK_WINDOW(adw_window_new());
    build(t);
    window_close_at_escape(t->window);
    window_help_at_f1(t->window, "start");
    turn_by_arrows(t);
    g_object_set_data_full(G_OBJECT(t->window), "tour", t, g_free);
    gtk_window_set_title(t->window, _("Welcome to Tincture"));
    gtk_window_set_default_size(t->window, 620, 520);
    gtk_window_set_modal(t->window, TRUE);
    gtk_window_set_transient_for(t->window, parent);
    gtk_widget_set_name(GTK_WIDGET(t->window), "tour.window");
    preferences_set_boolean("tour-shown", TRUE);
    gtk_window_present(t->window);
}
