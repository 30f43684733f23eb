// The manual: pages of HTML in resources/help, shown by whatever the desktop shows such pages with.
// Those that have been translated are in a folder called as the language is: help/de/library.html.
#include "ui/window_private.h"

#include "compute/i18n.h"

#include "ui/core/paths.h"
#include "ui/panels/panel.h"

// Each panel, each page that stands in the photo's place, the windows beside the main one, and the
// others that place_of() names.
static const struct {
    const char *place, *page;
} pages[] = {
    {"contents", "index"},
    {"start", "first-edit"},
    {"canvas", "where"},
    {"history", "history"},
    {"describe", "first-edit"},
    {"learn", "learning"},
    {"where", "where"},
    {"edit", "presets"},
    {"control", "control"},
    {"adapters", "workshop"},
    {"subject", "subjects"},
    {"subject-photo", "subjects"},
    {"style", "styles"},
    {"sticker", "stickers"},
    {"workshop", "workshop"},
    {"queue", "queue"},
    {"models", "models"},
    {"library", "library"},
    {"preferences", "preferences"},
    {"export", "export"},
    {"batch", "batch"},
};

static const char *page_of(const char *place)
{
    const char *page = pages[0].page;
    for (gsize i = 0; i < G_N_ELEMENTS(pages); i++) {
        page = g_str_equal(pages[i].place, place) ? pages[i].page : page;
    }
    return page;
}

// Where the keyboard is.
static const char *place_of(TinctureWindow *self)
{
    if (self->aside != NULL) {
        return self->aside;
    }
    if (self->project->photo == NULL) {
        return "start";
    }
    GtkWidget *at = gtk_root_get_focus(GTK_ROOT(self));
    while (at != NULL && panel_find(gtk_widget_get_name(at)) == NULL) {
        at = gtk_widget_get_parent(at);
    }
    return at != NULL ? gtk_widget_get_name(at) : "canvas";
}

// The page's file in the first of the person's languages that has it.
static char *file_of(const char *page)
{
    const char *const *languages = g_get_language_names();
    for (int i = 0; languages[i] != NULL && !g_str_has_prefix(languages[i], "en"); i++) {
        g_autofree char *file = g_strdup_printf("help/%s/%s.html", languages[i], page);
        g_autofree char *path = paths_resource(file);
        if (g_file_test(path, G_FILE_TEST_EXISTS)) {
            return g_steal_pointer(&path);
        }
    }
    g_autofree char *file = g_strdup_printf("help/%s.html", page);
    return paths_resource(file);
}

static void say_where_it_is(TinctureWindow *self, const char *path)
{
    g_autofree char *text =
        g_strdup_printf(_("No program here shows the manual. It is the file %s."), path);
    tincture_window_toast(self, text, NULL, NULL);
}

static void shown_cb(GObject *window, GAsyncResult *result, gpointer data)
{
    g_autofree char *path = data;
    g_autoptr(GError) error = NULL;
    if (!gtk_show_uri_full_finish(GTK_WINDOW(window), result, &error) &&
        !g_error_matches(error, G_IO_ERROR, G_IO_ERROR_CANCELLED)) {
        say_where_it_is(TINCTURE_WINDOW(window), path);
    }
}

// The target is one of the places, or "here".
static void help_action(GtkWidget *widget, const char *name, GVariant *target)
{
    TinctureWindow *self = TINCTURE_WINDOW(widget);
    const char *place = g_variant_get_string(target, NULL);
    char *path = file_of(page_of(g_str_equal(place, "here") ? place_of(self) : place));
    g_autofree char *uri = g_filename_to_uri(path, NULL, NULL);
    if (uri == NULL || !g_file_test(path, G_FILE_TEST_EXISTS)) {
        tincture_window_toast(self, _("The manual was not installed with the program."), NULL,
                              NULL);
        g_free(path);
        return;
    }
    gtk_show_uri_full(GTK_WINDOW(self), uri, GDK_CURRENT_TIME, NULL, shown_cb, path);
}

void tincture_window_install_help(GtkWidgetClass *widget_class)
{
    gtk_widget_class_install_action(widget_class, "win.help", "s", help_action);
}
