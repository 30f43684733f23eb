#include "ui/dialogs/batch_window.h"

#include "compute/i18n.h"
#include "ui/core/export_options.h"
#include "ui/dialogs/file_dialogs.h"
#include "ui/preferences.h"
#include "ui/widgets/setting_list.h"
#include "ui/widgets/setting_row.h"
#include "ui/widgets/small_rows.h"
#include "ui/widgets/window_keys.h"

#include <adwaita.h>

struct batch_window {
    GtkWindow *window;
    AdwActionRow *what, *photos, *place;
    GtkWidget *accept, *clear, *learn, *steps;
    struct setting_list *rows;

    struct batch_plan plan;
    GPtrArray *files; // char *
    char *folder;     // NULL: none yet
    batch_chosen_fn chosen;
    gpointer data;
};

static void batch_window_free(gpointer data)
{
    struct batch_window *w = data;
    batch_plan_clear(&w->plan);
    g_ptr_array_unref(w->files);
    g_free(w->folder);
    g_free(w);
}

// ---- what is shown ------------------------------------------------------------------------------

static void set_subtitle(AdwActionRow *row, const char *text)
{
    g_autofree char *escaped = g_markup_escape_text(text, -1);
    adw_action_row_set_subtitle(row, escaped);
}

static void show_what(struct batch_window *w)
{
    const struct document *d = &w->plan.document;
    g_autofree char *text = NULL;
    if (*d->prompt == '\0') {
        text = g_strdup(_("Nothing yet: load a recipe, or write what the open photo should show"));
    } else if (*d->source_prompt == '\0') {
        text = g_strdup_printf(_("“%s”; a text beside each photo says what it shows"), d->prompt);
    } else {
        text = g_strdup_printf(_("From “%s” to “%s”"), d->source_prompt, d->prompt);
    }
    set_subtitle(w->what, text);
}

static void show_photos(struct batch_window *w)
{
    g_autoptr(GString) text = g_string_new(NULL);
    for (guint i = 0; i < MIN(w->files->len, 3); i++) {
        g_autofree char *name = g_filename_display_basename(w->files->pdata[i]);
        g_string_append_printf(text, "%s%s", i > 0 ? ", " : "", name);
    }
    if (w->files->len > 3) {
        g_string_append(text, " …");
    }
    set_subtitle(w->photos, w->files->len > 0 ? text->str : _("None yet"));
    gtk_widget_set_sensitive(w->clear, w->files->len > 0);
}

static void show_all(struct batch_window *w)
{
    g_autofree char *folder =
        g_strdup(w->folder != NULL ? w->folder : _("Choose where the edited photos go"));
    g_autofree char *shown = g_filename_display_name(folder);
    show_what(w);
    show_photos(w);
    set_subtitle(w->place, shown);
    gtk_switch_set_active(GTK_SWITCH(w->learn), w->plan.learns);
    gtk_widget_set_sensitive(w->steps, w->plan.learns);
    tincture_setting_row_set_value(TINCTURE_SETTING_ROW(w->steps),
                                   settings_get(w->plan.document.learn, "steps"));
    setting_list_show(w->rows, w->plan.options);
    gtk_widget_set_sensitive(w->accept, *w->plan.document.prompt != '\0' && w->files->len > 0 &&
                                            w->folder != NULL);
}

static void complain(struct batch_window *w, const char *text)
{
    GtkWidget *dialog = adw_message_dialog_new(w->window, NULL, text);
    adw_message_dialog_add_response(ADW_MESSAGE_DIALOG(dialog), "close", _("_Close"));
    adw_message_dialog_set_close_response(ADW_MESSAGE_DIALOG(dialog), "close");
    gtk_window_present(GTK_WINDOW(dialog));
}

// ---- recipes ------------------------------------------------------------------------------------

static void load_cb(GFile *file, gpointer data)
{
    struct batch_window *w = data;
    g_autofree char *path = g_file_get_path(file);
    g_autoptr(GError) error = NULL;
    struct batch_plan plan;
    if (path == NULL) {
        return;
    }
    if (!batch_plan_read(&plan, path, &error)) {
        complain(w, error->message);
        batch_plan_clear(&plan);
        return;
    }
    batch_plan_clear(&w->plan);
    w->plan = plan;
    show_all(w);
}

static void save_cb(GFile *file, gpointer data)
{
    struct batch_window *w = data;
    g_autofree char *path = g_file_get_path(file);
    g_autoptr(GError) error = NULL;
    if (path != NULL && !batch_plan_write(&w->plan, path, &error)) {
        complain(w, error->message);
    }
}

static void load_clicked_cb(struct batch_window *w)
{
    file_dialog_open_recipe(w->window, load_cb, w);
}

static void save_clicked_cb(struct batch_window *w)
{
    file_dialog_save_recipe(w->window, save_cb, w);
}

// ---- photos and place ---------------------------------------------------------------------------

static void add_file(struct batch_window *w, GFile *file)
{
    char *path = g_file_get_path(file);
    if (path != NULL) { // else it is not on this computer
        g_ptr_array_add(w->files, path);
    }
}

static void photos_cb(GListModel *chosen, gpointer data)
{
    for (guint i = 0; i < g_list_model_get_n_items(chosen); i++) {
        g_autoptr(GFile) file = g_list_model_get_item(chosen, i);
        add_file(data, file);
    }
    show_all(data);
}

static void photo_folder_cb(GFile *file, gpointer data)
{
    add_file(data, file);
    show_all(data);
}

static void place_cb(GFile *file, gpointer data)
{
    struct batch_window *w = data;
    char *path = g_file_get_path(file);
    if (path != NULL) {
        g_free(w->folder);
        w->folder = path;
        show_all(w);
    }
}

static void add_photos_cb(struct batch_window *w)
{
    file_dialog_open_photos(w->window, photos_cb, w);
}

static void add_folder_cb(struct batch_window *w)
{
    file_dialog_open_folder(w->window, photo_folder_cb, w);
}

static void clear_cb(struct batch_window *w)
{
    g_ptr_array_set_size(w->files, 0);
    show_all(w);
}

static void change_cb(struct batch_window *w)
{
    file_dialog_choose_place(w->window, w->folder, place_cb, w);
}

// ---- options ------------------------------------------------------------------------------------

static void option_cb(const char *key, double value, gpointer data)
{
    struct batch_window *w = data;
    struct settings *owner;
    if (settings_find(w->plan.options, key, &owner) != NULL) {
        settings_set(owner, key, value, NULL);
    }
    setting_list_show(w->rows, w->plan.options);
}

static void learn_cb(struct batch_window *w)
{
    w->plan.learns = gtk_switch_get_active(GTK_SWITCH(w->learn));
    gtk_widget_set_sensitive(w->steps, w->plan.learns);
}

static void steps_cb(struct batch_window *w, double value)
{
    struct settings *owner;
    if (settings_find(w->plan.document.learn, "steps", &owner) != NULL) {
        settings_set(owner, "steps", value, NULL);
    }
}

static void accept_cb(struct batch_window *w)
{
    g_autofree char *text = export_to_text(w->plan.options);
    preferences_set_string("batch-options", text);
    g_ptr_array_add(w->files, NULL);
    w->chosen(&w->plan, (const char *const *)w->files->pdata, w->folder, w->data);
    gtk_window_close(w->window);
}

// ---- building -----------------------------------------------------------------------------------

static GtkWidget *build_header(struct batch_window *w)
{
    GtkWidget *bar = adw_header_bar_new();
    w->accept = named_button_new(_("_Start"), "batch.accept", G_CALLBACK(accept_cb), w);
    gtk_widget_add_css_class(w->accept, "suggested-action");
    adw_header_bar_set_show_end_title_buttons(ADW_HEADER_BAR(bar), FALSE);
    adw_header_bar_set_show_start_title_buttons(ADW_HEADER_BAR(bar), FALSE);
    adw_header_bar_pack_start(
        ADW_HEADER_BAR(bar),
        named_button_new(_("_Cancel"), "batch.cancel", G_CALLBACK(gtk_window_close), w->window));
    adw_header_bar_pack_end(ADW_HEADER_BAR(bar), w->accept);
    return bar;
}

static AdwPreferencesGroup *group_new(GtkWidget *page, const char *title, const char *description)
{
    GtkWidget *group = adw_preferences_group_new();
    adw_preferences_group_set_title(ADW_PREFERENCES_GROUP(group), title);
    adw_preferences_group_set_description(ADW_PREFERENCES_GROUP(group), description);
    adw_preferences_page_add(ADW_PREFERENCES_PAGE(page), ADW_PREFERENCES_GROUP(group));
    return ADW_PREFERENCES_GROUP(group);
}

static AdwActionRow *row_new(AdwPreferencesGroup *group, const char *title, const char *name)
{
    GtkWidget *row = adw_action_row_new();
    adw_preferences_row_set_title(ADW_PREFERENCES_ROW(row), title);
    adw_action_row_set_subtitle_lines(ADW_ACTION_ROW(row), 3);
    gtk_widget_set_name(row, name);
    adw_preferences_group_add(group, row);
    return ADW_ACTION_ROW(row);
}

static void build_what(struct batch_window *w, GtkWidget *page)
{
    AdwPreferencesGroup *group =
        group_new(page, NULL,
                  _("What is done to the open photo is done to each of them, with its settings "
                    "and adapters. Mask and frame are of the open photo alone."));
    GtkWidget *buttons = gtk_box_new(GTK_ORIENTATION_HORIZONTAL, 6);
    w->what = row_new(group, _("The Edit"), "batch.what");
    gtk_box_append(GTK_BOX(buttons),
                   named_button_new(_("_Load…"), "batch.load", G_CALLBACK(load_clicked_cb), w));
    gtk_box_append(GTK_BOX(buttons),
                   named_button_new(_("_Save…"), "batch.save", G_CALLBACK(save_clicked_cb), w));
    adw_action_row_add_suffix(w->what, buttons);
    w->photos = row_new(group, _("Photos"), "batch.photos");
    w->clear = gtk_button_new_from_icon_name("edit-clear-symbolic");
    gtk_widget_set_name(w->clear, "batch.clear");
    gtk_widget_set_tooltip_text(w->clear, _("Take all of them off the list"));
    gtk_widget_set_valign(w->clear, GTK_ALIGN_CENTER);
    g_signal_connect_swapped(w->clear, "clicked", G_CALLBACK(clear_cb), w);
    adw_action_row_add_suffix(
        w->photos, named_button_new(_("_Photos…"), "batch.add", G_CALLBACK(add_photos_cb), w));
    adw_action_row_add_suffix(w->photos, named_button_new(_("A _Folder…"), "batch.add-folder",
                                                          G_CALLBACK(add_folder_cb), w));
    adw_action_row_add_suffix(w->photos, w->clear);
    w->place = row_new(group, _("Into the Folder"), "batch.place");
    adw_action_row_add_suffix(
        w->place, named_button_new(_("_Change…"), "batch.change", G_CALLBACK(change_cb), w));
}

static void build_learn(struct batch_window *w, GtkWidget *page)
{
    AdwPreferencesGroup *group =
        group_new(page, NULL,
                  _("Photos that are in the folder already are not made again, so that a batch "
                    "that was stopped goes on where it was."));
    AdwActionRow *row = row_new(group, _("Learn Each Photo First"), "batch.learns");
    w->learn = gtk_switch_new();
    gtk_widget_set_name(w->learn, "batch.learn");
    gtk_widget_set_valign(w->learn, GTK_ALIGN_CENTER);
    g_signal_connect_swapped(w->learn, "notify::active", G_CALLBACK(learn_cb), w);
    set_subtitle(row, _("Edits fit each photo better, and take longer"));
    adw_action_row_add_suffix(row, w->learn);
    adw_action_row_set_activatable_widget(row, w->learn);
    w->steps = tincture_setting_row_new(settings_find(w->plan.document.learn, "steps", NULL),
                                        "batch.learn");
    g_signal_connect_swapped(w->steps, "changed", G_CALLBACK(steps_cb), w);
    adw_preferences_group_add(group, w->steps);
}

static void build(struct batch_window *w)
{
    GtkWidget *box = gtk_box_new(GTK_ORIENTATION_VERTICAL, 0);
    GtkWidget *page = adw_preferences_page_new();
    gtk_widget_set_vexpand(page, TRUE);
    gtk_box_append(GTK_BOX(box), build_header(w));
    gtk_box_append(GTK_BOX(box), page);
    build_what(w, page);
    build_learn(w, page);
    AdwPreferencesGroup *options = group_new(page, _("Export"), NULL);
    w->rows = setting_list_new(options, NULL, "batch.export", option_cb, w);
    adw_window_set_content(ADW_WINDOW(w->window), box);
    show_all(w);
}

// While the rows are there.
static gboolean close_cb(struct batch_window *w)
{
    g_clear_pointer(&w->rows, setting_list_free);
    return FALSE;
}

void batch_window_show(GtkWindow *parent, struct batch_plan plan, batch_chosen_fn chosen,
                       gpointer data)
{
    struct batch_window *w = g_new0(struct batch_window, 1);
    g_autofree char *text = preferences_string("batch-options", "");
    w->window = GTK_WINDOW(adw_window_new());
    w->plan = plan;
    w->files = g_ptr_array_new_with_free_func(g_free);
    w->chosen = chosen;
    w->data = data;
    settings_parse(w->plan.options, "format", "png", NULL); // until one is chosen
    export_from_text(w->plan.options, text);
    build(w);
    window_close_at_escape(w->window);
    window_help_at_f1(w->window, "batch");
    g_signal_connect_swapped(w->window, "close-request", G_CALLBACK(close_cb), w);
    g_object_set_data_full(G_OBJECT(w->window), "batch-window", w, batch_window_free);
    gtk_window_set_title(w->window, _("Edit Many Photos"));
    gtk_window_set_default_size(w->window, 640, 560);
    gtk_window_set_modal(w->window, TRUE);
    gtk_window_set_transient_for(w->window, parent);
    gtk_widget_set_name(GTK_WIDGET(w->window), "batch.window");
    gtk_window_present(w->window);
}
