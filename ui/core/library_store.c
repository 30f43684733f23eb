// Where the library is: opened, as a copy where nothing can be written there, or set aside.
#include "compute/i18n.h"
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

// What is written comes with a job; the folder is there at once.
static void begin_copy(struct library *l, const char *dir, const GError *why)
{
    g_autoptr(GError) error = NULL;
    l->copy = store_copy_new(dir, &error);
    if (!l->copy) {
        tincture_project_say(l->project, MESSAGE_ERROR,
                             _("The library could not be opened: %s; nor could a copy of it: %s"),
                             why->message, error->message);
        return;
    }
    tincture_project_say(
        l->project, MESSAGE_NOT_KEPT,
        _("Nothing that you do now will be kept: %s. Export what you need; what the "
          "library holds is shown as it was"),
        why->message);
    const struct job_inputs in = {.copy = l->copy};
    tincture_queue_submit(l->queue, NULL, tincture_job_new(&library_job, &in));
}

void library_copied(struct library *l, TinctureJob *job)
{
    g_autoptr(GError) error = NULL;
    l->store = g_steal_pointer(&job->out.store);
    if (l->store) {
        return;
    }
    store_copy_empty(l->copy);
    l->store = store_open(store_copy_dir(l->copy), &error);
    if (l->store) {
        const bool stopped = g_error_matches(job->error, G_IO_ERROR, G_IO_ERROR_CANCELLED);
        tincture_project_say(
            l->project, MESSAGE_NOT_KEPT,
            _("Nothing that you do now will be kept, and the library is shown as an "
              "empty one: %s. Export what you need"),
            stopped ? _("the copying was stopped") : job->error->message);
    } else {
        tincture_project_say_error(l->project, _("No copy of the library could be made"), error);
        tincture_queue_cancel(l->queue, NULL, &open_job); // for which there is no place
    }
}

bool library_is_coming(const struct library *l)
{
    return l->copy && !l->store && tincture_queue_find(l->queue, NULL, &library_job);
}

const char *library_fault(const struct library *l)
{
    return library_is_coming(l) ? _("The library is still being copied")
                                : _("The library could not be opened");
}

const char *library_folder(const struct library *l)
{
    return l->store ? store_dir(l->store) : library_is_coming(l) ? store_copy_dir(l->copy) : NULL;
}

static void open_store(struct library *l, const char *dir)
{
    g_autoptr(GError) error = NULL;
    l->store = store_open(dir, &error);
    if (!l->store && is_place(error)) {
        begin_copy(l, dir, error);
    } else {
        library_say_unread(l, _("The library could not be opened"), error);
    }
}

bool library_is_kept(const struct library *l)
{
    return l->store && !l->copy;
}

bool library_stays(struct library *l, GError **error)
{
    bool anew;
    const bool stays = store_stay(l->store, &anew, error);
    if (anew) {
        tincture_project_say(l->project, MESSAGE_ERROR,
                             _("The library's file was removed while the program ran; it has been "
                               "written again, with all that was in it"));
    }
    return stays;
}

// What was being written when the program was killed.
static void sweep(const char *dir)
{
    static const char *const folders[] = {"photos", "adapters",   "subjects",
                                          "styles", "embeddings", "runs"};
    for (size_t i = 0; i < G_N_ELEMENTS(folders); i++) {
        g_autofree char *folder = g_build_filename(dir, folders[i], NULL);
        replacement_sweep(folder);
    }
}

void library_open_store(struct library *l, const char *data_dir)
{
    g_autofree char *dir = library_dir(data_dir);
    open_store(l, dir);
    sweep(dir);
}

bool library_set_aside(const char *data_dir, GError **error)
{
    g_autofree char *dir = library_dir(data_dir);
    g_autofree char *aside = store_set_aside(dir, error);
    return aside != NULL;
}
