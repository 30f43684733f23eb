// Where the library is: opened, as a copy where nothing can be written there, or set aside.
#include "compute/replace.h"
#include "ui/core/library.h"
#include "ui/core/paths.h"

// A library that is damaged can be left for a new one.
void library_say_unread(struct library *l, const char *what, const GError *error)
{
    if (g_error_matches(error, G_IO_ERROR, G_IO_ERROR_INVALID_DATA)) {
        tincture_project_say(l->project, MESSAGE_LIBRARY, "%s: %s", what, error->message);
    } else {
        tincture_project_say_error(l->project, what, error);
    }
}

static char *library_dir(const char *data_dir)
{
    return data_dir ? g_strdup(data_dir) : paths_data();
}

// A library that is well, in a place that it cannot be written to.
static bool is_place(const GError *e)
{
    return !g_error_matches(e, G_IO_ERROR, G_IO_ERROR_INVALID_DATA) &&
           !g_error_matches(e, G_IO_ERROR, G_IO_ERROR_NOT_SUPPORTED) &&
           !g_error_matches(e, G_IO_ERROR, G_IO_ERROR_BUSY);
}

static struct store *open_copy(struct library *l, const char *dir, const GError *why)
{
    g_autoptr(GError) error = NULL;
    struct store *s = store_open_copy(dir, &error);
    if (s) {
        tincture_project_say(l->project, MESSAGE_NOT_KEPT,
                             "Nothing that you do now will be kept: %s. Export what you need; what "
                             "the library holds is shown as it was",
                             why->message);
    } else {
        tincture_project_say(l->project, MESSAGE_ERROR,
                             "The library could not be opened: %s; nor could a copy of it: %s",
                             why->message, error->message);
    }
    return s;
}

static struct store *open_store(struct library *l, const char *dir)
{
    g_autoptr(GError) error = NULL;
    struct store *s = store_open(dir, &error);
    if (!s && is_place(error)) {
        return open_copy(l, dir, error);
    }
    library_say_unread(l, "The library could not be opened", error);
    return s;
}

bool library_is_kept(const struct library *l)
{
    return l->store && !store_is_copy(l->store);
}

bool library_stays(struct library *l, GError **error)
{
    bool anew;
    const bool stays = store_stay(l->store, &anew, error);
    if (anew) {
        tincture_project_say(l->project, MESSAGE_ERROR,
                             "The library's file was removed while the program ran; it has been "
                             "written again, with all that was in it");
    }
    return stays;
}

// What was being written when the program was killed.
static void sweep(const char *dir)
{
    static const char *const folders[] = {"photos", "adapters", "subjects", "embeddings", "runs"};
    for (size_t i = 0; i < G_N_ELEMENTS(folders); i++) {
        g_autofree char *folder = g_build_filename(dir, folders[i], NULL);
        replacement_sweep(folder);
    }
}

void library_open_store(struct library *l, const char *data_dir)
{
    g_autofree char *dir = library_dir(data_dir);
    l->store = open_store(l, dir);
    sweep(dir);
}

bool library_set_aside(const char *data_dir, GError **error)
{
    g_autofree char *dir = library_dir(data_dir);
    g_autofree char *aside = store_set_aside(dir, error);
    return aside != NULL;
}
