#include "ui/app_private.h"

#include "compute/i18n.h"
#include "compute/model/model.h"
#include "ui/core/paths.h"
#include "ui/dialogs/file_dialogs.h"
#include "ui/dialogs/preferences_window.h"
#include "ui/preferences.h"
#include "ui/window.h"

#include <string.h>

static void quit_action(GSimpleAction *action, GVariant *parameter, gpointer data)
{
    TinctureApp *self = data;
    GtkWindow *window = gtk_application_get_active_window(GTK_APPLICATION(self));
    if (window != NULL) {
        gtk_window_close(window);
    }
    g_application_quit(G_APPLICATION(self));
}

static TinctureSession *session_of(TinctureApp *self)
{
    TinctureWindow *window = tincture_app_get_window(self);
    return tincture_window_get_session(window != NULL ? window : tincture_app_new_window(self));
}

// One that cannot be used is told of before anything ends: the one at hand stays.
static gboolean check_model(TinctureApp *self, const char *path, const char *vae)
{
    g_autoptr(GError) error = NULL;
    g_autofree char *whole = paths_model(*path != '\0' ? path : NULL);
    struct model *model =
        *path != '\0' || vae != NULL ? model_inspect_with(whole, vae, &error) : NULL;
    tincture_project_say_error(
        session_of(self)->project,
        vae != NULL ? _("This VAE cannot be used") : _("This model cannot be used"), error);
    model_free(model);
    return error == NULL;
}

static void start_again(TinctureApp *self)
{
    self->restart = TRUE;
    quit_action(NULL, NULL, self);
}

static void use(TinctureApp *self)
{
    tincture_session_use(session_of(self), &(struct studio_engine){self->model, self->vae,
                                                                   self->device, self->precision});
}

// What was loaded is what the next start begins with; where another came back, that.
static void device_changed_cb(TinctureApp *self)
{
    const struct studio_engine *used = &self->studio->used;
    g_autofree char *starter = paths_model(NULL);
    if (!self->chosen || used->model == NULL) {
        return;
    }
    self->chosen = FALSE;
    g_free(self->model);
    g_free(self->vae);
    self->model = g_str_equal(used->model, starter) ? NULL : g_strdup(used->model);
    self->vae = g_strdup(used->vae);
    preferences_set_string("model", self->model != NULL ? self->model : "");
    preferences_set_string("vae", self->vae != NULL ? self->vae : "");
}

void tincture_app_follow(TinctureApp *self, TinctureSession *session)
{
    g_signal_connect_object(session, "device-changed", G_CALLBACK(device_changed_cb), self,
                            G_CONNECT_SWAPPED);
}

// The target is a path, empty for the starter.
static void use_model_action(GSimpleAction *action, GVariant *parameter, gpointer data)
{
    TinctureApp *self = data;
    const char *path = g_variant_get_string(parameter, NULL);
    if (!check_model(self, path, NULL)) {
        return;
    }
    g_clear_pointer(&self->vae, g_free); // the other model's
    g_free(self->model);
    self->model = *path != '\0' ? g_strdup(path) : NULL;
    self->chosen = TRUE;
    use(self);
}

// The target is a path, empty for the model's own autoencoder.
static void use_vae_action(GSimpleAction *action, GVariant *parameter, gpointer data)
{
    TinctureApp *self = data;
    const char *path = g_variant_get_string(parameter, NULL);
    const char *vae = *path != '\0' ? path : NULL;
    if (!check_model(self, self->model != NULL ? self->model : "", vae)) {
        return;
    }
    g_free(self->vae);
    self->vae = g_strdup(vae);
    self->chosen = TRUE;
    use(self);
}

// What computes, as the preferences say from now on.
static void use_device_action(GSimpleAction *action, GVariant *parameter, gpointer data)
{
    TinctureApp *self = data;
    g_free(self->device);
    g_free(self->precision);
    self->device = preferences_string("device", "");
    self->precision = preferences_string("precision", "");
    if (*self->device == '\0') {
        g_clear_pointer(&self->device, g_free);
    }
    if (*self->precision == '\0') {
        g_clear_pointer(&self->precision, g_free);
    }
    use(self);
}

// ---- pages to begin with ------------------------------------------------------------------------

// Actions of the program, for its desktop file, and what each is in the window.
static const struct {
    const char *name, *action;
} pages[] = {{"library", "win.show-library"}, {"batch", "win.batch"}, {"sticker", "win.sticker"}};

static const char *page_action_name(const char *name)
{
    const char *action = NULL;
    for (gsize i = 0; i < G_N_ELEMENTS(pages); i++) {
        action = g_str_equal(pages[i].name, name) ? pages[i].action : action;
    }
    return action;
}

gboolean tincture_app_has_page(TinctureApp *self, const char *name)
{
    g_return_val_if_fail(TINCTURE_IS_APP(self), FALSE);
    return page_action_name(name) != NULL;
}

static void page_action(GSimpleAction *action, GVariant *parameter, gpointer data)
{
    g_application_activate(data); // which opens the window where there is none yet
    const char *name = page_action_name(g_action_get_name(G_ACTION(action)));
    for (GList *i = gtk_application_get_windows(data); i != NULL; i = i->next) {
        if (TINCTURE_IS_WINDOW(i->data)) {
            gtk_widget_activate_action(i->data, name, NULL);
            return;
        }
    }
}

static void add_page_actions(TinctureApp *self)
{
    for (gsize i = 0; i < G_N_ELEMENTS(pages); i++) {
        g_autoptr(GSimpleAction) action = g_simple_action_new(pages[i].name, NULL);
        g_signal_connect(action, "activate", G_CALLBACK(page_action), self);
        g_action_map_add_action(G_ACTION_MAP(self), G_ACTION(action));
    }
}

// ---- the rest of its verbs ----------------------------------------------------------------------

static void preferences_action(GSimpleAction *action, GVariant *parameter, gpointer data)
{
    TinctureApp *self = data;
    preferences_window_show(gtk_application_get_active_window(GTK_APPLICATION(self)),
                            session_of(self));
}

static void new_window_action(GSimpleAction *action, GVariant *parameter, gpointer data)
{
    tincture_app_new_window(data);
}

// A document of the library, where it is open already or in a window of its own.
static void open_document_action(GSimpleAction *action, GVariant *parameter, gpointer data)
{
    TinctureApp *self = data;
    const gint64 id = g_variant_get_int64(parameter);
    TinctureSession *session = tincture_session_of_document(session_of(self), id);
    if (session != NULL) {
        tincture_window_present_session(GTK_APPLICATION(self), session);
    } else {
        session = tincture_window_get_session(tincture_app_new_window(self));
        tincture_session_open(session, id);
    }
}

static void new_library_action(GSimpleAction *action, GVariant *parameter, gpointer data)
{
    TinctureApp *self = data;
    self->new_library = TRUE;
    start_again(self);
}

// A folder is chosen by the file that lists its parts.
static void model_chosen_cb(GFile *file, gpointer data)
{
    g_autofree char *name = g_file_get_basename(file);
    g_autoptr(GFile) model =
        g_str_equal(name, "model_index.json") ? g_file_get_parent(file) : g_object_ref(file);
    g_autofree char *path = g_file_get_path(model);
    if (path != NULL) {
        g_action_group_activate_action(G_ACTION_GROUP(data), "use-model",
                                       g_variant_new_string(path));
    }
}

static void choose_model_action(GSimpleAction *action, GVariant *parameter, gpointer data)
{
    file_dialog_open_model(gtk_application_get_active_window(data), model_chosen_cb, data);
}

// Of a folder, too, by the configuration in it.
static void vae_chosen_cb(GFile *file, gpointer data)
{
    g_autofree char *name = g_file_get_basename(file);
    g_autoptr(GFile) vae =
        g_str_equal(name, "config.json") ? g_file_get_parent(file) : g_object_ref(file);
    g_autofree char *path = g_file_get_path(vae);
    if (path != NULL) {
        g_action_group_activate_action(G_ACTION_GROUP(data), "use-vae", g_variant_new_string(path));
    }
}

static void choose_vae_action(GSimpleAction *action, GVariant *parameter, gpointer data)
{
    file_dialog_open_vae(gtk_application_get_active_window(data), vae_chosen_cb, data);
}

static void apply_style(const char *variant)
{
    AdwColorScheme scheme = g_str_equal(variant, "dark")    ? ADW_COLOR_SCHEME_FORCE_DARK
                            : g_str_equal(variant, "light") ? ADW_COLOR_SCHEME_FORCE_LIGHT
                                                            : ADW_COLOR_SCHEME_DEFAULT;
    adw_style_manager_set_color_scheme(adw_style_manager_get_default(), scheme);
}

static void style_action(GSimpleAction *action, GVariant *state, gpointer data)
{
    const char *variant = g_variant_get_string(state, NULL);
    g_simple_action_set_state(action, state);
    preferences_set_string("style-variant", variant);
    apply_style(variant);
}

static void add_style_action(TinctureApp *self)
{
    g_autofree char *variant = preferences_string("style-variant", "follow");
    g_autoptr(GSimpleAction) action = g_simple_action_new_stateful(
        "style-variant", G_VARIANT_TYPE_STRING, g_variant_new_string(variant));
    g_signal_connect(action, "change-state", G_CALLBACK(style_action), self);
    g_action_map_add_action(G_ACTION_MAP(self), G_ACTION(action));
    apply_style(variant);
}

// Every key of the program but those of the canvas (canvas_input.c), and Escape (window.c): these
// come before the focused widget sees the key, and a menu's or a search's Escape is not for the
// window.
static void set_keys(TinctureApp *self)
{
    static const struct {
        const char *action;
        const char *keys[4];
    } table[] = {
        {"app.quit", {"<Control>q"}},
        {"app.new-window", {"<Control>n"}},
        {"app.choose-model", {"<Control><Shift>m"}},
        {"app.preferences", {"<Control>comma"}},
        {"window.close", {"<Control>w"}},
        {"win.open", {"<Control>o"}},
        {"win.show-library", {"<Control><Shift>l"}},
        {"win.leave-page", {"<Alt>Left"}},
        {"win.queue", {"<Control>j"}},
        {"win.export", {"<Control>e", "<Control><Shift>s"}},
        {"win.paste", {"<Control>v"}},
        {"win.add-adapter", {"<Control><Shift>o"}},
        {"win.export-newest-adapter", {"<Control><Shift>e"}},
        {"win.undo", {"<Control>z"}},
        {"win.redo", {"<Control><Shift>z", "<Control>y"}},
        {"win.learn", {"<Control>l"}},
        {"win.edit-now", {"<Control>Return", "<Control>KP_Enter"}},
        {"win.star", {"<Control>b"}},
        {"win.dice", {"<Control>r"}},
        {"win.vary", {"<Control><Shift>r"}},
        {"win.continue", {"<Control><Shift>k"}},
        {"win.compare", {"<Control>d"}},
        {"win.zoom-in", {"<Control>plus", "<Control>equal", "<Control>KP_Add"}},
        {"win.zoom-out", {"<Control>minus", "<Control>KP_Subtract"}},
        {"win.zoom-fit", {"<Control>0", "<Control>KP_0"}},
        {"win.zoom-actual", {"<Control>1", "<Control>KP_1"}},
        {"win.go-to::describe", {"F2"}},
        {"win.go-to::edit", {"F3"}},
        {"win.go-to::history", {"<Control>f"}},
        {"win.show-history", {"F9"}},
        {"win.show-inspector", {"<Shift>F9"}},
        {"win.fullscreen", {"F11"}},
        {"win.help::here", {"F1"}},
        {"win.show-help-overlay", {"<Control>question"}},
    };
    for (gsize i = 0; i < G_N_ELEMENTS(table); i++) {
        gtk_application_set_accels_for_action(GTK_APPLICATION(self), table[i].action,
                                              table[i].keys);
    }
}

void tincture_app_add_actions(TinctureApp *self)
{
    static const GActionEntry entries[] = {
        {"quit", quit_action, NULL, NULL, NULL, {0}},
        {"new-window", new_window_action, NULL, NULL, NULL, {0}},
        {"open-document", open_document_action, "x", NULL, NULL, {0}},
        {"choose-model", choose_model_action, NULL, NULL, NULL, {0}},
        {"choose-vae", choose_vae_action, NULL, NULL, NULL, {0}},
        {"use-vae", use_vae_action, "s", NULL, NULL, {0}},
        {"new-library", new_library_action, NULL, NULL, NULL, {0}},
        {"use-model", use_model_action, "s", NULL, NULL, {0}},
        {"use-device", use_device_action, NULL, NULL, NULL, {0}},
        {"preferences", preferences_action, NULL, NULL, NULL, {0}},
    };
    g_action_map_add_action_entries(G_ACTION_MAP(self), entries, G_N_ELEMENTS(entries), self);
    add_page_actions(self);
    add_style_action(self);
    set_keys(self);
}
