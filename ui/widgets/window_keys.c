#include "ui/widgets/window_keys.h"

static void add_key(GtkWindow *window, guint key, GtkShortcutFunc func, const char *target)
{
    GtkEventController *keys = gtk_shortcut_controller_new();
    GtkShortcut *shortcut =
        gtk_shortcut_new(gtk_keyval_trigger_new(key, 0), gtk_callback_action_new(func, NULL, NULL));
    if (target != NULL) {
        gtk_shortcut_set_arguments(shortcut, g_variant_new_string(target));
    }
    gtk_shortcut_controller_add_shortcut(GTK_SHORTCUT_CONTROLLER(keys), shortcut);
    gtk_widget_add_controller(GTK_WIDGET(window), keys);
}

static gboolean escape_cb(GtkWidget *window, GVariant *args, gpointer data)
{
    gtk_window_close(GTK_WINDOW(window));
    return GDK_EVENT_STOP;
}

void window_close_at_escape(GtkWindow *window)
{
    add_key(window, GDK_KEY_Escape, escape_cb, NULL);
}

static gboolean help_cb(GtkWidget *window, GVariant *place, gpointer data)
{
    GtkWidget *parent = GTK_WIDGET(gtk_window_get_transient_for(GTK_WINDOW(window)));
    return gtk_widget_activate_action_variant(parent, "win.help", place);
}

void window_help_at_f1(GtkWindow *window, const char *place)
{
    add_key(window, GDK_KEY_F1, help_cb, place);
}
