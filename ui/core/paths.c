#include "ui/core/paths.h"

#include "compute/error.h"
#include "compute/i18n.h"
#include "config.h"

#include <errno.h>
#include <glib/gstdio.h>
#include <string.h>

// How far above the program's folder is looked: the prefix is the next one, the build folder at
// most the third.
#define FOLDERS_UP 3

static char *above(char *path)
{
    char *parent = path ? g_path_get_dirname(path) : NULL;
    g_free(path);
    return parent;
}

char *paths_share(const char *relative)
{
    g_autofree char *folder = above(g_file_read_link("/proc/self/exe", NULL));
    for (int i = 0; folder && i < FOLDERS_UP; i++) {
        folder = above(folder);
        g_autofree char *path = g_build_filename(folder, "share", relative, NULL);
        if (g_file_test(path, G_FILE_TEST_EXISTS)) {
            return g_steal_pointer(&path);
        }
    }
    return NULL;
}

char *paths_resource(const char *relative)
{
    const char *chosen = g_getenv("TINCTURE_RESOURCES");
    const bool told = chosen && *chosen;
    g_autofree char *first = g_build_filename(told ? chosen : TINCTURE_DATADIR, relative, NULL);
    g_autofree char *of_share = g_build_filename("tincture", relative, NULL);
    g_autofree char *beside = paths_share(of_share);
    const bool there = told && g_file_test(first, G_FILE_TEST_EXISTS);
    return beside && !there ? g_steal_pointer(&beside) : g_steal_pointer(&first);
}

char *paths_data(void)
{
    return g_build_filename(g_get_user_data_dir(), "tincture", NULL);
}

char *paths_model(const char *name)
{
    return !name || g_str_equal(name, "starter") ? paths_resource("starter") : g_strdup(name);
}

#define ENDING ".safetensors"

bool paths_is_safetensors(const char *name)
{
    return g_str_has_suffix(name, ENDING);
}

static int by_name(const void *a, const void *b)
{
    return strcmp(*(char *const *)a, *(char *const *)b);
}

GPtrArray *paths_in(const char *folder, bool (*takes)(const char *name), GError **error)
{
    GDir *dir = g_dir_open(folder, 0, error);
    if (!dir) {
        return NULL;
    }
    GPtrArray *paths = g_ptr_array_new_with_free_func(g_free);
    for (const char *name; (name = g_dir_read_name(dir));) {
        if (takes(name)) {
            g_ptr_array_add(paths, g_build_filename(folder, name, NULL));
        }
    }
    g_dir_close(dir);
    g_ptr_array_sort(paths, by_name);
    return paths;
}

#define STYLES "styles"

char **paths_styles(const char *model)
{
    g_autofree char *folder = g_build_filename(model, STYLES, NULL);
    g_autoptr(GPtrArray) paths = paths_in(folder, paths_is_safetensors, NULL);
    GPtrArray *names = g_ptr_array_new();
    for (guint i = 0; paths && i < paths->len; i++) {
        g_autofree char *file = g_path_get_basename(paths->pdata[i]);
        g_ptr_array_add(names, g_strndup(file, strlen(file) - strlen(ENDING)));
    }
    g_ptr_array_add(names, NULL);
    return (char **)g_ptr_array_free(names, FALSE);
}

char *paths_style(const char *model, const char *name)
{
    g_autofree char *file = g_strconcat(name, ENDING, NULL);
    return g_build_filename(model, STYLES, file, NULL);
}

bool paths_make(const char *folder, GError **error)
{
    if (g_mkdir_with_parents(folder, 0700) != 0) {
        g_set_error(error, TINCTURE_ERROR, TINCTURE_ERROR_FILE, _("cannot make the folder %s: %s"),
                    folder, g_strerror(errno));
        return false;
    }
    return true;
}

bool paths_same_file(const char *a, const char *b)
{
    GStatBuf first, second;
    if (!a || !b) {
        return false;
    }
    if (g_stat(a, &first) == 0 && g_stat(b, &second) == 0) {
        return first.st_dev == second.st_dev && first.st_ino == second.st_ino;
    }
    g_autofree char *x = g_canonicalize_filename(a, NULL), *y = g_canonicalize_filename(b, NULL);
    return g_str_equal(x, y);
}
