// The pictures to learn from, as options say them: files, and folders of them.
#include "ui/cli/cli.h"

#include "render/file.h"
#include "ui/core/picture_folder.h"

// Whether it can be read to its end; false without an error: it cannot, which is said, and it is
// left out.
static bool is_kept(const char *path, GError **error)
{
    GError *broken = NULL;
    g_autoptr(GFile) file = g_file_new_for_commandline_arg(path);
    struct image *image = image_load_whole(file, &cli_task, &broken);
    if (!image && g_error_matches(broken, G_IO_ERROR, G_IO_ERROR_CANCELLED)) {
        g_propagate_error(error, broken);
    } else if (!image) {
        g_autofree char *said = g_strdup_printf("left out: %s", broken->message);
        cli_complain(said);
        g_error_free(broken);
    }
    image_free(image);
    return image != NULL;
}

// Of the paths those that are kept; takes the array. from: where they are from, as it was given.
static GPtrArray *without_broken(GPtrArray *paths, const char *const *from, GError **error)
{
    GError *stopped = NULL;
    for (guint i = 0; i < paths->len && !stopped;) {
        if (is_kept(paths->pdata[i], &stopped)) {
            i++;
        } else {
            g_ptr_array_remove_index(paths, i);
        }
    }
    if (stopped || paths->len == 0) {
        g_ptr_array_unref(paths);
        if (stopped) {
            g_propagate_error(error, stopped);
        } else {
            g_autofree char *places = g_strjoinv(", ", (char **)from);
            g_set_error(error, TINCTURE_ERROR, TINCTURE_ERROR_FILE,
                        "none of the pictures can be read that there are in %s", places);
        }
        return NULL;
    }
    return paths;
}

GPtrArray *cli_photos_in(const struct cli *c, const char *folder, GError **error)
{
    GPtrArray *paths = picture_folder(folder, error);
    const char *const from[] = {folder, NULL};
    return paths && c->skip_broken ? without_broken(paths, from, error) : paths;
}

void cli_note_pictures(GPtrArray *notes)
{
    for (guint i = 0; i < notes->len; i++) {
        cli_progress_end();
        cli_complain(notes->pdata[i]);
    }
    g_ptr_array_unref(notes);
}

static bool find(const struct cli *c, char ***list, GError **error)
{
    g_autoptr(GPtrArray) paths = g_ptr_array_new_with_free_func(g_free);
    for (int i = 0; *list && (*list)[i]; i++) {
        if (!g_file_test((*list)[i], G_FILE_TEST_IS_DIR)) {
            g_ptr_array_add(paths, g_strdup((*list)[i]));
            continue;
        }
        GPtrArray *found = picture_folder((*list)[i], error);
        if (!found) {
            return false;
        }
        g_ptr_array_extend_and_steal(paths, found);
    }
    if (*list && c->skip_broken &&
        !(paths = without_broken(g_steal_pointer(&paths), (const char *const *)*list, error))) {
        return false;
    }
    if (*list) {
        g_ptr_array_add(paths, NULL);
        g_strfreev(*list);
        *list = (char **)g_ptr_array_steal(paths, NULL);
    }
    return true;
}

bool cli_pictures(struct cli *c, GError **error)
{
    return find(c, &c->images, error) && find(c, &c->class_images, error) &&
           find(c, &c->contents, error) && find(c, &c->styles, error);
}
