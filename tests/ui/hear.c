// hear FILE: writes down what a screen reader would say of a window, a line for each thing,
// until it is told to end (SIGTERM): what has the keyboard, with its role, state and value; how
// that changes; and messages. Exits with 1 where what had the keyboard has neither name nor
// description.
#include "tests/ui/atspi.h"

#include <glib-unix.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static GDBusConnection *bus;
static FILE *out;
static char *focused; // path of what has the keyboard
static char *last;    // line that was said last
static char *known;   // name and description of what has the keyboard
static GString *typed;
static int nameless, heard;

// Letters are a word when something else comes.
static void flush_typed(void)
{
    if (typed->len > 0) {
        fprintf(out, "  typed: %s\n", typed->str);
        g_string_truncate(typed, 0);
    }
}

G_GNUC_PRINTF(1, 2) static void say(const char *format, ...)
{
    va_list args;
    va_start(args, format);
    g_autofree char *line = g_strdup_vprintf(format, args);
    va_end(args);
    flush_typed();
    if (g_strcmp0(line, last) != 0) {
        fprintf(out, "%s\n", line);
        fflush(out);
        g_free(last);
        last = g_steal_pointer(&line);
    }
}

static char *state_text(const char *owner, const char *path, const char *role)
{
    const double value = atspi_value(bus, owner, path);
    GString *text = g_string_new(NULL);
    if (g_str_equal(role, "check box") || g_str_equal(role, "toggle button") ||
        g_str_equal(role, "radio button")) {
        const gboolean on =
            atspi_is(bus, owner, path, ATSPI_CHECKED) || atspi_is(bus, owner, path, ATSPI_PRESSED);
        g_string_append(text, on ? ", on" : ", off");
    }
    if (!isnan(value)) {
        g_string_append_printf(text, ", %.4g", value);
    }
    return g_string_free(text, FALSE);
}

// Windows and containers hand the keyboard on.
static gboolean is_container(const char *role)
{
    static const char *const roles[] = {"frame",    "window",      "panel",    "dialog",
                                        "list",     "filler",      "list box", "table",
                                        "grouping", "application", NULL};
    return g_strv_contains(roles, role);
}

static void focus(const char *owner, const char *path)
{
    g_autofree char *name = atspi_text(bus, owner, path, "Name");
    g_autofree char *about = atspi_text(bus, owner, path, "Description");
    g_autofree char *role = atspi_role(bus, owner, path);
    if (name == NULL || role == NULL) {
        return;
    }
    g_autofree char *state = state_text(owner, path, role);
    g_free(focused);
    focused = g_strdup(path);
    g_free(known);
    known = g_strdup_printf("%s\n%s", name, about != NULL ? about : "");
    say("%s: %s%s%s%s", role, name, state, about != NULL && *about != '\0' ? "; " : "",
        about != NULL ? about : "");
    heard++;
    // What has no name is heard by its description. GTK's own dialog has neither for its entry.
    if (!atspi_is_good_name(name) && (about == NULL || *about == '\0') && !is_container(role) &&
        !g_str_equal(name, "GtkFileChooserEntry")) {
        fprintf(out, "  ^ it has neither name nor description\n");
        nameless++;
    }
}

static void state_changed(const char *owner, const char *path, const char *state, int on)
{
    if (g_str_equal(state, "focused") && on) {
        focus(owner, path);
    } else if (g_strcmp0(path, focused) == 0 &&
               (g_str_equal(state, "checked") || g_str_equal(state, "pressed") ||
                g_str_equal(state, "expanded"))) {
        say("  %s: %s", state, on ? "yes" : "no");
    }
}

static void property_changed(const char *owner, const char *path, const char *property,
                             GVariant *value)
{
    if (g_strcmp0(path, focused) != 0) {
        return;
    }
    if (g_str_equal(property, "accessible-value")) {
        say("  %.4g", atspi_value(bus, owner, path));
    } else if (g_variant_is_of_type(value, G_VARIANT_TYPE_STRING) &&
               strstr(known, g_variant_get_string(value, NULL)) == NULL) {
        say("  %s", g_variant_get_string(value, NULL));
    }
}

// A message is an object that comes.
static void shown(const char *owner, const char *path)
{
    g_autofree char *role = atspi_role(bus, owner, path);
    g_autofree char *name = atspi_text(bus, owner, path, "Name");
    if (role != NULL && name != NULL &&
        (g_str_equal(role, "notification") || g_str_equal(role, "alert"))) {
        say("message: %s", name);
    }
}

static void event_cb(GDBusConnection *connection, const char *owner, const char *path,
                     const char *interface, const char *event, GVariant *body, gpointer data)
{
    const char *detail = NULL;
    int first, second;
    g_autoptr(GVariant) any = NULL;
    if (!g_variant_is_of_type(body, G_VARIANT_TYPE("(siiva{sv})"))) {
        return;
    }
    g_variant_get(body, "(&siiva{sv})", &detail, &first, &second, &any, NULL);
    if (g_str_equal(event, "StateChanged")) {
        state_changed(owner, path, detail, first);
        if (g_str_equal(detail, "showing") && first) {
            shown(owner, path);
        }
    } else if (g_str_equal(event, "PropertyChange")) {
        property_changed(owner, path, detail, any);
    } else if (g_str_equal(event, "ChildrenChanged") && g_str_equal(detail, "add") &&
               g_variant_is_of_type(any, G_VARIANT_TYPE("(so)"))) {
        const char *child_owner, *child;
        g_variant_get(any, "(&s&o)", &child_owner, &child);
        shown(child_owner, child);
    } else if (g_str_equal(event, "TextChanged") && g_str_has_prefix(detail, "insert") &&
               g_strcmp0(path, focused) == 0 && g_variant_is_of_type(any, G_VARIANT_TYPE_STRING)) {
        g_string_append(typed, g_variant_get_string(any, NULL));
    }
}

static gboolean end_cb(gpointer loop)
{
    g_main_loop_quit(loop);
    return G_SOURCE_REMOVE;
}

int main(int argc, char **argv)
{
    static const char *const events[] = {"object:state-changed", "object:property-change",
                                         "object:children-changed", "object:text-changed"};
    bus = atspi_connect();
    typed = g_string_new(NULL);
    out = argc == 2 ? fopen(argv[1], "w") : NULL;
    if (bus == NULL || out == NULL) {
        g_printerr("there is no accessibility bus, or nowhere to write\n");
        return EXIT_FAILURE;
    }
    GMainLoop *loop = g_main_loop_new(NULL, FALSE);
    for (gsize i = 0; i < G_N_ELEMENTS(events); i++) {
        GVariant *done = atspi_call(bus, "org.a11y.atspi.Registry", "/org/a11y/atspi/registry",
                                    "org.a11y.atspi.Registry", "RegisterEvent",
                                    g_variant_new("(sass)", events[i], NULL, ""), "()");
        g_clear_pointer(&done, g_variant_unref);
    }
    g_dbus_connection_signal_subscribe(bus, NULL, "org.a11y.atspi.Event.Object", NULL, NULL, NULL,
                                       G_DBUS_SIGNAL_FLAGS_NONE, event_cb, NULL, NULL);
    g_unix_signal_add(SIGTERM, end_cb, loop);
    g_main_loop_run(loop);
    flush_typed();
    fprintf(out, "%d things had the keyboard, %d of them with neither name nor description\n",
            heard, nameless);
    return nameless == 0 && heard > 10 ? EXIT_SUCCESS : EXIT_FAILURE;
}
