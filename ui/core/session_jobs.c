// The session's side of its jobs: what is queued, what is shown of it, and what each kind brings
// back.
#include "ui/core/session_private.h"

#include <string.h>

#define EDIT_PAUSE_MS 120  // typing and dragging: a preview waits this long for the next change
#define KEEP_PAUSE_MS 1500 // a result that stands this long goes into the history

static void view_changed(TinctureSession *self)
{
    g_signal_emit(self, session_signals[SIGNAL_VIEW], 0);
}

// ---- the queue and what is shown of it ----------------------------------------------------------

bool session_has_job(TinctureSession *self, enum job_kind kind)
{
    for (guint i = 0; i < self->jobs->len; i++) {
        if (g_array_index(self->jobs, struct pending_job, i).kind == kind) {
            return true;
        }
    }
    return false;
}

void session_job_changed(TinctureSession *self)
{
    const bool learning = session_has_job(self, JOB_LEARN);
    self->state.opens_next = self->state.kind == JOB_OPEN ? NULL : session_opening(self);
    self->state.n_loss = (int)self->loss->len;
    self->state.loss = (const double *)(void *)self->loss->data;
    self->state.last_loss = self->loss->len ? self->state.loss[self->loss->len - 1] : 0.0;
    self->state.can_resume = self->run.id && self->run.state == RUN_STOPPED && !learning;
    self->state.resume_step = self->run.step;
    self->state.resume_steps = self->run.steps;
    g_signal_emit(self, session_signals[SIGNAL_JOB], 0);
}

// After the queue has changed. The first job is the one that runs; a training is shown also while
// it waits.
static void show_jobs(TinctureSession *self)
{
    self->state.kind = JOB_NONE;
    if (session_has_job(self, JOB_LEARN)) {
        self->state.kind = JOB_LEARN;
    } else if (self->jobs->len) {
        self->state.kind = g_array_index(self->jobs, struct pending_job, 0).kind;
    }
    self->state.cancellable = self->state.kind > JOB_LOAD_MODEL;
    self->state.fraction = -1.0;
    self->state.seconds_left = -1.0;
    self->state.text[0] = '\0';
}

// Takes the job, and the row.
static void submit(TinctureSession *self, struct job *job, struct pending_job pending)
{
    if (!self->worker) { // closed
        job_free(job);
        store_document_free(pending.row);
        return;
    }
    pending.job = job;
    pending.kind = job->kind;
    pending.cancel = g_object_ref(job->cancel);
    g_array_append_val(self->jobs, pending);
    if (self->jobs->len == 1 || job->kind == JOB_LEARN) {
        show_jobs(self);
    }
    worker_submit(self->worker, job);
    session_job_changed(self);
}

void session_submit(TinctureSession *self, struct job *job)
{
    submit(self, job, (struct pending_job){0});
}

void session_submit_open(TinctureSession *self, struct job *job, struct store_document *row)
{
    submit(self, job, (struct pending_job){.row = row});
}

void session_submit_added(TinctureSession *self, struct job *job)
{
    submit(self, job, (struct pending_job){.added = true});
}

const char *session_opening(TinctureSession *self)
{
    for (guint i = self->jobs->len; i-- > 0;) {
        const struct pending_job *pending = &g_array_index(self->jobs, struct pending_job, i);
        if (pending->row) {
            return pending->row->name;
        }
    }
    return NULL;
}

bool session_cancel_jobs(TinctureSession *self, enum job_kind kind)
{
    bool any = false;
    for (guint i = 0; i < self->jobs->len; i++) {
        const struct pending_job *pending = &g_array_index(self->jobs, struct pending_job, i);
        if (pending->kind == kind) {
            g_cancellable_cancel(pending->cancel);
            any = true;
        }
    }
    return any;
}

void session_job_progress(TinctureSession *self, const struct job_state *state)
{
    if (state->kind != self->state.kind) {
        return; // an edit that makes way for the training that is shown
    }
    self->state.cancellable = state->cancellable;
    self->state.fraction = state->fraction;
    self->state.seconds_left = state->seconds_left;
    g_strlcpy(self->state.text, state->text, sizeof self->state.text);
    session_job_changed(self);
}

// ---- one edit in flight -------------------------------------------------------------------------

GArray *session_job_adapters(TinctureSession *self)
{
    GArray *list = job_adapters_new();
    for (guint i = 0; i < self->adapters->len; i++) {
        const struct document_adapter *a = self->adapters->pdata[i];
        if (!a->failed) {
            struct job_adapter use = {
                .path = g_strdup(a->path), .scale = a->scale, .enabled = a->enabled};
            g_array_append_val(list, use);
        }
    }
    return list;
}

static void drop_preview(TinctureSession *self)
{
    picture_clear(&self->preview);
    self->view_is_preview = false;
}

// The edit of the document as it can be made now: its recipe names no adapter that is left out.
static struct job *new_edit(TinctureSession *self)
{
    struct document d;
    document_copy(&self->document, &d);
    for (guint i = 0; i < self->adapters->len; i++) {
        const struct document_adapter *a = self->adapters->pdata[i];
        if (a->failed) {
            document_forget_adapter(&d, a->id);
        }
    }
    struct job *job = job_edit_new(&d, session_job_adapters(self));
    document_clear(&d);
    return job;
}

// Nothing is asked for: the photo as it is, here and for the export. A result that was shown goes
// into the history as one that is replaced does.
static void show_photo(TinctureSession *self)
{
    if (!self->view.rgba && !self->view_is_preview) {
        return;
    }
    session_keep_result(self);
    drop_preview(self);
    session_detail_clear(self);
    picture_clear(&self->view);
    view_changed(self);
    session_submit(self, job_clear_new());
}

static void start_edit(TinctureSession *self)
{
    self->edit_wanted = false;
    if (self->has_photo && (*self->document.prompt || *self->document.source_prompt)) {
        session_submit(self, new_edit(self));
        return;
    }
    self->edit_explicit = false;
    show_photo(self);
}

void session_edit_now(TinctureSession *self)
{
    g_clear_handle_id(&self->edit_timer, g_source_remove);
    if (self->jobs->len == 0) {
        start_edit(self);
        return;
    }
    self->edit_wanted = true;
    session_cancel_jobs(self, JOB_EDIT);
    session_cancel_jobs(self, JOB_DETAIL);
}

static gboolean edit_timer_cb(gpointer data)
{
    TinctureSession *self = data;
    self->edit_timer = 0;
    session_edit_now(self);
    return G_SOURCE_REMOVE;
}

void session_want_edit(TinctureSession *self)
{
    g_clear_handle_id(&self->edit_timer, g_source_remove);
    g_clear_handle_id(&self->keep_timer, g_source_remove);
    if (self->has_photo && self->worker) {
        self->edit_timer = g_timeout_add(EDIT_PAUSE_MS, edit_timer_cb, self);
    }
}

static guint job_index(TinctureSession *self, const struct job *job)
{
    guint i = 0;
    while (g_array_index(self->jobs, struct pending_job, i).job != job) {
        i++;
        g_assert(i < self->jobs->len); // a job is finished once
    }
    return i;
}

void session_job_finished(TinctureSession *self, const struct job *job)
{
    g_array_remove_index(self->jobs, job_index(self, job));
    show_jobs(self);
    if (self->jobs->len == 0 && self->edit_wanted) {
        start_edit(self);
    }
    session_job_changed(self);
}

// ---- the model and the photo --------------------------------------------------------------------

void session_loaded(TinctureSession *self, struct job *job, const char *device, const char *model)
{
    g_free(self->device_text);
    g_free(self->model_text);
    self->device_text = g_strdup(device ? device : "");
    self->model_text = g_strdup(model ? model : "");
    session_message_error(self, "The model could not be loaded", job->error);
    g_signal_emit(self, session_signals[SIGNAL_DEVICE], 0);
    session_job_finished(self, job);
}

// The picture as it was left: from the library where it is the newest result, else drawn again.
static void show_as_left(TinctureSession *self)
{
    g_autofree char *recipe = document_to_json(&self->document);
    struct store_result *left = session_newest_result(self, recipe);
    if (left) {
        session_submit(self, job_restore_new(&self->document, session_job_adapters(self),
                                             left->pixels, left->width, left->height));
    }
    self->edit_wanted = !left && *self->document.prompt != '\0';
    store_result_free(left);
}

void session_opened(TinctureSession *self, struct job *job, const char *photo,
                    struct picture before, int width, int height, const char *note)
{
    struct store_document *row =
        g_array_index(self->jobs, struct pending_job, job_index(self, job)).row;
    if (job->error) {
        g_autofree char *what = g_strdup_printf("%s could not be opened", row->name);
        session_message_error(self, what, job->error);
        picture_clear(&before);
        session_job_finished(self, job);
        return;
    }
    session_library_opened(self, row, photo);
    session_detail_clear(self);
    picture_clear(&self->before);
    picture_clear(&self->view);
    drop_preview(self);
    g_array_set_size(self->samples, 0);
    self->before = before;
    self->photo_width = width;
    self->photo_height = height;
    self->has_photo = true;
    self->exported = true;
    if (note) {
        session_message(self, MESSAGE_INFO, "%s: %s", self->row.name, note);
    }
    session_changed(self, DOCUMENT_ALL);
    view_changed(self);
    show_as_left(self);
    session_job_finished(self, job);
}

// ---- edits --------------------------------------------------------------------------------------

void session_previewed(TinctureSession *self, struct picture preview)
{
    session_detail_clear(self);
    picture_clear(&self->preview);
    self->preview = preview;
    self->view_is_preview = true;
    view_changed(self);
}

static gboolean keep_cb(gpointer data)
{
    TinctureSession *self = data;
    self->keep_timer = 0;
    session_keep_result(self);
    return G_SOURCE_REMOVE;
}

static void keep_soon(TinctureSession *self)
{
    g_clear_handle_id(&self->keep_timer, g_source_remove);
    self->keep_timer = g_timeout_add(self->edit_explicit ? 1 : KEEP_PAUSE_MS, keep_cb, self);
}

static void fresh_set(TinctureSession *self, const struct document *d, struct picture thumb,
                      GBytes *pixels, int width, int height, double seconds)
{
    g_clear_pointer(&self->fresh.pixels, g_bytes_unref);
    picture_clear(&self->fresh.thumb);
    g_free(self->fresh.recipe);
    g_free(self->fresh.prompt);
    self->fresh.pixels = g_bytes_ref(pixels);
    self->fresh.thumb = thumb;
    self->fresh.width = width;
    self->fresh.height = height;
    self->fresh.seconds = seconds;
    self->fresh.recipe = document_to_json(d);
    self->fresh.prompt = g_strdup(*d->prompt ? d->prompt : d->source_prompt);
}

void session_edited(TinctureSession *self, struct job *job, struct picture view,
                    struct picture thumb, GBytes *pixels, int width, int height, double seconds)
{
    const bool more = self->edit_wanted || self->edit_timer;
    if (job->error) {
        session_message_error(self, "The edit did not work", job->error);
        picture_clear(&view);
        picture_clear(&thumb);
        if (!more) { // the preview of an edit that makes way stays until the next one's
            drop_preview(self);
        }
        if (!more && self->fresh.pixels) {
            keep_soon(self);
        }
    } else {
        drop_preview(self);
        session_detail_clear(self);
        picture_clear(&self->view);
        self->view = view;
        self->exported = self->exported && !pixels; // one that is shown again is no new one
        if (pixels && !self->edit_wanted) {
            // Of the document as the edit had it: it may have been changed since.
            fresh_set(self, job_edit_document(job), thumb, pixels, width, height, seconds);
            if (!self->edit_timer) {
                keep_soon(self);
            }
        } else {
            picture_clear(&thumb);
        }
    }
    if (!self->edit_wanted) {
        self->edit_explicit = false;
    }
    view_changed(self);
    session_job_finished(self, job);
}

void session_cleared(TinctureSession *self, struct job *job)
{
    session_job_finished(self, job);
}

// ---- learning -----------------------------------------------------------------------------------

void session_sampled(TinctureSession *self, struct picture sample)
{
    g_array_append_val(self->samples, sample);
    view_changed(self);
}

void session_learn_step(TinctureSession *self, const struct train_report *report)
{
    // A resumed training begins again at its checkpoint. That may lie before the last step that was
    // seen, and after the last one that was saved: then the curve is bridged.
    const guint before = (guint)MAX(report->step - 1, 0);
    const double last = self->loss->len ? g_array_index(self->loss, double, self->loss->len - 1)
                                        : report->loss_mean;
    while (self->loss->len < before) {
        g_array_append_val(self->loss, last);
    }
    g_array_set_size(self->loss, before);
    g_array_append_val(self->loss, report->loss_mean);
    self->run.step = report->step;
    g_clear_pointer(&self->run.loss, g_bytes_unref);
    self->run.loss = g_bytes_new(self->loss->data, self->loss->len * sizeof(double));
    session_run_stepped(self);
    session_save_run_soon(self);
    session_job_changed(self);
}

static void note_counts(TinctureSession *self, gint64 id, int applied, int total)
{
    const int counts[2] = {applied, total};
    g_hash_table_insert(self->adapter_counts, g_memdup2(&id, sizeof id),
                        g_memdup2(counts, sizeof counts));
}

// Two adapters that learned the same photo would apply twice what it shows. Files of the user's
// stay on.
static void switch_off_trained(TinctureSession *self)
{
    for (guint i = 0; i < self->document.adapters->len; i++) {
        struct document_use *use = &g_array_index(self->document.adapters, struct document_use, i);
        const struct store_adapter *row = session_adapter_row(self, use->id);
        if (row && !g_path_is_absolute(row->path)) {
            use->enabled = false;
        }
    }
}

void session_learned(TinctureSession *self, struct job *job, bool finished, int applied)
{
    if (finished) {
        g_autofree char *name = g_strdup_printf("%s, %d steps", self->run.method, self->run.steps);
        const struct store_adapter *row =
            session_adapter_new(self, name, self->learn_path, self->run.method);
        note_counts(self, row->id, applied, applied);
        self->run.adapter = row->id > 0 ? row->id : 0;
        switch_off_trained(self);
        session_use_adapter(self, row->id);
        session_message(self, MESSAGE_INFO, "Learned the photo in %d steps", self->run.steps);
        session_document_edited(self, DOCUMENT_ADAPTERS, 0); // one step of undo
        session_save_now(self);
        session_run_end(self);
    } else {
        session_message_error(self, "The training stopped", job->error);
        session_run_stop(self);
    }
    store_training_end(self->store);
    session_job_finished(self, job);
}

// ---- files --------------------------------------------------------------------------------------

// One that the document had before: the model is another one, or the disk is not there. It stays in
// the list for the next start.
static void adapter_unavailable(TinctureSession *self, const struct store_adapter *row,
                                const GError *error)
{
    if (!self->adapter_failed) { // said once: with another model it is true of all of them
        session_message(self, MESSAGE_ERROR, "%s is not loaded: %s", row->name, error->message);
    }
    self->adapter_failed = true;
    note_counts(self, row->id, 0, 0);
    session_refresh_adapters(self);
    session_changed(self, DOCUMENT_ADAPTERS);
}

void session_adapter_loaded(TinctureSession *self, struct job *job, const char *name,
                            const char *method, bool other_base, int applied, int total)
{
    const gint64 id = job_adapter_id(job);
    struct store_adapter *row = session_adapter_row(self, id);
    const bool stopped = g_error_matches(job->error, G_IO_ERROR, G_IO_ERROR_CANCELLED);
    const bool added = g_array_index(self->jobs, struct pending_job, job_index(self, job)).added;
    if (row && job->error && !stopped && added) {
        session_message_error(self, "The adapter could not be used", job->error);
        document_forget_adapter(&self->document, id);
        history_forget_adapter(self->history, id); // undo must not bring it back
        session_document_shown(self, DOCUMENT_ADAPTERS);
    } else if (row && job->error && !stopped) {
        adapter_unavailable(self, row, job->error);
    } else if (row && !job->error) {
        note_counts(self, id, applied, total);
        if (other_base) {
            session_message(
                self, MESSAGE_INFO,
                "%s was learned on another model, and may not do here what it did there",
                row->name);
        }
        if (!g_str_equal(row->method, method)) { // an added file says what it is
            g_free(row->method);
            row->method = g_strdup(method);
            session_save_soon(self);
        }
        session_refresh_adapters(self);
        session_changed(self, DOCUMENT_ADAPTERS);
    }
    session_job_finished(self, job);
}

void session_exported(TinctureSession *self, struct job *job, const char *path, bool picture)
{
    if (job->error) {
        session_message_error(self, "The export did not work", job->error);
    } else {
        g_autofree char *name = g_filename_display_basename(path);
        self->exported = self->exported || picture;
        session_message(self, MESSAGE_INFO, "Exported %s", name);
    }
    session_job_finished(self, job);
}
