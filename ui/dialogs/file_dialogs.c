#include "ui/dialogs/file_dialogs.h"

#include "compute/i18n.h"
#include "render/codec.h"
#include "ui/core/exchange.h"
#include "ui/preferences.h"

#include <adwaita.h>
#include <string.h>

struct request {
    GtkFileChooserNative *dialog;
    const char *folder_key; // where the last folder is kept
    file_chosen_fn chosen;
    files_chosen_fn files_chosen;
    export_chosen_fn export_chosen;
    adapter_chosen_fn adapter_chosen;
    gpointer data;
};

static const char *const quality_ids[] = {"92", "98", "80", NULL};
static const char *const quality_labels[] = {N_("High"), N_("Best"), N_("Small file"), NULL};
// As with all choices here the usual one is the first: GTK's own dialog begins with that, whatever
// is set.
static const char *const rank_ids[] = {"16", "4", "8", "32", "64", "128", NULL};
#define OWN_DIALECT "own"
static const char *const depth_ids[] = {"0", "8", "16", NULL};
static const char *const depth_labels[] = {N_("As the photo"), N_("8 bits"), N_("16 bits"), NULL};

static void remember_folder(const char *key, GFile *file)
{
    g_autoptr(GFile) folder = g_file_get_parent(file);
    if (folder != NULL) {
        g_autofree char *uri = g_file_get_uri(folder);
        preferences_set_string(key, uri);
    }
}

static int choice_number(GtkFileChooser *chooser, const char *id, int fallback)
{
    const char *value = gtk_file_chooser_get_choice(chooser, id);
    return value != NULL ? (int)g_ascii_strtoll(value, NULL, 10) : fallback;
}

static struct export_choice read_choices(GtkFileChooser *chooser)
{
    struct export_choice choice = {EXPORT_CHOICE_DEFAULTS};
    choice.with_recipe = g_strcmp0(gtk_file_chooser_get_choice(chooser, "recipe"), "true") == 0;
    choice.jpeg_quality = choice_number(chooser, "quality", choice.jpeg_quality);
    choice.bits = choice_number(chooser, "depth", choice.bits);
    return choice;
}

static struct adapter_choice read_adapter_choice(GtkFileChooser *chooser)
{
    const char *dialect = gtk_file_chooser_get_choice(chooser, "dialect");
    return (struct adapter_choice){
        .dialect = g_strcmp0(dialect, OWN_DIALECT) == 0 ? NULL : dialect,
        .rank = choice_number(chooser, "rank", 0),
    };
}

static void response_cb(GtkNativeDialog *dialog, int response, struct request *request)
{
    GtkFileChooser *chooser = GTK_FILE_CHOOSER(dialog);
    g_autoptr(GListModel) files = gtk_file_chooser_get_files(chooser);
    g_autoptr(GFile) file = g_list_model_get_item(files, 0);
    if (response == GTK_RESPONSE_ACCEPT && file != NULL) {
        remember_folder(request->folder_key, file);
        if (request->export_chosen != NULL) {
            struct export_choice choice = read_choices(chooser);
            file_dialog_export_as(gtk_native_dialog_get_transient_for(dialog), file, &choice,
                                  request->export_chosen, request->data);
        } else if (request->files_chosen != NULL) {
            request->files_chosen(files, request->data);
        } else if (request->adapter_chosen != NULL) {
            struct adapter_choice choice = read_adapter_choice(chooser);
            request->adapter_chosen(file, &choice, request->data);
        } else {
            request->chosen(file, request->data);
        }
    }
    g_object_unref(dialog);
    g_free(request);
}

static struct request *request_new(GtkWindow *parent, GtkFileChooserAction action,
                                   const char *title, const char *accept, const char *folder_key)
{
    struct request *request = g_new0(struct request, 1);
    request->dialog = gtk_file_chooser_native_new(title, parent, action, accept, NULL);
    request->folder_key = folder_key;
    gtk_native_dialog_set_modal(GTK_NATIVE_DIALOG(request->dialog), TRUE);
    g_autofree char *uri = preferences_string(folder_key, "");
    const char *pictures = g_get_user_special_dir(G_USER_DIRECTORY_PICTURES);
    g_autoptr(GFile) folder = *uri != '\0'       ? g_file_new_for_uri(uri)
                              : pictures != NULL ? g_file_new_for_path(pictures)
                                                 : g_file_new_for_path(g_get_home_dir());
    gtk_file_chooser_set_current_folder(GTK_FILE_CHOOSER(request->dialog), folder, NULL);
    return request;
}

static void request_show(struct request *request)
{
    g_signal_connect(request->dialog, "response", G_CALLBACK(response_cb), request);
    gtk_native_dialog_show(GTK_NATIVE_DIALOG(request->dialog));
}

// Takes the filter.
static void add_filter(struct request *request, GtkFileFilter *filter, const char *name)
{
    gtk_file_filter_set_name(filter, name);
    gtk_file_chooser_add_filter(GTK_FILE_CHOOSER(request->dialog), filter);
    g_object_unref(filter);
}

static GtkFileFilter *filter_of_patterns(const char *const *patterns)
{
    GtkFileFilter *filter = gtk_file_filter_new();
    for (const char *const *pattern = patterns; *pattern != NULL; pattern++) {
        gtk_file_filter_add_pattern(filter, *pattern);
    }
    return filter;
}

static GtkFileFilter *filter_of_pictures(void)
{
    GtkFileFilter *filter = gtk_file_filter_new();
    for (const struct codec *const *codec = codec_all(); *codec != NULL; codec++) {
        for (const char *const *suffix = (*codec)->suffixes; *suffix != NULL; suffix++) {
            gtk_file_filter_add_suffix(filter, *suffix);
        }
    }
    return filter;
}

static const char *const sticker_patterns[] = {"*.webp", "*.png", NULL};
static const char *const document_patterns[] = {"*" EXCHANGE_SUFFIX, NULL};
static const char *const adapter_patterns[] = {"*.safetensors", NULL};
static const char *const vae_patterns[] = {"*.safetensors", "config.json", NULL};
static const char *const model_patterns[] = {"*.safetensors", "model_index.json", NULL};
static const char *const any_pattern[] = {"*", NULL};

// An existing file: of those that the patterns show, NULL: pictures, or of all.
static void open_file(GtkWindow *parent, const char *title, const char *accept,
                      const char *folder_key, const char *name, const char *const *patterns,
                      file_chosen_fn chosen, gpointer data)
{
    struct request *request =
        request_new(parent, GTK_FILE_CHOOSER_ACTION_OPEN, title, accept, folder_key);
    request->chosen = chosen;
    request->data = data;
    add_filter(request, patterns != NULL ? filter_of_patterns(patterns) : filter_of_pictures(),
               name);
    add_filter(request, filter_of_patterns(any_pattern), _("All Files"));
    request_show(request);
}

void file_dialog_open_photo(GtkWindow *parent, file_chosen_fn chosen, gpointer data)
{
    open_file(parent, _("Open Photo"), _("_Open"), "open-folder", _("Photos"), NULL, chosen, data);
}

void file_dialog_open_photos(GtkWindow *parent, files_chosen_fn chosen, gpointer data)
{
    struct request *request = request_new(parent, GTK_FILE_CHOOSER_ACTION_OPEN, _("Add Photos"),
                                          _("_Add"), "open-folder");
    request->files_chosen = chosen;
    request->data = data;
    gtk_file_chooser_set_select_multiple(GTK_FILE_CHOOSER(request->dialog), TRUE);
    add_filter(request, filter_of_pictures(), _("Photos"));
    add_filter(request, filter_of_patterns(any_pattern), _("All Files"));
    request_show(request);
}

static void select_folder(GtkWindow *parent, const char *title, const char *accept,
                          const char *folder_key, file_chosen_fn chosen, gpointer data)
{
    struct request *request =
        request_new(parent, GTK_FILE_CHOOSER_ACTION_SELECT_FOLDER, title, accept, folder_key);
    request->chosen = chosen;
    request->data = data;
    request_show(request);
}

void file_dialog_open_folder(GtkWindow *parent, file_chosen_fn chosen, gpointer data)
{
    select_folder(parent, _("Add a Folder of Photos"), _("_Add"), "open-folder", chosen, data);
}

void file_dialog_choose_folder(GtkWindow *parent, file_chosen_fn chosen, gpointer data)
{
    select_folder(parent, _("Save Stickers Into"), _("_Save"), "export-folder", chosen, data);
}

void file_dialog_open_adapter(GtkWindow *parent, file_chosen_fn chosen, gpointer data)
{
    open_file(parent, _("Add Adapter"), _("_Add"), "adapter-folder", _("Adapters"),
              adapter_patterns, chosen, data);
}

void file_dialog_open_document(GtkWindow *parent, file_chosen_fn chosen, gpointer data)
{
    open_file(parent, _("Import Document"), _("_Import"), "export-folder", _("Documents"),
              document_patterns, chosen, data);
}

void file_dialog_find_photo(GtkWindow *parent, const char *name, file_chosen_fn chosen,
                            gpointer data)
{
    g_autofree char *title = g_strdup_printf(_("Find %s"), name);
    open_file(parent, title, _("_Open"), "open-folder", _("Photos"), NULL, chosen, data);
}

void file_dialog_save_document(GtkWindow *parent, const char *name, file_chosen_fn chosen,
                               gpointer data)
{
    struct request *request = request_new(parent, GTK_FILE_CHOOSER_ACTION_SAVE,
                                          _("Export as One File"), _("_Export"), "export-folder");
    const char *dot = strrchr(name, '.');
    const int length = dot != NULL && dot != name ? (int)(dot - name) : (int)strlen(name);
    g_autofree char *file = g_strdup_printf("%.*s" EXCHANGE_SUFFIX, length, name);
    request->chosen = chosen;
    request->data = data;
    gtk_file_chooser_set_current_name(GTK_FILE_CHOOSER(request->dialog), file);
    add_filter(request, filter_of_patterns(document_patterns), _("Documents"));
    request_show(request);
}

void file_dialog_open_model(GtkWindow *parent, file_chosen_fn chosen, gpointer data)
{
    open_file(parent, _("Choose Model"), _("_Choose"), "model-folder",
              _("Models (.safetensors, or model_index.json of a folder)"), model_patterns, chosen,
              data);
}

void file_dialog_open_vae(GtkWindow *parent, file_chosen_fn chosen, gpointer data)
{
    open_file(parent, _("Choose VAE"), _("_Choose"), "model-folder",
              _("VAEs (.safetensors, or config.json of a folder)"), vae_patterns, chosen, data);
}

// With how near it comes; newly allocated.
static char *form_title(const char *title, enum dialect_way way)
{
    return way == DIALECT_LOW_RANK ? g_strdup_printf(_("%s, a low-rank copy"), title)
           : way == DIALECT_AT_ONE ? g_strdup_printf(_("%s, the same at strength 1"), title)
                                   : g_strdup(title);
}

// The forms that come as near as way, and how near that is in their names.
static void add_dialects(GPtrArray *ids, GPtrArray *titles, const enum dialect_way *ways,
                         enum dialect_way way)
{
    for (int i = 0; adapter_dialect_table[i] != NULL; i++) {
        if (ways[i] == way) {
            g_ptr_array_add(ids, g_strdup(adapter_dialect_table[i]->name));
            g_ptr_array_add(titles, form_title(translated(adapter_dialect_table[i]->title), way));
        }
    }
}

static void add_forms(GtkFileChooser *chooser, const enum dialect_way *ways)
{
    g_autoptr(GPtrArray) ids = g_ptr_array_new_with_free_func(g_free);
    g_autoptr(GPtrArray) titles = g_ptr_array_new_with_free_func(g_free);
    g_ptr_array_add(ids, g_strdup(OWN_DIALECT));
    g_ptr_array_add(titles, g_strdup(_("As it is")));
    add_dialects(ids, titles, ways, DIALECT_EXACT);
    add_dialects(ids, titles, ways, DIALECT_AT_ONE);
    const guint exact = ids->len;
    add_dialects(ids, titles, ways, DIALECT_LOW_RANK);
    const gboolean copies = ids->len > exact;
    g_ptr_array_add(ids, NULL);
    g_ptr_array_add(titles, NULL);
    gtk_file_chooser_add_choice(chooser, "dialect", _("Form"), (const char **)ids->pdata,
                                (const char **)titles->pdata);
    gtk_file_chooser_set_choice(chooser, "dialect", OWN_DIALECT);
    if (copies) {
        gtk_file_chooser_add_choice(chooser, "rank", _("Rank of a copy"), (const char **)rank_ids,
                                    (const char **)rank_ids);
        gtk_file_chooser_set_choice(chooser, "rank", rank_ids[0]);
    }
}

void file_dialog_save_sticker(GtkWindow *parent, const char *name, file_chosen_fn chosen,
                              gpointer data)
{
    struct request *request = request_new(parent, GTK_FILE_CHOOSER_ACTION_SAVE, _("Save Sticker"),
                                          _("_Save"), "export-folder");
    request->chosen = chosen;
    request->data = data;
    gtk_file_chooser_set_current_name(GTK_FILE_CHOOSER(request->dialog), name);
    add_filter(request, filter_of_patterns(sticker_patterns), _("Stickers (WebP, PNG)"));
    request_show(request);
}

void file_dialog_save_adapter(GtkWindow *parent, const char *name, const enum dialect_way *ways,
                              adapter_chosen_fn chosen, gpointer data)
{
    struct request *request = request_new(parent, GTK_FILE_CHOOSER_ACTION_SAVE, _("Export Adapter"),
                                          _("_Export"), "adapter-folder");
    g_autofree char *file_name = g_str_has_suffix(name, ".safetensors")
                                     ? g_strdup(name)
                                     : g_strconcat(name, ".safetensors", NULL);
    request->adapter_chosen = chosen;
    request->data = data;
    gtk_file_chooser_set_current_name(GTK_FILE_CHOOSER(request->dialog), file_name);
    add_filter(request, filter_of_patterns(adapter_patterns), _("Adapters"));
    add_forms(GTK_FILE_CHOOSER(request->dialog), ways);
    request_show(request);
}

static char *edited_name(const char *photo)
{
    const char *name = photo != NULL ? photo : _("Picture");
    const char *dot = strrchr(name, '.');
    int length = dot != NULL && dot != name ? (int)(dot - name) : (int)strlen(name);
    return g_strdup_printf(_("%.*s (Edited).png"), length, name);
}

static void add_export_filter(struct request *request)
{
    g_autoptr(GPtrArray) patterns = g_ptr_array_new_with_free_func(g_free);
    g_autoptr(GString) kinds = g_string_new(NULL);
    for (const struct codec *const *codec = codec_all(); *codec != NULL; codec++) {
        if ((*codec)->write != NULL) {
            g_string_append_printf(kinds, "%s%s", kinds->len > 0 ? ", " : "",
                                   translated((*codec)->title));
        }
        for (int i = 0; (*codec)->write != NULL && (*codec)->suffixes[i] != NULL; i++) {
            g_ptr_array_add(patterns, g_strconcat("*.", (*codec)->suffixes[i], NULL));
        }
    }
    g_autofree char *name = g_strdup_printf(_("Pictures (%s)"), kinds->str);
    g_ptr_array_add(patterns, NULL);
    add_filter(request, filter_of_patterns((const char *const *)patterns->pdata), name);
}

void file_dialog_export(GtkWindow *parent, const char *photo, export_chosen_fn chosen,
                        gpointer data)
{
    struct request *request = request_new(parent, GTK_FILE_CHOOSER_ACTION_SAVE, _("Export Picture"),
                                          _("_Export"), "export-folder");
    GtkFileChooser *chooser = GTK_FILE_CHOOSER(request->dialog);
    g_autofree char *name = edited_name(photo);
    const char *qualities[G_N_ELEMENTS(quality_labels)], *depths[G_N_ELEMENTS(depth_labels)];
    for (gsize i = 0; i < G_N_ELEMENTS(quality_labels); i++) {
        qualities[i] = translated(quality_labels[i]);
        depths[i] = translated(depth_labels[i]);
    }
    request->export_chosen = chosen;
    request->data = data;
    gtk_file_chooser_set_current_name(chooser, name);
    add_export_filter(request);
    gtk_file_chooser_add_choice(chooser, "recipe", _("Include the description and settings"), NULL,
                                NULL);
    gtk_file_chooser_set_choice(chooser, "recipe",
                                preferences_boolean("export-recipe", FALSE) ? "true" : "false");
    gtk_file_chooser_add_choice(chooser, "quality", _("JPEG and WebP quality"),
                                (const char **)quality_ids, (const char **)qualities);
    gtk_file_chooser_set_choice(chooser, "quality", quality_ids[0]);
    gtk_file_chooser_add_choice(chooser, "depth", _("Depth of PNG and TIFF"),
                                (const char **)depth_ids, (const char **)depths);
    gtk_file_chooser_set_choice(chooser, "depth", depth_ids[0]);
    request_show(request);
}

// ---- a name without a suffix --------------------------------------------------------------------

struct export_question {
    GFile *file; // exists
    struct export_choice choice;
    export_chosen_fn chosen;
    gpointer data;
};

static void export_question_free(struct export_question *question)
{
    g_object_unref(question->file);
    g_free(question);
}

static void question_cb(AdwMessageDialog *dialog, const char *response,
                        struct export_question *question)
{
    if (g_str_equal(response, "replace")) {
        question->chosen(question->file, &question->choice, question->data);
    }
}

// The file dialog asked about the name that was typed, not about this one, which has a suffix.
static void ask_to_replace(GtkWindow *parent, struct export_question *question)
{
    g_autofree char *name = g_file_get_basename(question->file);
    g_autofree char *shown = g_filename_display_name(name);
    GtkWidget *dialog = adw_message_dialog_new(parent, NULL, NULL);
    adw_message_dialog_format_heading(ADW_MESSAGE_DIALOG(dialog), _("Replace “%s”?"), shown);
    adw_message_dialog_set_body(ADW_MESSAGE_DIALOG(dialog),
                                _("There is a picture of that name in this folder."));
    adw_message_dialog_add_responses(ADW_MESSAGE_DIALOG(dialog), "cancel", _("_Cancel"), "replace",
                                     _("_Replace"), NULL);
    adw_message_dialog_set_response_appearance(ADW_MESSAGE_DIALOG(dialog), "replace",
                                               ADW_RESPONSE_DESTRUCTIVE);
    adw_message_dialog_set_close_response(ADW_MESSAGE_DIALOG(dialog), "cancel");
    g_signal_connect_data(dialog, "response", G_CALLBACK(question_cb), question,
                          (GClosureNotify)(void (*)(void))export_question_free, 0);
    gtk_window_present(GTK_WINDOW(dialog));
}

void file_dialog_export_as(GtkWindow *parent, GFile *file, const struct export_choice *choice,
                           export_chosen_fn chosen, gpointer data)
{
    g_autofree char *path = g_file_get_path(file);
    if (path == NULL || codec_find_suffix(path) != NULL) {
        chosen(file, choice, data);
        return;
    }
    g_autofree char *png = g_strconcat(path, ".png", NULL);
    g_autoptr(GFile) named = g_file_new_for_path(png);
    if (!g_file_query_exists(named, NULL)) {
        chosen(named, choice, data);
        return;
    }
    struct export_question *question = g_new0(struct export_question, 1);
    question->file = g_object_ref(named);
    question->choice = *choice;
    question->chosen = chosen;
    question->data = data;
    ask_to_replace(parent, question);
}
