// The table of dialects, generated from the list in meson.build, and what they share.
#include "compute/adapter/dialect/dialect.h"

#include "compute/adapter/dialect/dialect_table.h"
#include "compute/adapter/private.h"
#include "compute/i18n.h"
#include "compute/json_file.h"
#include "compute/model/hint_net.h"
#include "compute/model/kind.h"
#include "compute/replace.h"

#include <string.h>

#define X(name) extern const struct adapter_dialect name##_dialect;
DIALECT_ROWS
#undef X

#define X(name) &name##_dialect,
const struct adapter_dialect *const adapter_dialect_table[] = {DIALECT_ROWS NULL};
#undef X

const struct member *adapter_dialect_family(int i)
{
    return adapter_dialect_table[i] ? &adapter_dialect_table[i]->member : NULL;
}

const struct adapter_dialect *adapter_dialect_find(const char *name)
{
    return (const struct adapter_dialect *)family_find(adapter_dialect_family, name);
}

const struct adapter_dialect *adapter_dialect_of(const struct adapter_source *s)
{
    for (int i = 0; adapter_dialect_table[i]; i++) {
        if (adapter_dialect_table[i]->detect(s)) {
            return adapter_dialect_table[i];
        }
    }
    return NULL;
}

// ---- what a path leads to -----------------------------------------------------------------------

#define CONFIG "adapter_config.json"

// Adds those of the names that are there and hold tensors.
static void add_files(GPtrArray *paths, const char *folder, const char *const *names)
{
    for (; *names; names++) {
        g_autofree char *file = g_build_filename(folder, *names, NULL);
        if (g_str_has_suffix(*names, ".safetensors") && g_file_test(file, G_FILE_TEST_EXISTS)) {
            g_ptr_array_add(paths, g_steal_pointer(&file));
        }
    }
}

// The files of a folder in the layout of one dialect, or the file itself and what belongs to it:
// the shifts of the text encoder lie beside those of the image network. A file that was named is
// opened whatever happens.
static GPtrArray *list_paths(const char *path)
{
    GPtrArray *paths = g_ptr_array_new_with_free_func(g_free);
    g_autofree char *base = g_path_get_basename(path), *folder = g_path_get_dirname(path);
    const bool is_folder = g_file_test(path, G_FILE_TEST_IS_DIR);
    if (!is_folder) {
        g_ptr_array_add(paths, g_strdup(path));
    }
    for (int i = 0; adapter_dialect_table[i]; i++) {
        const char *const *names = adapter_dialect_table[i]->files;
        if (is_folder && paths->len == 0) {
            add_files(paths, path, names);
        } else if (!is_folder && paths->len == 1 && g_str_equal(base, names[0])) {
            add_files(paths, folder, names + 1);
        }
    }
    return paths;
}

static void read_config(struct adapter_source *s)
{
    const struct st_file *first = s->files->pdata[0];
    g_autofree char *folder = g_path_get_dirname(first->path);
    g_autofree char *config = g_build_filename(folder, CONFIG, NULL);
    g_autoptr(GError) error = NULL;
    if (g_file_test(config, G_FILE_TEST_EXISTS)) {
        s->config = json_file_read(config, JSON_NODE_OBJECT, config, &error);
        s->config_fault = error ? g_strdup(error->message) : NULL;
    }
}

// The file of the folder that PyTorch has written in the place of one of a dialect's; NULL: none.
static char *find_pickle(const char *folder)
{
    for (int i = 0; adapter_dialect_table[i]; i++) {
        for (const char *const *name = adapter_dialect_table[i]->files; *name; name++) {
            g_autofree char *stem = st_name(*name);
            g_autofree char *pickle = g_strconcat(stem, ".bin", NULL);
            g_autofree char *file = g_build_filename(folder, pickle, NULL);
            if (g_file_test(file, G_FILE_TEST_EXISTS)) {
                return g_steal_pointer(&pickle);
            }
        }
    }
    return NULL;
}

// Training scripts of PEFT put an adapter of each network into a folder of its own.
static void set_nothing(const char *path, GError **error)
{
    static const char *const networks[] = {"unet", "text_encoder"};
    for (size_t i = 0; i < G_N_ELEMENTS(networks); i++) {
        g_autofree char *folder = g_build_filename(path, networks[i], NULL);
        g_autoptr(GPtrArray) paths =
            g_file_test(folder, G_FILE_TEST_IS_DIR) ? list_paths(folder) : NULL;
        if (paths && paths->len > 0) {
            g_set_error(
                error, TINCTURE_ERROR, TINCTURE_ERROR_FILE,
                _("%s holds no adapter itself, but %s does: adapters of several networks are "
                  "opened one by one"),
                path, folder);
            return;
        }
    }
    g_autofree char *pickle = find_pickle(path);
    if (pickle) {
        g_set_error(error, TINCTURE_ERROR, TINCTURE_ERROR_UNSUPPORTED,
                    _("%s holds its adapter only as %s, a format that can carry programs, which is "
                      "not read; load it in the program that wrote it and save it as safetensors"),
                    path, pickle);
        return;
    }
    const struct weights_kind *kind = weights_kind_of_folder(path);
    if (kind) {
        g_set_error(error, TINCTURE_ERROR, TINCTURE_ERROR_UNSUPPORTED,
                    _("%s is %s and no adapter; %s"), path, translated(kind->what),
                    translated(kind->use));
        return;
    }
    g_set_error(error, TINCTURE_ERROR, TINCTURE_ERROR_FILE, _("%s holds no adapter"), path);
}

struct adapter_source *adapter_source_open(const char *path, GError **error)
{
    g_autoptr(GPtrArray) paths = list_paths(path);
    if (paths->len == 0) {
        set_nothing(path, error);
        return NULL;
    }
    struct adapter_source *s = g_new0(struct adapter_source, 1);
    s->path = g_strdup(path);
    s->files = g_ptr_array_new_with_free_func((GDestroyNotify)st_free);
    for (guint i = 0; i < paths->len; i++) {
        struct st_file *file = st_open(paths->pdata[i], error);
        if (!file) {
            weights_explain_pickle(paths->pdata[i], error);
            adapter_source_free(s);
            return NULL;
        }
        st_set_aside(file, HINT_ENCODER_PREFIX);
        g_ptr_array_add(s->files, file);
    }
    read_config(s);
    return s;
}

void adapter_source_free(struct adapter_source *s)
{
    if (!s) {
        return;
    }
    g_clear_pointer(&s->config, json_node_unref);
    g_ptr_array_unref(s->files);
    g_free(s->config_fault);
    g_free(s->path);
    g_free(s);
}

const char *adapter_source_meta(const struct adapter_source *s, const char *key)
{
    for (guint i = 0; i < s->files->len; i++) {
        const struct st_file *file = s->files->pdata[i];
        const char *value = g_hash_table_lookup(file->metadata, key);
        if (value) {
            return value;
        }
    }
    return NULL;
}

bool adapter_source_has(const struct adapter_source *s, const char *prefix, const char *suffix)
{
    for (guint i = 0; i < s->files->len; i++) {
        const struct st_file *file = s->files->pdata[i];
        for (guint k = 0; k < file->tensors->len; k++) {
            const struct st_tensor *t = file->tensors->pdata[k];
            if (g_str_has_prefix(t->name, prefix) && g_str_has_suffix(t->name, suffix)) {
                return true;
            }
        }
    }
    return false;
}

// ---- writing ------------------------------------------------------------------------------------

// Where a dialect with one file writes its tensors: path itself, or the first name in that folder.
static char *dialect_file(const struct adapter_dialect *d, const char *path)
{
    return g_str_has_suffix(path, ".safetensors") ? g_strdup(path)
                                                  : g_build_filename(path, d->files[0], NULL);
}

bool adapter_write_layers(const struct adapter *a, const struct adapter_dialect *d,
                          struct st_writer *w, adapter_layer_fn layer, const char *path,
                          struct task *task, GError **error)
{
    g_autofree char *file = dialect_file(d, path);
    for (guint i = 0; i < a->params->len; i++) {
        layer(w, a->params->pdata[i]);
    }
    const bool ok = st_writer_save(w, file, task, error);
    st_writer_free(w);
    return ok;
}

const char *adapter_peft_path(const struct adapter_param *p)
{
    static const char before[] = "text_model.";
    const bool text = g_str_equal(p->part, MODEL_TEXT) && g_str_has_prefix(p->path, before);
    return p->path + (text ? strlen(before) : 0);
}

bool adapter_write_text(const char *path, const char *text, gsize length, GError **error)
{
    const bool ok = replacement_whole(path, text, length, error);
    if (!ok) {
        g_prefix_error(error, _("could not save %s: "), path);
    }
    return ok;
}
