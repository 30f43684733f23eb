// check_names [NAME...]: what a screen reader gets of the window over AT-SPI. Every control that
// can have the keyboard, and every picture, must have a name that is not the name of its class; no
// name may show a mnemonic's underscore; and the names that are given, words joined by "_", must be
// among them.
#include <gio/gio.h>
#include <stdlib.h>
#include <string.h>

#define ATSPI_STATE_FOCUSABLE 11

static GDBusConnection *bus;
static GHashTable *names;
static int nameless, seen;

// NULL if the object has just gone: the window goes on working while it is read.
static GVariant *call(const char *owner, const char *path, const char *interface,
                      const char *method, GVariant *arguments, const char *type)
{
    return g_dbus_connection_call_sync(bus, owner, path, interface, method, arguments,
                                       G_VARIANT_TYPE(type), G_DBUS_CALL_FLAGS_NONE, 5000, NULL,
                                       NULL);
}

static GVariant *call_accessible(const char *owner, const char *path, const char *method,
                                 const char *type)
{
    return call(owner, path, "org.a11y.atspi.Accessible", method, NULL, type);
}

static char *get_name(const char *owner, const char *path)
{
    g_autoptr(GVariant) value = NULL;
    g_autoptr(GVariant) reply =
        call(owner, path, "org.freedesktop.DBus.Properties", "Get",
             g_variant_new("(ss)", "org.a11y.atspi.Accessible", "Name"), "(v)");
    if (reply == NULL) {
        return NULL;
    }
    g_variant_get(reply, "(v)", &value);
    return g_variant_dup_string(value, NULL);
}

static char *get_role(const char *owner, const char *path)
{
    char *role = NULL;
    g_autoptr(GVariant) reply = call_accessible(owner, path, "GetRoleName", "(s)");
    if (reply != NULL) {
        g_variant_get(reply, "(s)", &role);
    }
    return role;
}

static gboolean is_focusable(const char *owner, const char *path)
{
    guint32 low = 0;
    g_autoptr(GVariant) reply = call_accessible(owner, path, "GetState", "(au)");
    g_autoptr(GVariant) states = reply != NULL ? g_variant_get_child_value(reply, 0) : NULL;
    if (states != NULL && g_variant_n_children(states) > 0) {
        g_variant_get_child(states, 0, "u", &low);
    }
    return low >> ATSPI_STATE_FOCUSABLE & 1;
}

// Containers hand the keyboard on. Icons inside GTK's and libadwaita's own widgets are decoration.
static gboolean needs_name(const char *role, const char *name, gboolean focusable)
{
    static const char *const controls[] = {"push button", "toggle button", "check box",
                                           "combo box",   "entry",         "text",
                                           "slider",      "list item",     NULL};
    return strcmp(role, "image") == 0 ? strcmp(name, "GtkImage") != 0
                                      : focusable && g_strv_contains(controls, role);
}

static gboolean is_good_name(const char *name)
{
    return *name != '\0' && *name != '_' && !g_str_has_prefix(name, "Gtk") &&
           !g_str_has_prefix(name, "Adw") && !g_str_has_prefix(name, "Tincture");
}

static void walk(const char *owner, const char *path, const char *above)
{
    g_autofree char *name = get_name(owner, path), *role = get_role(owner, path);
    g_autoptr(GVariant) reply = call_accessible(owner, path, "GetChildren", "(a(so))");
    if (name == NULL || role == NULL || reply == NULL) {
        return;
    }
    g_autofree char *here = g_strdup_printf("%s > %s “%s”", above, role, name);
    seen++;
    if (needs_name(role, name, is_focusable(owner, path)) && !is_good_name(name)) {
        g_printerr("no name: %s\n", here);
        nameless++;
    }
    g_hash_table_add(names, g_strdelimit(g_strdup(name), " ", '_'));
    g_autoptr(GVariantIter) children = NULL;
    const char *child_owner = NULL, *child = NULL;
    g_variant_get(reply, "(a(so))", &children);
    // This list shows the choice of a combo row; libadwaita's row around it has the keyboard.
    while (strcmp(name, "GtkListView") != 0 &&
           g_variant_iter_next(children, "(&s&o)", &child_owner, &child)) {
        walk(child_owner, child, here);
    }
}

static GDBusConnection *connect_to_bus(void)
{
    bus = g_bus_get_sync(G_BUS_TYPE_SESSION, NULL, NULL); // the session's, which knows the other
    const char *address = NULL;
    g_autoptr(GVariant) reply =
        call("org.a11y.Bus", "/org/a11y/bus", "org.a11y.Bus", "GetAddress", NULL, "(s)");
    g_clear_object(&bus);
    if (reply == NULL) {
        return NULL;
    }
    g_variant_get(reply, "(&s)", &address);
    return g_dbus_connection_new_for_address_sync(
        address,
        G_DBUS_CONNECTION_FLAGS_AUTHENTICATION_CLIENT |
            G_DBUS_CONNECTION_FLAGS_MESSAGE_BUS_CONNECTION,
        NULL, NULL, NULL);
}

int main(int argc, char **argv)
{
    int missing = 0;
    bus = connect_to_bus();
    if (bus == NULL) {
        g_printerr("there is no accessibility bus\n");
        return EXIT_FAILURE;
    }
    names = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
    walk("org.a11y.atspi.Registry", "/org/a11y/atspi/accessible/root", "desktop");
    for (int i = 1; i < argc; i++) {
        if (!g_hash_table_contains(names, argv[i])) {
            g_printerr("nothing has the name %s\n", argv[i]);
            missing++;
        }
    }
    g_print("%d things, %d without a name\n", seen, nameless);
    return seen > 100 && nameless == 0 && missing == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
