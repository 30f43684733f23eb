// check_names [NAME...]: what a screen reader gets of the window over AT-SPI. Every control that
// can have the keyboard, and every picture, must have a name that is not the name of its class; no
// name may show a mnemonic's underscore; and the names that are given, words joined by "_", must be
// among them.
#include "tests/ui/atspi.h"

#include <stdlib.h>
#include <string.h>

static GDBusConnection *bus;
static GHashTable *names;
static int nameless, seen;

// Containers hand the keyboard on. Icons inside GTK's and libadwaita's own widgets are decoration.
static gboolean needs_name(const char *role, const char *name, gboolean focusable)
{
    static const char *const controls[] = {
        "push button", "toggle button", "check box", "text box",  "combo box",
        "entry",       "text",          "slider",    "list item", NULL};
    return strcmp(role, "image") == 0 ? strcmp(name, "GtkImage") != 0
                                      : focusable && g_strv_contains(controls, role);
}

static void walk(const char *owner, const char *path, const char *above)
{
    g_autofree char *name = atspi_text(bus, owner, path, "Name"),
                    *role = atspi_role(bus, owner, path);
    g_autoptr(GVariant) reply =
        atspi_call(bus, owner, path, "org.a11y.atspi.Accessible", "GetChildren", NULL, "(a(so))");
    if (name == NULL || role == NULL || reply == NULL) {
        return;
    }
    g_autofree char *here = g_strdup_printf("%s > %s “%s”", above, role, name);
    seen++;
    if (needs_name(role, name, atspi_is(bus, owner, path, ATSPI_FOCUSABLE)) &&
        !atspi_is_good_name(name)) {
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

int main(int argc, char **argv)
{
    int missing = 0;
    bus = atspi_connect();
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
