#include "ui/widgets/close_key.h"

static gboolean escape_cb(GtkWidget *window, GVariant *args, gpointer data)
{
    gtk_window_close(GTK_WINDOW(window));
    return GDK_EVENT_STOP;
}

void window_close_at_escape(GtkWindow *window)
{
    GtkEventController *keys = gtk_shortcut_controller_new();
    gtk_shortcut_controller_add_shortcut(
        GTK_SHORTCUT_CONTROLLER(keys),
        gtk_shortcut_new(gtk_keyval_trigger_new(GDK_KEY_Escape, 0),
                         gtk_callback_action_new(escape_cb, NULL, NULL)));
    gtk_widget_add_controller(GTK_WIDGET(window), keys);
}
