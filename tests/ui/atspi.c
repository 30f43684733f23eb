// Asking a window over AT-SPI, as a screen reader does.
#include "tests/ui/atspi.h"

#include <string.h>

GVariant *atspi_call(GDBusConnection *bus, const char *owner, const char *path,
                     const char *interface, const char *method, GVariant *arguments,
                     const char *type)
{
    return g_dbus_connection_call_sync(bus, owner, path, interface, method, arguments,
                                       G_VARIANT_TYPE(type), G_DBUS_CALL_FLAGS_NONE, 5000, NULL,
                                       NULL);
}

static GVariant *get(GDBusConnection *bus, const char *owner, const char *path,
                     const char *interface, const char *property)
{
    GVariant *value = NULL;
    g_autoptr(GVariant) reply =
        atspi_call(bus, owner, path, "org.freedesktop.DBus.Properties", "Get",
                   g_variant_new("(ss)", interface, property), "(v)");
    if (reply != NULL) {
        g_variant_get(reply, "(v)", &value);
    }
    return value;
}

char *atspi_text(GDBusConnection *bus, const char *owner, const char *path, const char *property)
{
    g_autoptr(GVariant) value = get(bus, owner, path, "org.a11y.atspi.Accessible", property);
    return value != NULL && g_variant_is_of_type(value, G_VARIANT_TYPE_STRING)
               ? g_variant_dup_string(value, NULL)
               : NULL;
}

double atspi_value(GDBusConnection *bus, const char *owner, const char *path)
{
    g_autoptr(GVariant) value = get(bus, owner, path, "org.a11y.atspi.Value", "CurrentValue");
    return value != NULL && g_variant_is_of_type(value, G_VARIANT_TYPE_DOUBLE)
               ? g_variant_get_double(value)
               : NAN;
}

char *atspi_role(GDBusConnection *bus, const char *owner, const char *path)
{
    char *role = NULL;
    g_autoptr(GVariant) reply =
        atspi_call(bus, owner, path, "org.a11y.atspi.Accessible", "GetRoleName", NULL, "(s)");
    if (reply != NULL) {
        g_variant_get(reply, "(s)", &role);
    }
    return role;
}

gboolean atspi_is(GDBusConnection *bus, const char *owner, const char *path, int state)
{
    guint32 low = 0;
    g_autoptr(GVariant) reply =
        atspi_call(bus, owner, path, "org.a11y.atspi.Accessible", "GetState", NULL, "(au)");
    g_autoptr(GVariant) states = reply != NULL ? g_variant_get_child_value(reply, 0) : NULL;
    if (states != NULL && g_variant_n_children(states) > 0) {
        g_variant_get_child(states, 0, "u", &low);
    }
    return low >> state & 1;
}

gboolean atspi_is_placed(GDBusConnection *bus, const char *owner, const char *path)
{
    int width = 1, height = 1; // the desktop and the program have none
    g_autoptr(GVariant) reply =
        atspi_call(bus, owner, path, "org.a11y.atspi.Component", "GetSize", NULL, "(ii)");
    if (reply != NULL) {
        g_variant_get(reply, "(ii)", &width, &height);
    }
    return width > 0 && height > 0;
}

gboolean atspi_is_good_name(const char *name)
{
    return *name != '\0' && *name != '_' && !g_str_has_prefix(name, "Gtk") &&
           !g_str_has_prefix(name, "Adw") && !g_str_has_prefix(name, "Tincture");
}

GDBusConnection *atspi_connect(void)
{
    GDBusConnection *bus =
        g_bus_get_sync(G_BUS_TYPE_SESSION, NULL, NULL); // the session's, which knows the other
    const char *address = NULL;
    g_autoptr(GVariant) reply =
        atspi_call(bus, "org.a11y.Bus", "/org/a11y/bus", "org.a11y.Bus", "GetAddress", NULL, "(s)");
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
