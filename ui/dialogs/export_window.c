#include "ui/dialogs/export_window.h"

#include "compute/i18n.h"
#include "render/codec.h"
#include "ui/core/export_options.h"
#include "ui/dialogs/file_dialogs.h"
#include "ui/preferences.h"
#include "ui/widgets/setting_list.h"
#include "ui/widgets/small_rows.h"
#include "ui/widgets/window_keys.h"

#include <adwaita.h>
#include <glib/gstdio.h>
#include <limits.h>
#include <string.h>
#include <unistd.h>

struct export_window {
    GtkWindow *window;
    AdwEntryRow *name;
    AdwActionRow *place;
    GtkWidget *beside, *accept;
    GtkLabel *fault;
    struct setting_list *rows;

    struct settings *options;
    char *folder;
    char *origin_folder; // NULL: the photo is from nowhere
    export_chosen_fn chosen;
    gpointer data;
    gboolean naming; // the name is being set: it is nothing that was typed
};

static void export_window_free(gpointer data)
{
    struct export_window *w = data;
    settings_free(w->options);
    g_free(w->folder);
    g_free(w->origin_folder);
    g_free(w);
}

// ---- where --------------------------------------------------------------------------------------

static gboolean can_write(const char *folder)
{
    return folder != NULL && g_access(folder, W_OK | X_OK) == 0;
}

static char *first_folder(const struct export_window *w)
{
    g_autofree char *chosen = preferences_string("picture-folder", "");
    const char *pictures = g_get_user_special_dir(G_USER_DIRECTORY_PICTURES);
    return g_strdup(can_write(chosen)             ? chosen
                    : can_write(w->origin_folder) ? w->origin_folder
                    : can_write(pictures)         ? pictures
                                                  : g_get_home_dir());
}

static void show_place(struct export_window *w)
{
    g_autofree char *shown = g_filename_display_name(w->folder);
    g_autofree char *escaped = g_markup_escape_text(shown, -1);
    adw_action_row_set_subtitle(w->place, escaped);
    gtk_widget_set_visible(w->beside, can_write(w->origin_folder) &&
                                          g_strcmp0(w->folder, w->origin_folder) != 0);
}

static void set_name(struct export_window *w, const char *name)
{
    g_autofree char *shown = g_filename_display_name(name);
    w->naming = TRUE;
    gtk_editable_set_text(GTK_EDITABLE(w->name), shown);
    w->naming = FALSE;
}

// The photo's own folder is not remembered: the next photo has another one.
static void take_folder(struct export_window *w, const char *folder)
{
    g_free(w->folder);
    w->folder = g_strdup(folder);
    preferences_set_string("picture-folder",
                           g_strcmp0(folder, w->origin_folder) == 0 ? "" : folder);
    show_place(w);
}

static void folder_cb(GFile *file, gpointer data)
{
    g_autofree char *path = g_file_get_path(file);
    if (path != NULL) {
        take_folder(data, path);
    }
}

static void change_cb(struct export_window *w)
{
    file_dialog_choose_place(w->window, w->folder, folder_cb, w);
}

static void beside_cb(struct export_window *w)
{
    g_autofree char *folder = g_strdup(w->origin_folder);
    take_folder(w, folder);
}

// ---- the name and the format --------------------------------------------------------------------

static const char *ending(const char *name)
{
    const char *dot = strrchr(name, '.');
    return dot != NULL && dot != name && codec_find_suffix(name) != NULL ? dot
                                                                         : name + strlen(name);
}

// The name gets the ending of the format, unless it has one of that format's already.
static void follow_format(struct export_window *w)
{
    const char *name = gtk_editable_get_text(GTK_EDITABLE(w->name));
    const char *suffix = export_suffix(w->options);
    const struct codec *named = codec_find_suffix(name);
    if (named != NULL && (named == codec_find(suffix) ||
                          named == codec_find(settings_choice(w->options, "format")))) {
        return;
    }
    g_autofree char *full = g_strdup_printf("%.*s.%s", (int)(ending(name) - name), name, suffix);
    set_name(w, full);
}

static char *name_fault(const char *name)
{
    return *name == '\0' ? g_strdup(_("The file needs a name"))
           : strchr(name, '/') != NULL
               ? g_strdup(_("A name cannot have a “/” in it; another folder "
                            "is chosen with Change…"))
           : *name == '.' ? g_strdup(_("A name cannot begin with a dot: the file would be hidden"))
           : strlen(name) > NAME_MAX ? g_strdup(_("The name is too long"))
                                     : NULL;
}

// What is in the way of an export stands there in a sentence.
static void show_fault(gpointer data)
{
    struct export_window *w = data;
    if (w->rows == NULL) {
        return;
    }
    char *fault = name_fault(gtk_editable_get_text(GTK_EDITABLE(w->name)));
    g_autofree char *text = fault != NULL ? fault : setting_list_dup_fault(w->rows);
    gtk_label_set_text(w->fault, text != NULL ? text : "");
    gtk_widget_set_visible(GTK_WIDGET(w->fault), text != NULL);
    gtk_widget_set_sensitive(w->accept, text == NULL);
}

// The format gets that of an ending that was typed.
static void name_changed_cb(struct export_window *w)
{
    const char *name = gtk_editable_get_text(GTK_EDITABLE(w->name));
    const struct codec *codec = codec_find_suffix(name);
    if (!w->naming && codec != NULL && codec->write != NULL) {
        settings_parse(w->options, "format", codec->name, NULL);
        setting_list_show(w->rows, w->options);
    }
    show_fault(w);
}

static void option_cb(const char *key, double value, gpointer data)
{
    struct export_window *w = data;
    struct settings *owner;
    if (settings_find(w->options, key, &owner) != NULL) {
        settings_set(owner, key, value, NULL);
    }
    if (g_str_equal(key, "format")) {
        follow_format(w);
    }
    setting_list_show(w->rows, w->options);
}

// ---- the end ------------------------------------------------------------------------------------

static void finish(struct export_window *w, const char *path)
{
    g_autofree char *text = export_to_text(w->options);
    preferences_set_string("export-options", text);
    w->chosen(path, w->options, w->data);
    gtk_window_close(w->window);
}

static void replace_cb(AdwMessageDialog *dialog, const char *response, struct export_window *w)
{
    if (g_str_equal(response, "replace")) {
        finish(w, g_object_get_data(G_OBJECT(dialog), "path"));
    }
}

static void ask_to_replace(struct export_window *w, const char *path)
{
    g_autofree char *shown = g_filename_display_basename(path);
    GtkWidget *dialog = adw_message_dialog_new(w->window, NULL, NULL);
    adw_message_dialog_format_heading(ADW_MESSAGE_DIALOG(dialog), _("Replace “%s”?"), shown);
    adw_message_dialog_set_body(ADW_MESSAGE_DIALOG(dialog),
                                _("There is a picture of that name in this folder."));
    adw_message_dialog_add_responses(ADW_MESSAGE_DIALOG(dialog), "cancel", _("_Cancel"), "replace",
                                     _("_Replace"), NULL);
    adw_message_dialog_set_response_appearance(ADW_MESSAGE_DIALOG(dialog), "replace",
                                               ADW_RESPONSE_DESTRUCTIVE);
    adw_message_dialog_set_close_response(ADW_MESSAGE_DIALOG(dialog), "cancel");
    g_object_set_data_full(G_OBJECT(dialog), "path", g_strdup(path), g_free);
    // libadwaita 1.2 looks at the window that the dialog is for when that is closed already.
    g_object_set_data_full(G_OBJECT(dialog), "window", g_object_ref(w->window), g_object_unref);
    g_signal_connect(dialog, "response", G_CALLBACK(replace_cb), w);
    gtk_window_present(GTK_WINDOW(dialog));
}

static void accept_cb(struct export_window *w)
{
    follow_format(w); // a name without an ending, or with one of no format
    const char *name = gtk_editable_get_text(GTK_EDITABLE(w->name));
    g_autofree char *file = g_filename_from_utf8(name, -1, NULL, NULL, NULL);
    g_autofree char *path = g_build_filename(w->folder, file != NULL ? file : name, NULL);
    if (!gtk_widget_get_sensitive(w->accept)) {
        return;
    }
    if (g_file_test(path, G_FILE_TEST_EXISTS)) {
        ask_to_replace(w, path);
    } else {
        finish(w, path);
    }
}

// ---- building -----------------------------------------------------------------------------------

static GtkWidget *build_header(struct export_window *w)
{
    GtkWidget *bar = adw_header_bar_new();
    GtkWidget *cancel =
        named_button_new(_("_Cancel"), "export.cancel", G_CALLBACK(gtk_window_close), w->window);
    w->accept = named_button_new(_("_Export"), "export.accept", G_CALLBACK(accept_cb), w);
    gtk_widget_add_css_class(w->accept, "suggested-action");
    adw_header_bar_set_show_end_title_buttons(ADW_HEADER_BAR(bar), FALSE);
    adw_header_bar_set_show_start_title_buttons(ADW_HEADER_BAR(bar), FALSE);
    adw_header_bar_pack_start(ADW_HEADER_BAR(bar), cancel);
    adw_header_bar_pack_end(ADW_HEADER_BAR(bar), w->accept);
    return bar;
}

static AdwPreferencesGroup *build_place(struct export_window *w)
{
    AdwPreferencesGroup *group = ADW_PREFERENCES_GROUP(adw_preferences_group_new());
    w->name = ADW_ENTRY_ROW(adw_entry_row_new());
    w->place = ADW_ACTION_ROW(adw_action_row_new());
    adw_preferences_row_set_title(ADW_PREFERENCES_ROW(w->name), _("Name"));
    gtk_widget_set_name(GTK_WIDGET(w->name), "export.name");
    g_signal_connect_swapped(w->name, "changed", G_CALLBACK(name_changed_cb), w);
    g_signal_connect_swapped(w->name, "entry-activated", G_CALLBACK(accept_cb), w);
    adw_preferences_row_set_title(ADW_PREFERENCES_ROW(w->place), _("Folder"));
    gtk_widget_set_name(GTK_WIDGET(w->place), "export.place");
    adw_action_row_set_subtitle_lines(w->place, 2);
    w->beside = named_button_new(_("_Beside the Photo"), "export.beside", G_CALLBACK(beside_cb), w);
    adw_action_row_add_suffix(w->place, w->beside);
    adw_action_row_add_suffix(
        w->place, named_button_new(_("_Change…"), "export.change", G_CALLBACK(change_cb), w));
    adw_preferences_group_add(group, GTK_WIDGET(w->name));
    adw_preferences_group_add(group, GTK_WIDGET(w->place));
    w->fault = GTK_LABEL(gtk_label_new(NULL));
    gtk_label_set_xalign(w->fault, 0);
    gtk_label_set_wrap(w->fault, TRUE);
    gtk_widget_set_visible(GTK_WIDGET(w->fault), FALSE);
    gtk_widget_set_margin_top(GTK_WIDGET(w->fault), 6);
    gtk_widget_set_name(GTK_WIDGET(w->fault), "export.fault");
    gtk_widget_add_css_class(GTK_WIDGET(w->fault), "error");
    adw_preferences_group_add(group, GTK_WIDGET(w->fault));
    return group;
}

static void build(struct export_window *w)
{
    GtkWidget *box = gtk_box_new(GTK_ORIENTATION_VERTICAL, 0);
    GtkWidget *page = adw_preferences_page_new();
    AdwPreferencesGroup *options = ADW_PREFERENCES_GROUP(adw_preferences_group_new());
    gtk_widget_set_vexpand(page, TRUE);
    gtk_box_append(GTK_BOX(box), build_header(w));
    gtk_box_append(GTK_BOX(box), page);
    adw_preferences_page_add(ADW_PREFERENCES_PAGE(page), build_place(w));
    adw_preferences_page_add(ADW_PREFERENCES_PAGE(page), options);
    adw_window_set_content(ADW_WINDOW(w->window), box);
    w->rows = setting_list_new(options, NULL, "export", option_cb, w);
    setting_list_show(w->rows, w->options);
    setting_list_on_typed(w->rows, show_fault);
}

// While the rows are there.
static gboolean close_cb(struct export_window *w)
{
    g_clear_pointer(&w->rows, setting_list_free);
    return FALSE;
}

static void begin_options(struct export_window *w)
{
    g_autofree char *text = preferences_string("export-options", "");
    w->options = settings_new(export_settings);
    settings_parse(w->options, "format", "png", NULL); // until one is chosen
    export_from_text(w->options, text);
}

void export_window_show(GtkWindow *parent, const char *photo, const char *origin,
                        export_chosen_fn chosen, gpointer data)
{
    struct export_window *w = g_new0(struct export_window, 1);
    w->window = GTK_WINDOW(adw_window_new());
    w->origin_folder = origin != NULL ? g_path_get_dirname(origin) : NULL;
    w->chosen = chosen;
    w->data = data;
    w->folder = first_folder(w);
    begin_options(w);
    build(w);
    window_close_at_escape(w->window);
    window_help_at_f1(w->window, "export");
    g_signal_connect_swapped(w->window, "close-request", G_CALLBACK(close_cb), w);
    g_autofree char *path = export_free_path(w->folder, photo, export_suffix(w->options));
    g_autofree char *name = g_path_get_basename(path);
    set_name(w, name);
    show_place(w);
    g_object_set_data_full(G_OBJECT(w->window), "export-window", w, export_window_free);
    gtk_window_set_title(w->window, _("Export Picture"));
    gtk_window_set_default_widget(w->window, w->accept);
    gtk_window_set_focus(w->window, GTK_WIDGET(w->name));
    gtk_window_set_default_size(w->window, 560, 560);
    gtk_window_set_modal(w->window, TRUE);
    gtk_window_set_transient_for(w->window, parent);
    gtk_widget_set_name(GTK_WIDGET(w->window), "export.window");
    gtk_window_present(w->window);
}
