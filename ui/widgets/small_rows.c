#include "ui/widgets/small_rows.h"

GtkWidget *fact_row_new(const char *title, const char *text)
{
    GtkWidget *row = adw_action_row_new();
    g_autofree char *escaped = g_markup_escape_text(text, -1);
    adw_preferences_row_set_title(ADW_PREFERENCES_ROW(row), title);
    adw_action_row_set_subtitle(ADW_ACTION_ROW(row), escaped);
    adw_action_row_set_subtitle_lines(ADW_ACTION_ROW(row), 0);
    return row;
}

void fact_row_add(GtkWidget *expander, const char *title, const char *text)
{
    if (text != NULL) {
        adw_expander_row_add_row(ADW_EXPANDER_ROW(expander), fact_row_new(title, text));
    }
}

GtkWidget *named_button_new(const char *label, const char *name, GCallback clicked, gpointer data)
{
    GtkWidget *button = gtk_button_new_with_mnemonic(label);
    gtk_widget_set_name(button, name);
    gtk_widget_set_valign(button, GTK_ALIGN_CENTER);
    g_signal_connect_swapped(button, "clicked", clicked, data);
    return button;
}
