// The program with a script at its controls: tincture-drive [OPTION...] --drive SCRIPT. Everything
// but this folder is what tincture itself is made of.
//
// The program may start again by itself, with another model for example, and then without its
// options: it then runs the script that TINCTURE_DRIVE_NEXT names.
#include "tests/ui/drive/drive.h"

#include "ui/app.h"
#include "ui/core/language.h"

#include <string.h>

struct drive_run {
    GApplication *app; // borrowed
    char *script;      // owned
    gboolean started;
    int status;
    gboolean welcome;
};

static int warnings;

// What GTK complains about is a fault of the window. But for the pictures of keys in its own window
// of shortcuts (4.8).
static GLogWriterOutput log_cb(GLogLevelFlags level, const GLogField *fields, gsize n,
                               gpointer data)
{
    const char *domain = "", *message = "";
    for (gsize i = 0; i < n; i++) {
        if (g_str_equal(fields[i].key, "GLIB_DOMAIN")) {
            domain = fields[i].value;
        } else if (g_str_equal(fields[i].key, "MESSAGE")) {
            message = fields[i].value;
        }
    }
    const gboolean theirs = g_str_equal(domain, "Gtk") || g_str_equal(domain, "Gdk") ||
                            g_str_equal(domain, "Adwaita") || g_str_equal(domain, "GLib-GObject");
    if (theirs && level & (G_LOG_LEVEL_WARNING | G_LOG_LEVEL_CRITICAL) &&
        strstr(message, "reported min width -3") == NULL) {
        g_atomic_int_inc(&warnings);
    }
    return g_log_writer_default(level, fields, n, data);
}

static void finished_cb(gboolean ok, gpointer data)
{
    struct drive_run *run = data;
    run->status = ok ? EXIT_SUCCESS : EXIT_FAILURE;
    g_application_quit(run->app);
}

// Before the application's own handler.
static void welcome_cb(GApplication *app, struct drive_run *run)
{
    if (run->welcome) {
        tincture_app_welcome(TINCTURE_APP(app));
    }
}

// After the application's own handler: the window is on the screen.
static void activate_cb(GApplication *app, struct drive_run *run)
{
    GtkWindow *window = gtk_application_get_active_window(GTK_APPLICATION(app));
    const char *script = run->script != NULL ? run->script : g_getenv("TINCTURE_DRIVE_NEXT");
    if (!run->started) {
        run->started = TRUE;
        drive_start(TINCTURE_WINDOW(window), script != NULL ? script : "", finished_cb, run);
    }
}

int main(int argc, char **argv)
{
    language_begin();
    g_log_set_writer_func(log_cb, NULL, NULL);
    struct drive_run run = {.app = G_APPLICATION(tincture_app_new())};
    const GOptionEntry entries[] = {
        {"welcome", 0, 0, G_OPTION_ARG_NONE, &run.welcome, "Show the tour, as a first start does",
         NULL},
        {"drive", 0, 0, G_OPTION_ARG_FILENAME, &run.script, "Script to run", "SCRIPT"},
        {NULL},
    };
    g_application_set_flags(run.app, g_application_get_flags(run.app) | G_APPLICATION_NON_UNIQUE);
    g_application_add_main_option_entries(run.app, entries);
    g_signal_connect(run.app, "activate", G_CALLBACK(welcome_cb), &run);
    g_signal_connect_after(run.app, "activate", G_CALLBACK(activate_cb), &run);
    int status = tincture_app_run(TINCTURE_APP(run.app), argc, argv);
    g_free(run.script);
    if (warnings > 0) {
        g_printerr("drive: GTK warned %d times\n", warnings);
        return EXIT_FAILURE;
    }
    return status != 0 ? status : run.status;
}
