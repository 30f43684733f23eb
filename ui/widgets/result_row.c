#include "ui/widgets/result_row.h"

#include "compute/i18n.h"

#include "ui/widgets/thumb.h"

#define THUMB_SIDE 64
#define LINE_CHARS 18 // at most, so that the history is no wider over the picture than beside it

struct _TinctureResultRow {
    AdwBin parent_instance;

    // children
    TinctureThumb *thumb;
    GtkLabel *prompt, *difference, *subtitle;
    GtkToggleButton *star;

    // owned
    TinctureResultItem *item;
    gulong item_handler;
};

G_DEFINE_FINAL_TYPE(TinctureResultRow, tincture_result_row, ADW_TYPE_BIN)

static guint starred_signal;

static GtkLabel *line_new(GtkWidget *words)
{
    GtkWidget *label = gtk_label_new(NULL);
    gtk_label_set_xalign(GTK_LABEL(label), 0);
    gtk_label_set_ellipsize(GTK_LABEL(label), PANGO_ELLIPSIZE_END);
    gtk_label_set_max_width_chars(GTK_LABEL(label), LINE_CHARS);
    gtk_box_append(GTK_BOX(words), label);
    return GTK_LABEL(label);
}

static GtkLabel *caption_new(GtkWidget *words, const char *style)
{
    GtkLabel *label = line_new(words);
    gtk_widget_add_css_class(GTK_WIDGET(label), "caption");
    gtk_widget_add_css_class(GTK_WIDGET(label), style);
    return label;
}

// The list's own widget around a row has the keyboard, and GTK 4.8 gives it no name.
static void name_row(TinctureResultRow *self, const char *name, bool current)
{
    GtkWidget *row = gtk_widget_get_parent(GTK_WIDGET(self));
    gtk_widget_set_tooltip_text(GTK_WIDGET(self), name);
    if (row) {
        gtk_accessible_update_property(GTK_ACCESSIBLE(row), GTK_ACCESSIBLE_PROPERTY_LABEL, name,
                                       -1);
        (current ? gtk_widget_add_css_class : gtk_widget_remove_css_class)(row, "current");
    }
}

static void show_star(TinctureResultRow *self, bool starred)
{
    gtk_toggle_button_set_active(self->star, starred);
    gtk_button_set_icon_name(GTK_BUTTON(self->star),
                             starred ? "starred-symbolic" : "tincture-not-starred-symbolic");
}

static void show_item(TinctureResultRow *self)
{
    g_autofree char *prompt = NULL, *difference = NULL, *subtitle = NULL;
    g_autoptr(GdkPaintable) thumb = NULL;
    gboolean current, starred;
    g_object_get(self->item, "prompt", &prompt, "difference", &difference, "subtitle", &subtitle,
                 "thumb", &thumb, "current", &current, "starred", &starred, NULL);
    const char *const parts[] = {prompt, difference ? difference : "", subtitle,
                                 starred ? _("starred") : "", current ? _("shown now") : ""};
    g_autoptr(GString) name = g_string_new(NULL);
    for (gsize i = 0; i < G_N_ELEMENTS(parts); i++) {
        g_string_append_printf(name, "%s%s", name->len > 0 && *parts[i] ? ", " : "", parts[i]);
    }
    tincture_thumb_set_paintable(self->thumb, thumb);
    gtk_label_set_text(self->prompt, prompt);
    gtk_label_set_text(self->difference, difference);
    gtk_widget_set_visible(GTK_WIDGET(self->difference), difference != NULL);
    gtk_label_set_text(self->subtitle, subtitle);
    show_star(self, starred);
    name_row(self, name->str, current);
}

static void toggled_cb(TinctureResultRow *self)
{
    gboolean starred = FALSE;
    if (self->item) {
        g_object_get(self->item, "starred", &starred, NULL);
        if (gtk_toggle_button_get_active(self->star) != starred) {
            g_signal_emit(self, starred_signal, 0, tincture_result_item_get_id(self->item),
                          (gboolean)!starred);
        }
    }
}

void tincture_result_row_set_item(TinctureResultRow *self, TinctureResultItem *item)
{
    if (self->item) {
        g_signal_handler_disconnect(self->item, self->item_handler);
    }
    g_set_object(&self->item, item);
    if (item) {
        self->item_handler = g_signal_connect_swapped(item, "notify", G_CALLBACK(show_item), self);
        show_item(self);
    }
}

static void tincture_result_row_dispose(GObject *object)
{
    tincture_result_row_set_item(TINCTURE_RESULT_ROW(object), NULL);
    G_OBJECT_CLASS(tincture_result_row_parent_class)->dispose(object);
}

static void tincture_result_row_class_init(TinctureResultRowClass *klass)
{
    G_OBJECT_CLASS(klass)->dispose = tincture_result_row_dispose;
    starred_signal = g_signal_new("starred", G_TYPE_FROM_CLASS(klass), G_SIGNAL_RUN_LAST, 0, NULL,
                                  NULL, NULL, G_TYPE_NONE, 2, G_TYPE_INT64, G_TYPE_BOOLEAN);
}

static void tincture_result_row_init(TinctureResultRow *self)
{
    GtkWidget *row = gtk_box_new(GTK_ORIENTATION_HORIZONTAL, 10);
    GtkWidget *words = gtk_box_new(GTK_ORIENTATION_VERTICAL, 3);
    GtkWidget *star = gtk_toggle_button_new();
    self->thumb = TINCTURE_THUMB(tincture_thumb_new(NULL, THUMB_SIDE, THUMB_SIDE));
    self->star = GTK_TOGGLE_BUTTON(star);
    gtk_widget_set_valign(GTK_WIDGET(self->thumb), GTK_ALIGN_CENTER);
    gtk_widget_set_valign(words, GTK_ALIGN_CENTER);
    gtk_widget_set_hexpand(words, TRUE);
    self->prompt = line_new(words);
    gtk_label_set_wrap(self->prompt, TRUE);
    gtk_label_set_wrap_mode(self->prompt, PANGO_WRAP_WORD_CHAR);
    gtk_label_set_lines(self->prompt, 3);
    self->difference = caption_new(words, "difference");
    self->subtitle = caption_new(words, "dim-label");
    gtk_widget_add_css_class(GTK_WIDGET(self->subtitle), "numeric");
    gtk_widget_add_css_class(star, "flat");
    gtk_widget_add_css_class(star, "circular");
    gtk_widget_set_focusable(star, FALSE); // the list gives no row the keyboard that has it inside
    gtk_widget_set_valign(star, GTK_ALIGN_CENTER);
    gtk_widget_set_tooltip_text(star, _("Star (Ctrl+B)"));
    gtk_accessible_update_property(GTK_ACCESSIBLE(star), GTK_ACCESSIBLE_PROPERTY_LABEL, _("Star"),
                                   -1);
    g_signal_connect_swapped(star, "toggled", G_CALLBACK(toggled_cb), self);
    gtk_box_append(GTK_BOX(row), GTK_WIDGET(self->thumb));
    gtk_box_append(GTK_BOX(row), words);
    gtk_box_append(GTK_BOX(row), star);
    adw_bin_set_child(ADW_BIN(self), row);
}

gboolean tincture_result_row_star(GtkWidget *item)
{
    GtkWidget *row = item != NULL ? gtk_widget_get_first_child(item) : NULL;
    if (!TINCTURE_IS_RESULT_ROW(row)) {
        return FALSE;
    }
    GtkToggleButton *star = TINCTURE_RESULT_ROW(row)->star;
    gtk_toggle_button_set_active(star, !gtk_toggle_button_get_active(star));
    return TRUE;
}

gint64 tincture_result_row_get_id(GtkWidget *item)
{
    GtkWidget *row = item != NULL ? gtk_widget_get_first_child(item) : NULL;
    const bool shows = TINCTURE_IS_RESULT_ROW(row) && TINCTURE_RESULT_ROW(row)->item;
    return shows ? tincture_result_item_get_id(TINCTURE_RESULT_ROW(row)->item) : 0;
}

TinctureResultRow *tincture_result_row_new(void)
{
    return g_object_new(TINCTURE_TYPE_RESULT_ROW, NULL);
}
