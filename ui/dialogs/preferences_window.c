#include "ui/dialogs/preferences_window.h"

#include "compute/adapter/adapter.h"
#include "compute/gpu/gpu.h"
#include "compute/i18n.h"
#include "ui/dialogs/file_dialogs.h"
#include "ui/preferences.h"
#include "ui/widgets/spoken_names.h"
#include "ui/widgets/window_keys.h"

#include <adwaita.h>

#define THREADS_MOST 256
#define STEPS_MOST   5000
#define MEMORY_MOST  (4 << 20) // MiB

// ---- what they do -------------------------------------------------------------------------------

static void apply_cb(TinctureSession *session)
{
    g_autofree char *method = preferences_string("learn-method", "");
    live_set_by_itself(session->live, preferences_boolean("preview-by-itself", TRUE));
    library_set_learning(session->library, method, preferences_int("learn-steps", 0));
}

void preferences_apply(TinctureSession *session)
{
    GSettings *settings = preferences_get();
    apply_cb(session);
    if (settings != NULL) {
        g_signal_connect_object(settings, "changed", G_CALLBACK(apply_cb), session,
                                G_CONNECT_SWAPPED);
    }
}

// ---- rows ---------------------------------------------------------------------------------------

static void reset_cb(GtkWidget *button, GSettings *settings)
{
    g_settings_reset(settings, g_object_get_data(G_OBJECT(button), "key"));
}

static void show_reset(GSettings *settings, const char *key, GtkWidget *button)
{
    g_autoptr(GVariant) value = g_settings_get_user_value(settings, key);
    g_autoptr(GVariant) usual = g_settings_get_default_value(settings, key);
    gtk_widget_set_sensitive(button, value != NULL && !g_variant_equal(value, usual));
}

// A control with the button that takes it back to its default.
static GtkWidget *row_new(const char *key, const char *title, const char *subtitle,
                          GtkWidget *control)
{
    GSettings *settings = preferences_get();
    GtkWidget *row = adw_action_row_new(), *reset;
    g_autofree char *detail = g_strdup_printf("changed::%s", key);
    g_autofree char *name = g_strdup_printf("preferences.%s", key);
    g_autofree char *reset_name = g_strdup_printf("preferences.%s.reset", key);
    reset = gtk_button_new_from_icon_name("edit-undo-symbolic");
    adw_preferences_row_set_title(ADW_PREFERENCES_ROW(row), title);
    adw_action_row_set_subtitle(ADW_ACTION_ROW(row), subtitle);
    adw_action_row_set_subtitle_lines(ADW_ACTION_ROW(row), 0);
    gtk_widget_set_name(control, name);
    gtk_widget_set_name(reset, reset_name);
    gtk_widget_set_valign(control, GTK_ALIGN_CENTER);
    gtk_widget_set_valign(reset, GTK_ALIGN_CENTER);
    gtk_widget_add_css_class(reset, "flat");
    gtk_widget_set_tooltip_text(reset, _("As it was in the beginning"));
    g_autofree char *label = g_strdup_printf(_("Reset %s"), title);
    gtk_accessible_update_property(GTK_ACCESSIBLE(reset), GTK_ACCESSIBLE_PROPERTY_LABEL, label, -1);
    gtk_accessible_update_property(GTK_ACCESSIBLE(control), GTK_ACCESSIBLE_PROPERTY_LABEL, title,
                                   -1);
    g_object_set_data_full(G_OBJECT(reset), "key", g_strdup(key), g_free);
    g_signal_connect_object(reset, "clicked", G_CALLBACK(reset_cb), settings, 0);
    g_signal_connect_object(settings, detail, G_CALLBACK(show_reset), reset, 0);
    show_reset(settings, key, reset);
    adw_action_row_add_suffix(ADW_ACTION_ROW(row), reset);
    adw_action_row_add_suffix(ADW_ACTION_ROW(row), control);
    adw_action_row_set_activatable_widget(ADW_ACTION_ROW(row), control);
    return row;
}

static GtkWidget *switch_row(const char *key, const char *title, const char *subtitle)
{
    GtkWidget *control = gtk_switch_new();
    g_settings_bind(preferences_get(), key, control, "active", G_SETTINGS_BIND_DEFAULT);
    return row_new(key, title, subtitle, control);
}

static GtkWidget *number_row(const char *key, const char *title, const char *subtitle, int most,
                             int step)
{
    GtkWidget *control = gtk_spin_button_new_with_range(0, most, step);
    g_settings_bind(preferences_get(), key, control, "value", G_SETTINGS_BIND_DEFAULT);
    return row_new(key, title, subtitle, control);
}

// ---- choices ------------------------------------------------------------------------------------

struct choices {
    char *key;
    GPtrArray *values, *titles; // char *
};

static void choices_free(void *data)
{
    struct choices *c = data;
    g_free(c->key);
    g_ptr_array_unref(c->values);
    g_ptr_array_unref(c->titles);
    g_free(c);
}

static struct choices *choices_new(const char *key)
{
    struct choices *c = g_new(struct choices, 1);
    *c = (struct choices){g_strdup(key), g_ptr_array_new_with_free_func(g_free),
                          g_ptr_array_new_with_free_func(g_free)};
    return c;
}

static void add_choice(struct choices *c, const char *value, const char *title)
{
    g_ptr_array_add(c->values, g_strdup(value));
    g_ptr_array_add(c->titles, g_strdup(title));
}

static void chosen_cb(GtkDropDown *drop, GParamSpec *property, struct choices *c)
{
    const guint at = gtk_drop_down_get_selected(drop);
    g_autofree char *value = preferences_string(c->key, "");
    if (at < c->values->len && !g_str_equal(value, c->values->pdata[at])) {
        preferences_set_string(c->key, c->values->pdata[at]);
    }
}

static void show_choice(GSettings *settings, const char *key, GtkDropDown *drop)
{
    const struct choices *c = g_object_get_data(G_OBJECT(drop), "choices");
    g_autofree char *value = g_settings_get_string(settings, key);
    for (guint i = 0; i < c->values->len; i++) {
        if (g_str_equal(c->values->pdata[i], value)) {
            gtk_drop_down_set_selected(drop, i);
        }
    }
}

// Takes the choices.
static GtkWidget *choice_row(struct choices *c, const char *title, const char *subtitle)
{
    g_autofree char *detail = g_strdup_printf("changed::%s", c->key);
    g_ptr_array_add(c->titles, NULL);
    GtkWidget *drop = gtk_drop_down_new_from_strings((const char *const *)c->titles->pdata);
    g_object_set_data_full(G_OBJECT(drop), "choices", c, choices_free);
    show_choice(preferences_get(), c->key, GTK_DROP_DOWN(drop));
    g_signal_connect(drop, "notify::selected", G_CALLBACK(chosen_cb), c);
    g_signal_connect_object(preferences_get(), detail, G_CALLBACK(show_choice), drop, 0);
    GtkWidget *row = row_new(c->key, title, subtitle, drop);
    spoken_names_add_drop_down(GTK_DROP_DOWN(drop), title);
    return row;
}

static struct choices *device_choices(void)
{
    struct choices *c = choices_new("device");
    g_autoptr(GArray) devices = gpu_list(NULL);
    add_choice(c, "", _("The best there is"));
    for (guint i = 0; devices != NULL && i < devices->len; i++) {
        const char *name = g_array_index(devices, struct gpu_info, i).name;
        add_choice(c, name, name);
    }
    g_autofree char *chosen = preferences_string("device", "");
    if (!g_ptr_array_find_with_equal_func(c->values, chosen, g_str_equal, NULL)) {
        add_choice(c, chosen, chosen); // it is not here now
    }
    return c;
}

static struct choices *precision_choices(void)
{
    struct choices *c = choices_new("precision");
    add_choice(c, "", _("What is fast here"));
    add_choice(c, "fp32", _("Exact (fp32)"));
    add_choice(c, "bf16", _("Fast (bf16)"));
    return c;
}

static struct choices *method_choices(void)
{
    struct choices *c = choices_new("learn-method");
    const struct member *m;
    add_choice(c, "", _("As the model says"));
    for (int i = 0; (m = adapter_family(i)) != NULL; i++) {
        if (m->level != SETTING_HIDDEN) {
            add_choice(c, m->name, translated(m->title));
        }
    }
    return c;
}

// ---- the library's place ------------------------------------------------------------------------

static void place_cb(GFile *folder, gpointer data)
{
    g_autofree char *path = g_file_get_path(folder);
    if (path != NULL) {
        preferences_set_string("library-folder", path);
    }
}

static void change_cb(GtkWidget *button, gpointer data)
{
    GtkWindow *parent = GTK_WINDOW(gtk_widget_get_root(button));
    file_dialog_choose_folder(parent, place_cb, NULL);
}

static void show_place(GSettings *settings, const char *key, AdwActionRow *row)
{
    g_autofree char *chosen = g_settings_get_string(settings, key);
    g_autofree char *shown = *chosen != '\0' ? g_filename_display_name(chosen)
                                             : g_strdup(_("With the data of your other programs"));
    g_autofree char *text =
        g_strdup_printf(_("%s\nThe library that is open stays where it is. The program uses this "
                          "folder when it is started again."),
                        shown);
    g_autofree char *escaped = g_markup_escape_text(text, -1);
    adw_action_row_set_subtitle(row, escaped);
}

static GtkWidget *place_row(void)
{
    GtkWidget *control = gtk_button_new_with_mnemonic(_("_Change…"));
    GtkWidget *row = row_new("library-folder", _("Place of the library"), "", control);
    g_signal_connect(control, "clicked", G_CALLBACK(change_cb), NULL);
    show_place(preferences_get(), "library-folder", ADW_ACTION_ROW(row));
    g_signal_connect_object(preferences_get(), "changed::library-folder", G_CALLBACK(show_place),
                            row, 0);
    return row;
}

// ---- the window ---------------------------------------------------------------------------------

static AdwPreferencesGroup *group_new(AdwPreferencesPage *page, const char *title,
                                      const char *description)
{
    GtkWidget *group = adw_preferences_group_new();
    adw_preferences_group_set_title(ADW_PREFERENCES_GROUP(group), title);
    adw_preferences_group_set_description(ADW_PREFERENCES_GROUP(group), description);
    adw_preferences_page_add(page, ADW_PREFERENCES_GROUP(group));
    return ADW_PREFERENCES_GROUP(group);
}

static void models_cb(GtkWidget *button, GtkWindow *parent)
{
    gtk_window_close(GTK_WINDOW(gtk_widget_get_root(button)));
    gtk_widget_activate_action(GTK_WIDGET(parent), "win.models", NULL);
}

static GtkWidget *model_row(GtkWindow *parent, const char *model)
{
    GtkWidget *row = adw_action_row_new();
    GtkWidget *button = gtk_button_new_with_mnemonic(_("_Models…"));
    g_autofree char *escaped = g_markup_escape_text(model, -1);
    adw_preferences_row_set_title(ADW_PREFERENCES_ROW(row), _("Model"));
    adw_action_row_set_subtitle(ADW_ACTION_ROW(row), escaped);
    gtk_widget_set_valign(button, GTK_ALIGN_CENTER);
    gtk_widget_set_name(button, "preferences.models");
    g_signal_connect_object(button, "clicked", G_CALLBACK(models_cb), parent, 0);
    adw_action_row_add_suffix(ADW_ACTION_ROW(row), button);
    return row;
}

static void add_engine_rows(AdwPreferencesPage *page, GtkWindow *parent, const char *model)
{
    AdwPreferencesGroup *group =
        group_new(page, _("What Computes"),
                  _("Another device takes effect at once: the model is loaded again, and the photo "
                    "stays open."));
    adw_preferences_group_add(group, model_row(parent, model));
    adw_preferences_group_add(group, choice_row(device_choices(), _("Device"), NULL));
    adw_preferences_group_add(
        group,
        choice_row(precision_choices(), _("Numbers"),
                   _("How a processor multiplies. Fast ones draw slightly other pictures.")));
    adw_preferences_group_add(
        group, number_row("threads", _("Threads"),
                          _("Of a processor; 0 is all of its cores. From the next start on."),
                          THREADS_MOST, 1));
    adw_preferences_group_add(
        group,
        number_row("memory-limit", _("Memory"),
                   _("Most that the model and its work take, in MiB, of the card's or else the "
                     "main memory; 0 is what is free. Photos come on top. What does not fit is "
                     "not begun, and says so. From the next start on."),
                   MEMORY_MOST, 256));
}

static void add_work_rows(AdwPreferencesPage *page)
{
    AdwPreferencesGroup *group = group_new(
        page, _("Library"), _("Work is saved by itself within two seconds of each change."));
    adw_preferences_group_add(group, place_row());
    group =
        group_new(page, _("Editing and Learning"),
                  _("How learning begins holds for photos that are opened for the first time."));
    adw_preferences_group_add(group,
                              switch_row("preview-by-itself", _("Preview while you change things"),
                                         _("Else an edit is drawn when you press Ctrl+Return.")));
    adw_preferences_group_add(group, choice_row(method_choices(), _("Method of learning"), NULL));
    adw_preferences_group_add(group, number_row("learn-steps", _("Steps of learning"),
                                                _("0: as the model says."), STEPS_MOST, 10));
}

static void device_chosen_cb(GSettings *settings, const char *key, GtkWidget *window)
{
    g_action_group_activate_action(G_ACTION_GROUP(g_application_get_default()), "use-device", NULL);
}

void preferences_window_show(GtkWindow *parent, TinctureSession *session)
{
    GtkWidget *window = adw_preferences_window_new();
    GtkWidget *page = adw_preferences_page_new();
    adw_preferences_page_set_title(ADW_PREFERENCES_PAGE(page), _("Preferences")); // its tab's name
    if (preferences_get() == NULL) {
        tincture_project_say(session->project, MESSAGE_ERROR,
                             _("Preferences cannot be kept here: the program's schema is not "
                               "installed"));
        gtk_window_destroy(GTK_WINDOW(window));
        return;
    }
    add_engine_rows(ADW_PREFERENCES_PAGE(page), parent, session->studio->model);
    add_work_rows(ADW_PREFERENCES_PAGE(page));
    adw_preferences_window_add(ADW_PREFERENCES_WINDOW(window), ADW_PREFERENCES_PAGE(page));
    g_signal_connect_object(preferences_get(), "changed::device", G_CALLBACK(device_chosen_cb),
                            window, 0);
    g_signal_connect_object(preferences_get(), "changed::precision", G_CALLBACK(device_chosen_cb),
                            window, 0);
    window_help_at_f1(GTK_WINDOW(window), "preferences");
    adw_preferences_window_set_search_enabled(ADW_PREFERENCES_WINDOW(window), FALSE);
    gtk_window_set_default_size(GTK_WINDOW(window), 640, 640);
    gtk_window_set_transient_for(GTK_WINDOW(window), parent);
    gtk_window_set_modal(GTK_WINDOW(window), TRUE);
    gtk_window_present(GTK_WINDOW(window));
}
