#include "ui/app_private.h"

#include "compute/i18n.h"
#include "ui/core/config.h"
#include "ui/dialogs/preferences_window.h"
#include "ui/dialogs/tour_window.h"
#include "ui/preferences.h"
#include "ui/widgets/spoken_names.h"

#include <stdio.h>
#include <unistd.h>

#define APP_ID "org.tincture.Tincture"

G_DEFINE_FINAL_TYPE(TinctureApp, tincture_app, ADW_TYPE_APPLICATION)

static gboolean version_cb(const char *option, const char *value, gpointer data, GError **error)
{
    g_print("Tincture %s\n", TINCTURE_VERSION);
    exit(EXIT_SUCCESS);
}

static void add_options(TinctureApp *self)
{
    const GOptionEntry entries[] = {
        {"version", 0, G_OPTION_FLAG_NO_ARG, G_OPTION_ARG_CALLBACK, (gpointer)version_cb,
         _("Print the version and exit"), NULL},
        {"device", 0, 0, G_OPTION_ARG_STRING, &self->device,
         _("Compute device: a number or a name"), "DEVICE"},
        {"precision", 0, 0, G_OPTION_ARG_STRING, &self->precision,
         _("How a processor multiplies by the model's weights: auto, fp32 or bf16"), "NAME"},
        {"model", 0, 0, G_OPTION_ARG_FILENAME, &self->model,
         _("Model folder or file instead of the chosen one"), "PATH"},
        {"vae", 0, 0, G_OPTION_ARG_FILENAME, &self->vae,
         _("Autoencoder in the place of that model's: a file or a folder"), "PATH"},
        {"data-dir", 0, 0, G_OPTION_ARG_FILENAME, &self->data_dir,
         _("Where the library is kept instead of the user's data folder"), "FOLDER"},
        {"new-library", 0, 0, G_OPTION_ARG_NONE, &self->new_library,
         _("Begin a new library; the one that is there is renamed, not deleted"), NULL},
        {"page", 0, 0, G_OPTION_ARG_STRING, &self->page,
         _("Page to begin with: library, batch or sticker"), "NAME"},
        {"new-window", 0, 0, G_OPTION_ARG_NONE, &self->new_window,
         _("Open another window, also of a program that runs already"), NULL},
        {"exit-after-startup", 0, 0, G_OPTION_ARG_NONE, &self->exit_after_startup,
         _("Exit when the first frame is shown"), NULL},
        {NULL},
    };
    g_application_add_main_option_entries(G_APPLICATION(self), entries);
}

// Goes there, in the program that runs already where there is one.
static gboolean go_to_page(TinctureApp *self, GError **error)
{
    if (!g_application_register(G_APPLICATION(self), NULL, error)) {
        return FALSE;
    }
    if (!tincture_app_has_page(self, self->page)) {
        g_set_error(error, G_OPTION_ERROR, G_OPTION_ERROR_BAD_VALUE,
                    _("there is no page '%s'; there is library, batch and sticker"), self->page);
        return FALSE;
    }
    g_action_group_activate_action(G_ACTION_GROUP(self), self->page, NULL);
    return TRUE;
}

// Another window of a program that runs is asked of that one.
static gboolean ask_running(GApplication *app)
{
    const gboolean runs =
        g_application_register(app, NULL, NULL) && g_application_get_is_remote(app);
    if (runs) {
        g_action_group_activate_action(G_ACTION_GROUP(app), "new-window", NULL);
    }
    return runs;
}

// A window with options of its own does not hand its files to one that runs already.
static int tincture_app_handle_local_options(GApplication *app, GVariantDict *options)
{
    TinctureApp *self = TINCTURE_APP(app);
    self->given_data_dir = self->data_dir != NULL;
    self->given_device = self->device != NULL;
    self->given_precision = self->precision != NULL;
    if (self->data_dir != NULL || self->model != NULL || self->vae != NULL ||
        self->device != NULL || self->precision != NULL || self->new_library ||
        self->exit_after_startup) {
        g_application_set_flags(app, g_application_get_flags(app) | G_APPLICATION_NON_UNIQUE);
    }
    g_autoptr(GError) error = NULL;
    if (self->page != NULL && !go_to_page(self, &error)) {
        g_printerr("tincture: %s\n", error->message);
        return EXIT_FAILURE;
    }
    return self->new_window && ask_running(app) ? 0 : -1;
}

// Before anything opens it. One that cannot be renamed is complained about again when it is opened.
static void set_library_aside(TinctureApp *self)
{
    g_autoptr(GError) error = NULL;
    if (self->new_library && !library_set_aside(self->data_dir, &error)) {
        g_printerr(_("tincture: the library could not be set aside: %s\n"), error->message);
    }
    self->new_library = FALSE;
}

static void prefer(char **value, const char *key)
{
    g_autofree char *preferred = preferences_string(key, "");
    if (*value == NULL && *preferred != '\0') {
        *value = g_steal_pointer(&preferred);
    }
}

// Numbers that the layers below read of the environment.
static const struct {
    const char *key, *variable;
} numbers[] = {{"threads", "TINCTURE_THREADS"}, {"memory-limit", "TINCTURE_MEMORY"}};

static void take_numbers(TinctureApp *self)
{
    for (gsize i = 0; i < G_N_ELEMENTS(numbers); i++) {
        const int number = preferences_int(numbers[i].key, 0);
        g_autofree char *text = g_strdup_printf("%d", number);
        if (number > 0 && g_getenv(numbers[i].variable) == NULL &&
            g_setenv(numbers[i].variable, text, TRUE)) {
            self->own_numbers |= 1u << i;
        }
    }
}

// What the command line or the environment does not say; what it does say comes back at a start
// that the program makes itself.
static void take_engine_preferences(TinctureApp *self)
{
    prefer(&self->device, "device");
    prefer(&self->precision, "precision");
    prefer(&self->data_dir, "library-folder");
    take_numbers(self);
}

static void tincture_app_startup(GApplication *app)
{
    TinctureApp *self = TINCTURE_APP(app);
    G_APPLICATION_CLASS(tincture_app_parent_class)->startup(app);
    gtk_window_set_default_icon_name(APP_ID);
    spoken_names_begin();
    tincture_app_add_actions(self);
    if (self->model == NULL) {
        g_autofree char *chosen = preferences_string("model", "");
        self->model = *chosen != '\0' ? g_steal_pointer(&chosen) : NULL;
        g_autofree char *vae = preferences_string("vae", ""); // chosen for that model
        self->vae = self->vae == NULL && *vae != '\0' ? g_steal_pointer(&vae) : self->vae;
    }
    take_engine_preferences(self);
    set_library_aside(self);
    self->studio =
        tincture_studio_new(self->data_dir, self->model, self->vae, self->device, self->precision);
}

static void first_frame_cb(GdkFrameClock *clock, GApplication *app)
{
    g_signal_handlers_disconnect_by_func(clock, first_frame_cb, app);
    g_application_quit(app);
}

TinctureWindow *tincture_app_new_window(TinctureApp *self)
{
    g_autoptr(TinctureSession) session = tincture_session_new(self->studio);
    tincture_app_follow(self, session);
    preferences_apply(session);
    GtkWidget *window = tincture_window_new(GTK_APPLICATION(self), session);
    gtk_window_present(GTK_WINDOW(window));
    if (self->exit_after_startup) {
        g_signal_connect(gtk_widget_get_frame_clock(window), "after-paint",
                         G_CALLBACK(first_frame_cb), self);
    }
    return TINCTURE_WINDOW(window);
}

TinctureWindow *tincture_app_get_window(TinctureApp *self)
{
    GList *item = gtk_application_get_windows(GTK_APPLICATION(self));
    while (item != NULL && !TINCTURE_IS_WINDOW(item->data)) { // a dialog
        item = item->next;
    }
    return item != NULL ? item->data : NULL;
}

// One in which nothing is open; NULL: there is none.
static TinctureWindow *find_free_window(TinctureApp *self)
{
    GList *item = gtk_application_get_windows(GTK_APPLICATION(self));
    while (item != NULL &&
           !(TINCTURE_IS_WINDOW(item->data) && tincture_window_is_free(item->data))) {
        item = item->next;
    }
    return item != NULL ? item->data : NULL;
}

static TinctureWindow *the_window(TinctureApp *self)
{
    TinctureWindow *window = tincture_app_get_window(self);
    if (window == NULL) {
        return tincture_app_new_window(self);
    }
    gtk_window_present(GTK_WINDOW(window));
    return window;
}

// Adapters go to the photo that is open; a photo takes no other one's place.
static TinctureWindow *window_for(TinctureApp *self, GSList *files)
{
    TinctureWindow *free = find_free_window(self);
    if (tincture_app_get_window(self) == NULL || !tincture_window_needs_place(files)) {
        return the_window(self);
    }
    TinctureWindow *window = free != NULL ? free : tincture_app_new_window(self);
    if (free == NULL) {
        tincture_window_set_passing(window);
    }
    gtk_window_present(GTK_WINDOW(window));
    return window;
}

static void tincture_app_activate(GApplication *app)
{
    TinctureApp *self = TINCTURE_APP(app);
    TinctureWindow *window = the_window(self);
    if (self->welcomes && !self->exit_after_startup && tour_window_is_due()) {
        tour_window_show(GTK_WINDOW(window));
    }
}

void tincture_app_welcome(TinctureApp *self)
{
    g_return_if_fail(TINCTURE_IS_APP(self));
    self->welcomes = TRUE;
}

static void tincture_app_open(GApplication *app, GFile **files, int n_files, const char *hint)
{
    g_autoptr(GSList) list = NULL;
    for (int i = n_files - 1; i >= 0; i--) {
        list = g_slist_prepend(list, files[i]);
    }
    tincture_window_open_files(window_for(TINCTURE_APP(app), list), list);
}

static void tincture_app_shutdown(GApplication *app)
{
    TinctureApp *self = TINCTURE_APP(app);
    GList *windows;
    while ((windows = gtk_application_get_windows(GTK_APPLICATION(app))) != NULL) {
        gtk_window_destroy(windows->data);
    }
    while (self->studio != NULL && self->studio->sessions->len > 0) { // of a window that is held
        tincture_session_close(self->studio->sessions->pdata[0]);
    }
    g_clear_object(&self->studio);
    G_APPLICATION_CLASS(tincture_app_parent_class)->shutdown(app);
}

static void tincture_app_finalize(GObject *object)
{
    TinctureApp *self = TINCTURE_APP(object);
    g_free(self->data_dir);
    g_free(self->model);
    g_free(self->vae);
    g_free(self->device);
    g_free(self->precision);
    g_free(self->page);
    G_OBJECT_CLASS(tincture_app_parent_class)->finalize(object);
}

static void tincture_app_class_init(TinctureAppClass *klass)
{
    GApplicationClass *app_class = G_APPLICATION_CLASS(klass);
    G_OBJECT_CLASS(klass)->finalize = tincture_app_finalize;
    app_class->handle_local_options = tincture_app_handle_local_options;
    app_class->startup = tincture_app_startup;
    app_class->activate = tincture_app_activate;
    app_class->open = tincture_app_open;
    app_class->shutdown = tincture_app_shutdown;
}

static void tincture_app_init(TinctureApp *self)
{
    add_options(self);
}

TinctureApp *tincture_app_new(void)
{
    return g_object_new(TINCTURE_TYPE_APP, "application-id", APP_ID, "flags",
                        G_APPLICATION_HANDLES_OPEN, "resource-base-path", "/org/tincture/Tincture",
                        NULL);
}

static void add_option(GPtrArray *args, const char *name, const char *value)
{
    if (value != NULL) {
        g_ptr_array_add(args, g_strdup(name));
        g_ptr_array_add(args, g_strdup(value));
    }
}

// The arguments to start again with, after another model was chosen for example. Newly allocated.
static GStrv next_arguments(TinctureApp *self, const char *program)
{
    GPtrArray *args = g_ptr_array_new();
    g_ptr_array_add(args, g_strdup(program));
    add_option(args, "--data-dir", self->given_data_dir ? self->data_dir : NULL);
    add_option(args, "--device", self->given_device ? self->device : NULL);
    add_option(args, "--precision", self->given_precision ? self->precision : NULL);
    if (self->new_library) {
        g_ptr_array_add(args, g_strdup("--new-library"));
    }
    if (preferences_get() == NULL) { // else it is kept there
        add_option(args, "--model", self->model);
        add_option(args, "--vae", self->vae);
    }
    g_ptr_array_add(args, NULL);
    return (GStrv)g_ptr_array_free(args, FALSE);
}

int tincture_app_run(TinctureApp *self, int argc, char **argv)
{
    int status = g_application_run(G_APPLICATION(self), argc, argv);
    g_auto(GStrv) next = self->restart ? next_arguments(self, argv[0]) : NULL;
    const guint own_numbers = self->own_numbers;
    g_object_unref(self);
    if (next != NULL) {
        g_settings_sync();
        for (gsize i = 0; i < G_N_ELEMENTS(numbers); i++) {
            if (own_numbers & 1u << i) {
                g_unsetenv(numbers[i].variable);
            }
        }
        execv("/proc/self/exe", next);
        perror("tincture: starting again");
        return 1;
    }
    return status;
}
