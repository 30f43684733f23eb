#include "tests/model/folder.h"

#include "tests/temp.h"

#include "compute/file/safetensors.h"

#include <glib/gstdio.h>
#include <math.h>
#include <string.h>

static void copy_file(const char *from, const char *folder)
{
    g_autofree char *name = g_path_get_basename(from),
                    *target = g_build_filename(folder, name, NULL);
    char *data;
    gsize size;
    g_assert_true(g_file_get_contents(from, &data, &size, NULL));
    g_assert_true(g_file_set_contents(target, data, size, NULL));
    g_free(data);
}

static void copy_tree(const char *from, const char *to)
{
    g_autoptr(GError) error = NULL;
    GDir *dir = g_dir_open(from, 0, &error);
    g_assert_no_error(error);
    g_assert_cmpint(g_mkdir_with_parents(to, 0700), ==, 0);
    const char *name;
    while ((name = g_dir_read_name(dir))) {
        g_autofree char *source = g_build_filename(from, name, NULL);
        if (g_file_test(source, G_FILE_TEST_IS_DIR)) {
            g_autofree char *target = g_build_filename(to, name, NULL);
            copy_tree(source, target);
        } else {
            copy_file(source, to);
        }
    }
    g_dir_close(dir);
}

char *folder_copy(const char *name)
{
    g_autofree char *source = g_test_build_filename(G_TEST_DIST, "data", "models", name, NULL);
    char *folder = g_dir_make_tmp("tincture-XXXXXX", NULL);
    g_assert_nonnull(folder);
    copy_tree(source, folder);
    return folder;
}

char *folder_single(const char *name)
{
    g_autofree char *file = g_strconcat(name, ".safetensors", NULL);
    const char *const files[] = {file, "vocab.json", "merges.txt"};
    char *folder = g_dir_make_tmp("tincture-XXXXXX", NULL);
    g_assert_nonnull(folder);
    for (size_t i = 0; i < G_N_ELEMENTS(files); i++) {
        g_autofree char *source = g_test_build_filename(G_TEST_BUILT, files[i], NULL);
        copy_file(source, folder);
    }
    return folder;
}

void folder_free(char *folder)
{
    remove_tree(folder);
    g_free(folder);
}

void folder_write(const char *folder, const char *file, const char *text)
{
    g_autofree char *path = g_build_filename(folder, file, NULL);
    g_assert_true(g_file_set_contents(path, text, -1, NULL));
}

void folder_edit(const char *folder, const char *file, const char *from, const char *to)
{
    g_autofree char *path = g_build_filename(folder, file, NULL), *text = NULL;
    g_assert_true(g_file_get_contents(path, &text, NULL, NULL));
    char *at = strstr(text, from);
    if (!at) {
        g_error("%s does not contain %s", file, from);
    }
    g_autofree char *edited =
        g_strdup_printf("%.*s%s%s", (int)(at - text), text, to, at + strlen(from));
    folder_write(folder, file, edited);
}

void folder_remove(const char *folder, const char *file)
{
    g_autofree char *path = g_build_filename(folder, file, NULL);
    g_assert_cmpint(g_remove(path), ==, 0);
}

void folder_change_weights(const char *folder, const char *file, struct folder_change change)
{
    g_autoptr(GError) error = NULL;
    g_autofree char *path = g_build_filename(folder, file, NULL);
    struct st_file *f = st_open(path, &error);
    g_assert_no_error(error);
    struct st_writer *w = st_writer_new();
    for (guint i = 0; i < f->tensors->len; i++) {
        const struct st_tensor *t = f->tensors->pdata[i];
        if (change.only && !g_str_has_prefix(t->name, change.only)) {
            continue;
        }
        g_autoptr(GString) name = g_string_new(change.prefix);
        g_string_append(name, t->name + (change.only ? strlen(change.only) : 0));
        if (change.rename) {
            g_string_replace(name, change.rename, change.to, 1);
        }
        float *values = g_new(float, t->count);
        g_assert_true(st_read_f32(t, values, false, NULL));
        if (g_strcmp0(t->name, change.spoil) == 0) {
            values[0] = NAN;
        }
        if (g_strcmp0(t->name, change.flatten) == 0) {
            st_writer_f32(w, name->str, 1, &t->count, values);
        } else if (g_strcmp0(t->name, change.drop) != 0) {
            st_writer_f32(w, name->str, t->rank, t->shape, values);
        }
        g_free(values);
    }
    if (change.add) {
        st_writer_f32(w, change.add, 1, (int64_t[]){1}, &change.value);
    }
    GHashTableIter iter;
    gpointer key, value;
    g_hash_table_iter_init(&iter, f->metadata);
    while (g_hash_table_iter_next(&iter, &key, &value)) {
        if (g_strcmp0(key, change.meta) != 0) {
            st_writer_meta(w, key, value);
        }
    }
    if (change.meta) {
        st_writer_meta(w, change.meta, change.meta_value);
    }
    g_assert_true(st_writer_save(w, path, NULL, &error));
    st_writer_free(w);
    st_free(f);
}
