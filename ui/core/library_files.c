// Adapters that belong to no document: files in folders of the library, and no rows. And what a
// model and a person say of how documents begin.
#include "ui/core/library.h"

#include "compute/i18n.h"
#include "compute/model/defaults.h"

#include <string.h>

static void file_free(void *data)
{
    struct library_file *f = data;
    g_free(f->name);
    g_free(f->path);
    g_free(f);
}

static int by_name(const void *a, const void *b)
{
    const struct library_file *x = *(struct library_file *const *)a,
                              *y = *(struct library_file *const *)b;
    return g_utf8_collate(x->name, y->name);
}

GPtrArray *library_files(const struct library *l, const char *folder)
{
    GPtrArray *list = g_ptr_array_new_with_free_func(file_free);
    g_autofree char *place = l->store ? store_path(l->store, folder) : NULL;
    GDir *dir = place ? g_dir_open(place, 0, NULL) : NULL;
    for (const char *file; dir && (file = g_dir_read_name(dir));) {
        if (g_str_has_suffix(file, LIBRARY_SUFFIX)) {
            struct library_file *f = g_new0(struct library_file, 1);
            g_autofree char *shown = g_filename_display_name(file);
            f->name = g_strndup(shown, strlen(shown) - strlen(LIBRARY_SUFFIX));
            f->path = g_build_filename(place, file, NULL);
            g_ptr_array_add(list, f);
        }
    }
    g_clear_pointer(&dir, g_dir_close);
    g_ptr_array_sort(list, by_name);
    return list;
}

char *library_new_file(const struct library *l, const char *folder, const char *name)
{
    g_autofree char *place = store_path(l->store, folder);
    g_autofree char *file = g_strconcat(name, LIBRARY_SUFFIX, NULL);
    char *path = g_build_filename(place, file, NULL);
    for (int i = 2; g_file_test(path, G_FILE_TEST_EXISTS); i++) {
        g_autofree char *numbered = g_strdup_printf("%s %d" LIBRARY_SUFFIX, name, i);
        g_free(path);
        path = g_build_filename(place, numbered, NULL);
    }
    return path;
}

// ---- how documents begin ------------------------------------------------------------------------

void library_set_learning(struct library *l, const char *method, int steps)
{
    g_free(l->learn_method);
    l->learn_method = g_strdup(method);
    l->learn_steps = steps;
}

void library_set_model(struct library *l, const char *path)
{
    g_autoptr(GError) error = NULL;
    g_free(l->model);
    l->model = g_strdup(path);
    g_clear_pointer(&l->project->presets, json_object_unref);
    l->project->presets = model_presets(path, &error);
    tincture_project_say_error(l->project, _("The model's own presets are not used"), error);
}
