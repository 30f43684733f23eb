#include "ui/dialogs/show_file.h"

struct request {
    GtkWindow *parent; // reference
    char *path;
};

static void show_folder(GtkWindow *parent, const char *path)
{
    g_autofree char *folder = g_path_get_dirname(path);
    g_autofree char *uri = g_filename_to_uri(folder, NULL, NULL);
    if (uri != NULL) {
        gtk_show_uri(parent, uri, GDK_CURRENT_TIME);
    }
}

static void called_cb(GObject *bus, GAsyncResult *result, gpointer data)
{
    struct request *request = data;
    g_autoptr(GVariant) answer =
        g_dbus_connection_call_finish(G_DBUS_CONNECTION(bus), result, NULL);
    if (answer == NULL) { // no such file manager here
        show_folder(request->parent, request->path);
    }
    g_object_unref(request->parent);
    g_free(request->path);
    g_free(request);
}

// The interface that file managers have in common: freedesktop.org, file-manager-interface.
void show_file(GtkWindow *parent, const char *path)
{
    g_autoptr(GDBusConnection) bus = g_bus_get_sync(G_BUS_TYPE_SESSION, NULL, NULL);
    g_autofree char *uri = g_filename_to_uri(path, NULL, NULL);
    if (bus == NULL || uri == NULL) {
        show_folder(parent, path);
        return;
    }
    const char *const uris[] = {uri, NULL};
    struct request *request = g_new(struct request, 1);
    *request = (struct request){g_object_ref(parent), g_strdup(path)};
    g_dbus_connection_call(bus, "org.freedesktop.FileManager1", "/org/freedesktop/FileManager1",
                           "org.freedesktop.FileManager1", "ShowItems",
                           g_variant_new("(^ass)", uris, ""), NULL, G_DBUS_CALL_FLAGS_NONE, -1,
                           NULL, called_cb, request);
}
