#include "ui/dialogs/file_dialogs.h"

#include "compute/i18n.h"
#include "render/codec.h"
#include "ui/core/batch_recipe.h"
#include "ui/core/exchange.h"
#include "ui/preferences.h"

#include <adwaita.h>
#include <string.h>

struct request {
    GtkFileChooserNative *dialog;
    const char *folder_key; // where the last folder is kept
    file_chosen_fn chosen;
    files_chosen_fn files_chosen;
    adapter_chosen_fn adapter_chosen;
    gpointer data;
};

// As with all choices here the usual one is the first: GTK's own dialog begins with that, whatever
// is set.
static const char *const rank_ids[] = {"16", "4", "8", "32", "64", "128", NULL};
#define OWN_DIALECT "own"

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
        if (request->folder_key != NULL) {
            remember_folder(request->folder_key, file);
        }
        if (request->files_chosen != NULL) {
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

void file_dialog_choose_place(GtkWindow *parent, const char *from, file_chosen_fn chosen,
                              gpointer data)
{
    struct request *request = request_new(parent, GTK_FILE_CHOOSER_ACTION_SELECT_FOLDER,
                                          _("Choose Folder"), _("_Choose"), "export-folder");
    g_autoptr(GFile) folder = from != NULL ? g_file_new_for_path(from) : NULL;
    request->folder_key = NULL; // who asks remembers it
    request->chosen = chosen;
    request->data = data;
    if (folder != NULL) {
        gtk_file_chooser_set_current_folder(GTK_FILE_CHOOSER(request->dialog), folder, NULL);
    }
    request_show(request);
}

static const char *const recipe_patterns[] = {"*" BATCH_RECIPE_SUFFIX, NULL};

void file_dialog_open_recipe(GtkWindow *parent, file_chosen_fn chosen, gpointer data)
{
    open_file(parent, _("Load Recipe"), _("_Load"), "recipe-folder", _("Recipes"), recipe_patterns,
              chosen, data);
}

void file_dialog_save_recipe(GtkWindow *parent, file_chosen_fn chosen, gpointer data)
{
    struct request *request = request_new(parent, GTK_FILE_CHOOSER_ACTION_SAVE, _("Save Recipe"),
                                          _("_Save"), "recipe-folder");
    g_autofree char *name = g_strconcat(_("recipe"), BATCH_RECIPE_SUFFIX, NULL);
    request->chosen = chosen;
    request->data = data;
    gtk_file_chooser_set_current_name(GTK_FILE_CHOOSER(request->dialog), name);
    add_filter(request, filter_of_patterns(recipe_patterns), _("Recipes"));
    request_show(request);
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
