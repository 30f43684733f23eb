#include "ui/widgets/spoken_names.h"

#include "compute/i18n.h"

#include <adwaita.h>

// GTK has no other way to ask what a name is than the one it has for tests.
static gboolean has_name(gpointer widget)
{
    return gtk_test_accessible_has_property(GTK_ACCESSIBLE(widget), GTK_ACCESSIBLE_PROPERTY_LABEL);
}

static gboolean is_named(gpointer widget, const char *name)
{
    g_autofree char *differs =
        has_name(widget) ? gtk_test_accessible_check_property(GTK_ACCESSIBLE(widget),
                                                              GTK_ACCESSIBLE_PROPERTY_LABEL, name)
                         : NULL; // nobody listens
    return has_name(widget) && differs == NULL;
}

static void set_name(gpointer widget, const char *name)
{
    gtk_accessible_update_property(GTK_ACCESSIBLE(widget), GTK_ACCESSIBLE_PROPERTY_LABEL, name, -1);
}

static const char *text_in(GtkWidget *widget)
{
    const char *text = GTK_IS_LABEL(widget) ? gtk_label_get_text(GTK_LABEL(widget)) : NULL;
    GtkWidget *child = gtk_widget_get_first_child(widget);
    while (child != NULL && (text == NULL || *text == '\0')) {
        text = text_in(child);
        child = gtk_widget_get_next_sibling(child);
    }
    return text;
}

// GTK 4.8 names a button with a mnemonic by a property, which has the underscore, and by a relation
// to its label, and reads out both: "_Add Add". One with an icon it calls "GtkImage".
static void name_button(GtkButton *button)
{
    const char *label = gtk_button_get_label(button);
    if (label != NULL && gtk_button_get_use_underline(button)) {
        gtk_accessible_reset_relation(GTK_ACCESSIBLE(button), GTK_ACCESSIBLE_RELATION_LABELLED_BY);
        if (is_named(button, label)) { // and not by somebody who knows better
            set_name(button, gtk_label_get_text(GTK_LABEL(gtk_button_get_child(button))));
        }
    }
    const char *text = text_in(GTK_WIDGET(button));
    text = text != NULL && *text != '\0' ? text : gtk_widget_get_tooltip_text(GTK_WIDGET(button));
    if (label == NULL && text != NULL && !has_name(button)) {
        set_name(button, text);
    }
}

// What libadwaita 1.2 leaves without a name.
static void name_part(GtkWidget *widget)
{
    const char *around = G_OBJECT_TYPE_NAME(gtk_widget_get_parent(widget));
    if (GTK_IS_BUTTON(widget) && g_str_equal(around, "AdwToastWidget") &&
        gtk_button_get_label(GTK_BUTTON(widget)) == NULL) {
        set_name(widget, _("Close the message"));
    } else if (g_str_equal(G_OBJECT_TYPE_NAME(widget), "AdwViewSwitcherButton")) {
        g_autofree char *label = NULL;
        g_object_get(widget, "label", &label, NULL);
        set_name(widget, label != NULL ? label : "");
    } else if (ADW_IS_SPLIT_BUTTON(widget)) {
        set_name(gtk_widget_get_last_child(widget),
                 adw_split_button_get_dropdown_tooltip(ADW_SPLIT_BUTTON(widget)));
    } else if (ADW_IS_EXPANDER_ROW(widget) && !has_name(widget)) {
        g_autofree char *name = NULL;
        const char *title = adw_preferences_row_get_title(ADW_PREFERENCES_ROW(widget));
        if (pango_parse_markup(title, -1, 0, NULL, &name, NULL, NULL)) {
            set_name(widget, name);
        }
    }
}

static gboolean mapped_cb(GSignalInvocationHint *hint, guint n, const GValue *values, gpointer data)
{
    GtkWidget *widget = g_value_get_object(values);
    if (GTK_IS_BUTTON(widget)) {
        // Also when it gets another label, which sets the property anew.
        g_signal_handlers_disconnect_by_func(widget, name_button, NULL);
        g_signal_connect(widget, "notify::label", G_CALLBACK(name_button), NULL);
        name_button(GTK_BUTTON(widget));
    }
    if (gtk_widget_get_parent(widget) != NULL) {
        name_part(widget);
    }
    return TRUE;
}

void spoken_names_begin(void)
{
    static gsize begun;
    if (g_once_init_enter(&begun)) {
        g_type_class_unref(g_type_class_ref(GTK_TYPE_BUTTON)); // the signal is there then
        g_signal_add_emission_hook(g_signal_lookup("map", GTK_TYPE_WIDGET), 0, mapped_cb, NULL,
                                   NULL);
        g_once_init_leave(&begun, 1);
    }
}

// Inside a drop-down it is the button that has the keyboard, so its name says what is chosen.
static void name_drop_down(GtkDropDown *drop_down, GParamSpec *property, const char *title)
{
    GtkStringObject *chosen = gtk_drop_down_get_selected_item(drop_down);
    g_autofree char *name =
        g_strdup_printf("%s: %s", title, chosen ? gtk_string_object_get_string(chosen) : "");
    set_name(drop_down, title);
    set_name(gtk_widget_get_first_child(GTK_WIDGET(drop_down)), name);
}

static void title_free(gpointer title, GClosure *closure)
{
    g_free(title);
}

void spoken_names_add_drop_down(GtkDropDown *drop_down, const char *title)
{
    g_signal_connect_data(drop_down, "notify::selected-item", G_CALLBACK(name_drop_down),
                          g_strdup(title), title_free, 0);
    name_drop_down(drop_down, NULL, title);
}
