// The library as all sessions of a studio have it: a document is open in one of them, what one
// deletes is gone from the others, and what was being opened when the program ended is not opened
// again.
#include "ui/core/session.h"
#include "ui/core/session_private.h"

#include "compute/i18n.h"

#include "ui/core/paths.h"

#include <string.h>

TinctureSession *tincture_session_of_document(TinctureSession *self, gint64 id)
{
    for (guint i = 0; id && i < self->studio->sessions->len; i++) {
        TinctureSession *other = session_at(self, i);
        if (other->library->row.id == id) {
            return other;
        }
    }
    return NULL;
}

// False, and told: another session has the document.
bool session_may_open(TinctureSession *self, gint64 id)
{
    TinctureSession *other = tincture_session_of_document(self, id);
    if (other && other != self) {
        g_signal_emit_by_name(self, "elsewhere", other);
        return false;
    }
    return true;
}

// ---- the library --------------------------------------------------------------------------------

// What works for the photo that is open comes to nothing.
static void leave_photo(TinctureSession *self)
{
    static const struct job_type *const types[] = {&edit_job,   &closeup_job, &variation_job,
                                                   &select_job, &adapter_job, &continue_job,
                                                   &suggest_job};
    live_stop(self->live);
    live_keep_now(self->live);
    for (size_t i = 0; i < G_N_ELEMENTS(types); i++) {
        tincture_queue_cancel(self->queue, self->project, types[i]);
    }
}

void tincture_session_open(TinctureSession *self, gint64 document)
{
    if (session_may_open(self, document)) {
        library_open_document(self->library, document);
    }
}

// What one window has deleted or taken back of the library is so in all.
static void tell_others(TinctureSession *self, enum store_kind kind, gint64 id, bool deleted)
{
    for (guint i = 0; i < self->studio->sessions->len; i++) {
        const TinctureSession *other = session_at(self, i);
        if (other != self) {
            library_follow(other->library, kind, id, deleted);
        }
    }
}

void session_tell_library(TinctureSession *self)
{
    if (self->studio->telling) {
        return;
    }
    self->studio->telling = true;
    for (guint i = 0; i < self->studio->sessions->len; i++) {
        const TinctureSession *other = session_at(self, i);
        if (other != self) {
            tincture_project_library_changed(other->project);
        }
    }
    self->studio->telling = false;
}

bool tincture_session_delete(TinctureSession *self, enum store_kind kind, gint64 id)
{
    TinctureSession *open = kind == STORE_DOCUMENT ? tincture_session_of_document(self, id) : NULL;
    if (open && tincture_queue_find(self->queue, open->project, &learn_job)) {
        tincture_project_say(self->project, MESSAGE_ERROR,
                             _("This photo is being learned; stop that before it is deleted"));
        return false;
    }
    if (open) {
        leave_photo(open);
        library_save_now(open->library);
    }
    const bool deleted = library_delete(self->library, kind, id);
    if (deleted) {
        tell_others(self, kind, id, true);
    }
    if (open && deleted) {
        training_read(open->training);
        tincture_project_changed(open->project, DOCUMENT_ALL);
        tincture_project_view_changed(open->project);
    }
    return deleted;
}

bool tincture_session_restore(TinctureSession *self, enum store_kind kind, gint64 id)
{
    const bool restored = library_restore(self->library, kind, id);
    if (restored) {
        tell_others(self, kind, id, false);
    }
    return restored;
}

void tincture_session_restore_cleaned(TinctureSession *self, gint64 when)
{
    library_restore_cleaned(self->library, when);
    for (guint i = 0; i < self->studio->sessions->len; i++) {
        library_results_differ(session_at(self, i)->library);
    }
}

// ---- what ended the program ---------------------------------------------------------------------

#define LEFT_MODEL    "model "
#define LEFT_DOCUMENT "document "

// The library knows what is being opened: a start after the program has ended over it goes on
// without it. Adapters are opened with their document.
void session_note_opening(TinctureSession *self)
{
    TinctureStudio *studio = self->studio;
    struct store *store = self->library->store;
    const TinctureJob *load = tincture_queue_find(self->queue, NULL, &load_job);
    const TinctureJob *open = tincture_queue_find(self->queue, NULL, &open_job);
    const TinctureJob *adapter = tincture_queue_find(self->queue, NULL, &adapter_job);
    const TinctureProject *of = adapter && adapter->owner ? TINCTURE_PROJECT(adapter->owner) : NULL;
    g_autofree char *what = load              ? g_strconcat(LEFT_MODEL, load->in.path, NULL)
                            : open            ? g_strconcat(LEFT_DOCUMENT, open->in.title, NULL)
                            : of && of->title ? g_strconcat(LEFT_DOCUMENT, of->title, NULL)
                                              : NULL;
    if (session_is_first(self) && store && g_strcmp0(what, studio->opening) != 0) {
        store_opening(store, what);
        g_free(studio->opening);
        studio->opening = g_steal_pointer(&what);
    }
}

// The model to begin with, newly allocated: not the one over which the program has ended.
static char *choose_model(TinctureSession *self, const char *left, const char *model)
{
    g_autofree char *path = paths_model(model);
    g_autofree char *starter = paths_model(NULL);
    const bool ended =
        left && g_str_has_prefix(left, LEFT_MODEL) && g_str_equal(left + strlen(LEFT_MODEL), path);
    if (ended && !g_str_equal(path, starter)) {
        tincture_project_say(
            self->project, MESSAGE_ERROR,
            _("The program ended while the model %s was being loaded; this time the "
              "starter model is used"),
            path);
        return g_steal_pointer(&starter);
    }
    return g_steal_pointer(&path);
}

static void open_last(TinctureSession *self, const char *left)
{
    if (left && g_str_has_prefix(left, LEFT_DOCUMENT)) {
        tincture_project_say(self->project, MESSAGE_UNOPENED,
                             _("The program ended while %s was being opened, so it is not opened "
                               "again by itself"),
                             left + strlen(LEFT_DOCUMENT));
    } else {
        library_open_last(self->library);
    }
}

void session_begin_studio(TinctureSession *self)
{
    const struct studio_engine *asked = &self->studio->asked;
    g_autofree char *left = library_ended_over(self->library);
    g_autofree char *path = choose_model(self, left, asked->model);
    g_autofree char *wanted = paths_model(asked->model);
    session_load(self, &(struct studio_engine){path, g_str_equal(path, wanted) ? asked->vae : NULL,
                                               asked->device, asked->precision});
    open_last(self, left);
}
