#include "ui/core/model_list.h"

#include "compute/i18n.h"
#include "compute/model/kind.h"
#include "compute/model/model.h"
#include "ui/core/paths.h"
#include "ui/core/plain_text.h"

#include <glib/gstdio.h>
#include <stdio.h>
#include <string.h>

#define LARGE_BYTES (500LL << 20) // a file that is no model, and that a person takes for one
#define CARD_BYTES  4096          // of a card, in which its licence stands

void model_entry_free(void *data)
{
    struct model_entry *entry = data;
    g_free(entry->path);
    g_free(entry->name);
    g_free(entry->kind);
    g_free(entry->parts);
    g_free(entry->precision);
    g_free(entry->licence);
    g_free(entry->hash);
    g_free(entry->fault);
    g_free(entry);
}

// ---- one ----------------------------------------------------------------------------------------

// The beginning of a text file; newly allocated, NULL: there is none.
static char *beginning_of(const char *folder, const char *name)
{
    g_autofree char *path = g_build_filename(folder, name, NULL);
    FILE *file = g_file_test(path, G_FILE_TEST_IS_REGULAR) ? g_fopen(path, "rb") : NULL;
    if (!file) {
        return NULL;
    }
    char text[CARD_BYTES + 1];
    const size_t n = fread(text, 1, CARD_BYTES, file);
    fclose(file);
    text[n] = '\0';
    return g_strdup(text);
}

char *model_title(const char *path, const char *name)
{
    g_autofree char *starter = paths_model(NULL);
    return name && g_str_equal(path, starter) ? g_strdup(_("Starter model"))
                                              : plain_text(name, TEXT_NAME);
}

// "license: openrail" of the card, or how the licence's file begins.
static char *licence_of(const char *folder)
{
    g_autofree char *card = beginning_of(folder, "README.md");
    g_autofree char *file = beginning_of(folder, "LICENSE");
    const char *line = card ? strstr(card, "\nlicense:") : NULL;
    const char *text = line ? line + strlen("\nlicense:") : file;
    if (!text) {
        return NULL;
    }
    while (g_ascii_isspace(*text)) {
        text++;
    }
    g_autofree char *first = g_strndup(text, strcspn(text, "\n"));
    return *first ? plain_text(first, TEXT_NAME) : NULL;
}

static gint64 size_of(const char *path)
{
    GStatBuf file;
    return g_stat(path, &file) == 0 && S_ISREG(file.st_mode) ? (gint64)file.st_size : 0;
}

// Of the first weight file of a part; its precision is that of its first tensor.
static void read_part(struct model_entry *entry, const struct model *m, const char *part)
{
    g_autofree char *files = model_part_files(m, part);
    g_autofree char *first = g_strndup(files, strcspn(files, ","));
    g_autofree char *path = m->layout == LAYOUT_FOLDER
                                ? g_build_filename(entry->path, part, first, NULL)
                                : g_strdup(entry->path);
    entry->bytes += m->layout == LAYOUT_FOLDER || !entry->bytes ? size_of(path) : 0;
    struct st_file *file = g_str_equal(part, MODEL_UNET) ? st_open(path, NULL) : NULL;
    if (file && file->tensors->len > 0) {
        const struct st_tensor *tensor = file->tensors->pdata[0];
        entry->precision = g_strdup(st_dtype_name(tensor->dtype));
    }
    st_free(file);
}

static void read_parts(struct model_entry *entry, const struct model *m)
{
    static const struct {
        const char *part, *name;
    } table[] = {
        {MODEL_TEXT, N_("text encoder")},
        {MODEL_UNET, N_("U-Net")},
        {MODEL_VAE, N_("autoencoder")},
        {MODEL_ALPHA, N_("decoder of transparency")},
    };
    for (gsize i = 0; i < G_N_ELEMENTS(table); i++) {
        if (model_part(m, table[i].part)) {
            const char *name = translated(table[i].name);
            g_autofree char *before = g_steal_pointer(&entry->parts);
            entry->parts =
                before ? g_strdup_printf(C_("list", "%s, %s"), before, name) : g_strdup(name);
            read_part(entry, m, table[i].part);
        }
    }
}

static struct model_entry *read_model(const char *path, bool hashed, struct task *task)
{
    g_autoptr(GError) fault = NULL;
    struct model_entry *entry = g_new0(struct model_entry, 1);
    struct model *m = model_inspect(path, &fault);
    entry->path = g_strdup(path);
    if (!m) {
        g_autofree char *base = g_filename_display_basename(path);
        entry->name = plain_text(base, TEXT_NAME);
        entry->fault = plain_text(fault->message, TEXT_MESSAGE);
        entry->bytes = size_of(path);
        return entry;
    }
    const int side = model_default_size(m);
    entry->name = model_title(entry->path, m->name);
    entry->kind = g_strdup_printf(
        "%s, %d × %d", m->text.hidden_size > 768 ? "Stable Diffusion 2.x" : "Stable Diffusion 1.x",
        side, side);
    read_parts(entry, m);
    g_autofree char *folder =
        m->layout == LAYOUT_FOLDER ? g_strdup(path) : g_path_get_dirname(path);
    entry->licence = licence_of(folder);
    entry->hash = hashed ? g_strdup(model_hash(m, MODEL_UNET, task, NULL)) : NULL;
    model_free(m);
    return entry;
}

// ---- those of folders ---------------------------------------------------------------------------

static bool is_folder_of_model(const char *path)
{
    const struct weights_kind *kind = weights_kind_of_folder(path);
    return kind && kind->sort == WHOLE_MODEL;
}

// A file that is a model, or so large that one wonders why it is none.
static bool is_file_of_model(const char *path)
{
    if (!st_is_named(path) || !g_file_test(path, G_FILE_TEST_IS_REGULAR)) {
        return false;
    }
    struct st_file *file = st_open(path, NULL);
    const struct weights_kind *kind = file ? weights_kind_of(file) : NULL;
    const bool model = kind && kind->sort == WHOLE_MODEL;
    st_free(file);
    return model || ((!kind || kind->sort == OTHER_WEIGHTS) && size_of(path) >= LARGE_BYTES);
}

static bool takes_any(const char *name)
{
    return *name != '.';
}

static gboolean is_same_place(gconstpointer a, gconstpointer b)
{
    g_autofree char *real_a = realpath(a, NULL), *real_b = realpath(b, NULL);
    return g_str_equal(a, b) || (real_a && g_strcmp0(real_a, real_b) == 0);
}

// By whichever of its names it came first.
static void add_path(GPtrArray *paths, const char *path)
{
    if (!g_ptr_array_find_with_equal_func(paths, path, is_same_place, NULL)) {
        g_ptr_array_add(paths, g_strdup(path));
    }
}

static void add_folder(GPtrArray *paths, const char *folder, const struct task *task)
{
    g_autoptr(GPtrArray) inside = paths_in(folder, takes_any, NULL);
    for (guint i = 0; inside && i < inside->len && !task_cancelled(task, NULL); i++) {
        if (is_folder_of_model(inside->pdata[i]) || is_file_of_model(inside->pdata[i])) {
            add_path(paths, inside->pdata[i]);
        }
    }
}

static bool is_named(const GPtrArray *list, const char *name)
{
    for (guint i = 0; i < list->len; i++) {
        if (g_strcmp0(((const struct model_entry *)list->pdata[i])->name, name) == 0) {
            return true;
        }
    }
    return false;
}

// One that is called as another one is told apart by the folder that it lies in.
static void add_model(GPtrArray *list, struct model_entry *entry)
{
    if (is_named(list, entry->name)) {
        g_autofree char *name = entry->name, *folder = g_path_get_dirname(entry->path);
        g_autofree char *shown = g_filename_display_basename(folder);
        entry->name = g_strdup_printf("%s (%s)", name, shown);
    }
    g_ptr_array_add(list, entry);
}

GPtrArray *model_list_read(const char *const *paths, const char *hashed, struct task *task,
                           GError **error)
{
    g_autoptr(GPtrArray) found = g_ptr_array_new_with_free_func(g_free);
    g_autoptr(GPtrArray) list = g_ptr_array_new_with_free_func(model_entry_free);
    for (int i = 0; paths[i]; i++) {
        const bool folder = g_file_test(paths[i], G_FILE_TEST_IS_DIR);
        if (folder && !is_folder_of_model(paths[i])) {
            add_folder(found, paths[i], task);
        } else {
            add_path(found, paths[i]);
        }
    }
    for (guint i = 0; i < found->len; i++) {
        const char *path = found->pdata[i];
        task_report(task, TASK_READING_FILE, (double)i / found->len);
        if (task_cancelled(task, error)) {
            return NULL;
        }
        add_model(list, read_model(path, g_strcmp0(path, hashed) == 0, task));
    }
    return g_steal_pointer(&list);
}
