// check_names [NAME...]: what a screen reader gets of all windows over AT-SPI. Every control that
// is seen and can have the keyboard, and every picture, must have a name that is not the name of
// its class; no name may show a mnemonic's underscore; and the names that are given, words joined
// by "_", must be among them.
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
        // as GTK calls them
        "button",    "checkbox",  "combo box",          "grid cell",       "link",
        "list item", "menu item", "menu item checkbox", "menu item radio", "option",
        "radio",     "row",       "search box",         "slider",          "spin button",
        "switch",    "tab",       "text box",           "tree item",       NULL};
    return strcmp(role, "image") == 0 ? strcmp(name, "GtkImage") != 0
                                      : focusable && g_strv_contains(controls, role);
}

// A label that is read twice, once with its mnemonic: "_Add Add".
static gboolean is_twice(const char *name)
{
    const gsize length = strlen(name);
    const char *second = strchr(name, ' ');
    for (; second != NULL; second = strchr(second + 1, ' ')) {
        const gsize first = (gsize)(second - name), rest = length - first - 1;
        const char *underscore = memchr(name, '_', first);
        if (underscore != NULL && first == rest + 1 &&
            strncmp(name, second + 1, (gsize)(underscore - name)) == 0 &&
            strcmp(underscore + 1, "") != 0 &&
            strncmp(underscore + 1, second + 1 + (underscore - name),
                    first - 1 - (gsize)(underscore - name)) == 0) {
            return TRUE;
        }
    }
    return FALSE;
}

static void walk(const char *owner, const char *path, const char *above)
{
    g_autofree char *name = atspi_text(bus, owner, path, "Name"),
                    *role = atspi_role(bus, owner, path);
    g_autoptr(GVariant) reply =
        atspi_call(bus, owner, path, "org.a11y.atspi.Accessible", "GetChildren", NULL, "(a(so))");
    if (name == NULL || role == NULL || reply == NULL || !atspi_is_placed(bus, owner, path)) {
        return;
    }
    g_autofree char *here = g_strdup_printf("%s > %s “%s”", above, role, name);
    seen++;
    if ((!atspi_is_good_name(name) || is_twice(name)) &&
        needs_name(role, name, atspi_is(bus, owner, path, ATSPI_FOCUSABLE))) {
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
    return seen > 60 && nameless == 0 && missing == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
