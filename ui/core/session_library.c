// The session's side of the library: what is open is a row, and is saved within a second of a
// change.
#include "ui/core/session_private.h"

#include "ui/core/paths.h"

#include <glib/gstdio.h>
#include <string.h>

#define SAVE_PAUSE_MS 800

static void row_from_document(TinctureSession *self)
{
    struct store_document *row = &self->row;
    const struct document *d = &self->document;
    g_free(row->source_prompt);
    g_free(row->prompt);
    g_free(row->negative);
    g_free(row->params);
    g_free(row->learn);
    row->source_prompt = g_strdup(d->source_prompt);
    row->prompt = g_strdup(d->prompt);
    row->negative = g_strdup(d->negative);
    row->params = document_params_json(d);
    row->learn = document_learn_json(d);
    row->seed = d->seed;
}

// Rows of adapters follow the list: what is not in it stays in the library, unlisted.
static bool save_adapters(TinctureSession *self, GError **error)
{
    for (guint i = 0; i < self->known_adapters->len; i++) {
        struct store_adapter *row = self->known_adapters->pdata[i];
        row->listed = false;
        for (guint k = 0; k < self->document.adapters->len; k++) {
            const struct document_use *use =
                &g_array_index(self->document.adapters, struct document_use, k);
            if (use->id == row->id) {
                row->listed = true;
                row->scale = use->scale;
                row->enabled = use->enabled;
            }
        }
        if (!store_adapter_save(self->store, row, error)) {
            return false;
        }
    }
    return true;
}

// Two windows may show one document. Who has changed nothing writes nothing, so that the other's
// work stays; and the row of a training is written only by who trains.
static bool save_all(TinctureSession *self, GError **error)
{
    if (self->unsaved) {
        row_from_document(self);
        if (!store_document_save(self->store, &self->row, error) || !save_adapters(self, error)) {
            return false;
        }
        self->unsaved = false;
    }
    return self->run.state != RUN_ACTIVE || !self->run.id ||
           store_run_save(self->store, &self->run, error);
}

void session_save_now(TinctureSession *self)
{
    g_clear_handle_id(&self->save_timer, g_source_remove);
    if (!self->store || !self->row.id) {
        return;
    }
    g_autoptr(GError) error = NULL;
    const bool saved = save_all(self, &error);
    if (!saved && !self->save_failed) { // said once, not with every step of a training
        session_message(self, MESSAGE_ERROR, "Your work could not be saved: %s", error->message);
    }
    self->save_failed = !saved;
}

static gboolean save_cb(gpointer data)
{
    TinctureSession *self = data;
    self->save_timer = 0;
    session_save_now(self);
    return G_SOURCE_REMOVE;
}

void session_save_soon(TinctureSession *self)
{
    self->unsaved = true;
    session_save_run_soon(self);
}

void session_save_run_soon(TinctureSession *self)
{
    if (!self->save_timer) {
        self->save_timer = g_timeout_add(SAVE_PAUSE_MS, save_cb, self);
    }
}

void session_library_open(TinctureSession *self, const char *data_dir)
{
    g_autofree char *dir = data_dir ? g_strdup(data_dir) : paths_data();
    g_autoptr(GError) error = NULL;
    self->store = store_open(dir, &error);
    if (!self->store) {
        session_message(self, MESSAGE_ERROR, "The library could not be opened: %s", error->message);
    }
}

// ---- adapters -----------------------------------------------------------------------------------

struct store_adapter *session_adapter_row(TinctureSession *self, gint64 id)
{
    for (guint i = 0; i < self->known_adapters->len; i++) {
        struct store_adapter *row = self->known_adapters->pdata[i];
        if (row->id == id) {
            return row;
        }
    }
    return NULL;
}

struct store_adapter *session_adapter_new(TinctureSession *self, const char *name, const char *path,
                                          const char *method)
{
    static gint64 unsaved = -1; // ids while there is no library
    struct store_adapter *row = g_new0(struct store_adapter, 1);
    *row = (struct store_adapter){
        .document = self->row.id,
        .name = g_strdup(name),
        .path = g_strdup(path),
        .method = g_strdup(method),
        .scale = 1.0,
        .enabled = true,
        .listed = true,
    };
    g_autoptr(GError) error = NULL;
    if (!self->store || !store_adapter_save(self->store, row, &error)) {
        row->id = unsaved--;
    }
    if (error) {
        session_message(self, MESSAGE_ERROR, "The adapter could not be put into the library: %s",
                        error->message);
    }
    g_ptr_array_add(self->known_adapters, row);
    return row;
}

static void document_adapter_free(struct document_adapter *a)
{
    g_free(a->name);
    g_free(a->path);
    g_free(a->method);
    g_free(a);
}

void session_refresh_adapters(TinctureSession *self)
{
    g_clear_pointer(&self->adapters, g_ptr_array_unref);
    self->adapters = g_ptr_array_new_with_free_func((GDestroyNotify)document_adapter_free);
    for (guint i = 0; i < self->document.adapters->len; i++) {
        const struct document_use *use =
            &g_array_index(self->document.adapters, struct document_use, i);
        const struct store_adapter *row = session_adapter_row(self, use->id);
        if (!row) {
            continue;
        }
        const int *counts = g_hash_table_lookup(self->adapter_counts, &use->id);
        struct document_adapter *a = g_new0(struct document_adapter, 1);
        *a = (struct document_adapter){
            .name = g_strdup(row->name),
            .path = self->store ? store_path(self->store, row->path) : g_strdup(row->path),
            .method = g_strdup(row->method),
            .scale = use->scale,
            .enabled = use->enabled,
            .applied = counts ? counts[0] : 0,
            .total = counts ? counts[1] : 0,
            .failed = counts && counts[1] == 0,
            .id = use->id,
        };
        g_ptr_array_add(self->adapters, a);
    }
}

// ---- results ------------------------------------------------------------------------------------

static void document_result_free(struct document_result *r)
{
    g_free(r->prompt);
    picture_clear(&r->thumb);
    g_free(r);
}

// Empty where the row does not hold what it says.
static struct picture thumb_picture(GBytes *rgba, int width, int height)
{
    const bool whole =
        rgba && width > 0 && height > 0 && g_bytes_get_size(rgba) == (gsize)width * height * 4;
    return whole ? (struct picture){width, height, g_bytes_ref(rgba)} : (struct picture){0};
}

void session_refresh_results(TinctureSession *self)
{
    g_clear_pointer(&self->results, g_ptr_array_unref);
    self->results = g_ptr_array_new_with_free_func((GDestroyNotify)document_result_free);
    g_autoptr(GError) error = NULL;
    g_autoptr(GPtrArray) rows =
        self->store && self->row.id
            ? store_results(self->store, self->row.id, self->results_limit + 1, &error)
            : NULL;
    self->more_results = rows && rows->len > self->results_limit;
    for (guint i = 0; rows && i < MIN(rows->len, self->results_limit); i++) {
        const struct store_result *row = rows->pdata[i];
        const struct picture thumb = thumb_picture(row->thumb, row->thumb_width, row->thumb_height);
        if (!thumb.rgba) {
            continue;
        }
        struct document_result *r = g_new0(struct document_result, 1);
        *r = (struct document_result){
            .id = row->id,
            .prompt = g_strdup(row->prompt),
            .created = row->created,
            .thumb = thumb,
            .seconds = row->seconds,
        };
        g_ptr_array_add(self->results, r);
    }
    if (error) {
        session_message(self, MESSAGE_ERROR, "Earlier results could not be read: %s",
                        error->message);
    }
}

struct store_result *session_newest_result(TinctureSession *self, const char *recipe)
{
    const struct document_result *first = self->results->len ? self->results->pdata[0] : NULL;
    struct store_result *r = first ? store_result_load(self->store, first->id, NULL) : NULL;
    if (r && g_strcmp0(r->recipe, recipe) == 0) {
        return r;
    }
    store_result_free(r);
    return NULL;
}

static void fresh_clear(TinctureSession *self)
{
    g_clear_pointer(&self->fresh.pixels, g_bytes_unref);
    picture_clear(&self->fresh.thumb);
    g_clear_pointer(&self->fresh.recipe, g_free);
    g_clear_pointer(&self->fresh.prompt, g_free);
}

void session_keep_result(TinctureSession *self)
{
    g_clear_handle_id(&self->keep_timer, g_source_remove);
    if (!self->fresh.pixels) {
        return;
    }
    struct store_result *same = session_newest_result(self, self->fresh.recipe);
    if (same) { // drawn again: the history has it already
        store_result_free(same);
        fresh_clear(self);
        return;
    }
    struct store_result row = {
        .document = self->row.id,
        .prompt = self->fresh.prompt,
        .recipe = self->fresh.recipe,
        .thumb = self->fresh.thumb.rgba,
        .thumb_width = self->fresh.thumb.width,
        .thumb_height = self->fresh.thumb.height,
        .pixels = self->fresh.pixels,
        .width = self->fresh.width,
        .height = self->fresh.height,
        .seconds = self->fresh.seconds,
    };
    g_autoptr(GError) error = NULL;
    if (self->store && self->row.id && !store_result_save(self->store, &row, &error)) {
        session_message(self, MESSAGE_ERROR, "The result could not be kept: %s", error->message);
    }
    fresh_clear(self);
    session_refresh_results(self);
    session_changed(self, DOCUMENT_RESULTS);
}

// ---- opening ------------------------------------------------------------------------------------

static void document_from_row(TinctureSession *self)
{
    struct document *d = &self->document;
    document_clear(d);
    document_init(d);
    const struct {
        char **to;
        const char *from;
    } texts[] = {{&d->source_prompt, self->row.source_prompt},
                 {&d->prompt, self->row.prompt},
                 {&d->negative, self->row.negative}};
    for (size_t i = 0; i < G_N_ELEMENTS(texts); i++) {
        if (texts[i].from) {
            g_free(*texts[i].to);
            *texts[i].to = g_strdup(texts[i].from);
        }
    }
    document_params_from_json(d, self->row.params);
    document_learn_from_json(d, self->row.learn);
    d->seed = self->row.seed;
}

static void read_adapters(TinctureSession *self)
{
    g_autoptr(GError) error = NULL;
    g_clear_pointer(&self->known_adapters, g_ptr_array_unref);
    g_hash_table_remove_all(self->adapter_counts);
    self->adapter_failed = false;
    self->known_adapters = self->store ? store_adapters(self->store, self->row.id, &error) : NULL;
    if (!self->known_adapters) {
        self->known_adapters = g_ptr_array_new_with_free_func((GDestroyNotify)store_adapter_free);
    }
    for (guint i = 0; i < self->known_adapters->len; i++) {
        const struct store_adapter *row = self->known_adapters->pdata[i];
        if (row->listed) {
            struct document_use use = {
                .id = row->id, .scale = CLAMP(row->scale, -10.0, 10.0), .enabled = row->enabled};
            g_array_append_val(self->document.adapters, use);
            g_autofree char *path = store_path(self->store, row->path);
            session_submit(self, job_adapter_new(path, row->id));
        }
    }
}

static bool run_has_checkpoint(TinctureSession *self, const struct store_run *run)
{
    g_autofree char *path = store_own_path(self->store, run->checkpoint);
    return path && g_file_test(path, G_FILE_TEST_EXISTS);
}

static GPtrArray *unfinished_runs(TinctureSession *self)
{
    g_autoptr(GError) error = NULL;
    GPtrArray *runs = self->store ? store_runs_unfinished(self->store, self->row.id, &error) : NULL;
    if (error) {
        session_message(self, MESSAGE_ERROR, "Earlier trainings could not be read: %s",
                        error->message);
    }
    return runs ? runs : g_ptr_array_new_with_free_func((GDestroyNotify)store_run_free);
}

// The newest training that can be gone on with. Not one that was killed before its first
// checkpoint, nor one that runs right now in another window: their rows stay.
static void read_run(TinctureSession *self)
{
    store_run_clear(&self->run);
    g_array_set_size(self->loss, 0);
    g_autoptr(GPtrArray) runs = unfinished_runs(self);
    for (guint i = 0; i < runs->len && !self->run.id; i++) {
        struct store_run *run = runs->pdata[i];
        if (run_has_checkpoint(self, run) &&
            !(run->state == RUN_ACTIVE && store_training_elsewhere(self->store))) {
            self->run = *run;
            *run = (struct store_run){0};
        }
    }
    self->run.state = RUN_STOPPED;
    if (self->run.loss) {
        gsize size;
        const double *values = g_bytes_get_data(self->run.loss, &size);
        g_array_append_vals(self->loss, values, (guint)(size / sizeof *values));
    }
}

static bool save_run(TinctureSession *self, struct store_run *run)
{
    g_autoptr(GError) error = NULL;
    if (!run->id || store_run_save(self->store, run, &error)) {
        return true;
    }
    session_message(self, MESSAGE_ERROR, "Your work could not be saved: %s", error->message);
    return false;
}

bool session_run_begin(TinctureSession *self)
{
    g_autoptr(GError) error = NULL;
    if (store_training_begin(self->store, &error)) {
        return true;
    }
    session_message_error(self, "The photo cannot be learned now", error);
    return false;
}

bool session_run_begin_again(TinctureSession *self)
{
    const gint64 id = self->run.id;
    if (!session_run_begin(self)) {
        return false;
    }
    read_run(self); // another window may have gone on with it
    if (self->run.id == id) {
        return true;
    }
    session_message(self, MESSAGE_ERROR, "This training has been ended in another window");
    store_training_end(self->store);
    session_job_changed(self);
    return false;
}

static void end_run(TinctureSession *self, struct store_run *run)
{
    run->state = RUN_DONE;
    if (save_run(self, run) && run_has_checkpoint(self, run)) {
        g_autofree char *path = store_own_path(self->store, run->checkpoint);
        g_unlink(path);
    }
}

static void end_other_runs(TinctureSession *self)
{
    g_autoptr(GPtrArray) runs = unfinished_runs(self);
    for (guint i = 0; i < runs->len; i++) {
        struct store_run *run = runs->pdata[i];
        if (run->id != self->run.id) {
            end_run(self, run);
        }
    }
    self->replaces_runs = false;
}

void session_run_stepped(TinctureSession *self)
{
    if (self->replaces_runs && run_has_checkpoint(self, &self->run)) {
        end_other_runs(self);
    }
}

void session_run_leave(TinctureSession *self)
{
    self->run.state = RUN_STOPPED;
    save_run(self, &self->run);
}

void session_run_stop(TinctureSession *self)
{
    if (run_has_checkpoint(self, &self->run)) {
        session_run_stepped(self);
        session_run_leave(self);
    } else { // it failed before there was anything to go on from
        end_run(self, &self->run);
        read_run(self);
    }
}

void session_run_end(TinctureSession *self)
{
    end_run(self, &self->run);
    end_other_runs(self);
    store_run_clear(&self->run);
}

// The document changes only once the photo has been read. Takes the row.
static void open_row(TinctureSession *self, struct store_document *row, struct job *job)
{
    // The edit in flight makes way; should the photo be none, it is done again.
    self->edit_wanted = session_cancel_jobs(self, JOB_EDIT) || self->edit_wanted;
    session_submit_open(self, job, row);
}

// The row as the library has it now: between the request and the photo the same document may have
// been changed, or made by an earlier request for the same photo.
static void refresh_row(TinctureSession *self, struct store_document *row)
{
    struct store_document now = {0};
    if (row->id ? store_document_load(self->store, row->id, &now, NULL)
                : store_document_find(self->store, row->photo, &now, NULL)) {
        store_document_clear(row);
        *row = now;
    }
}

void session_library_opened(TinctureSession *self, struct store_document *row, const char *photo)
{
    session_keep_result(self);
    session_save_now(self);
    store_document_clear(&self->row);
    if (photo) {
        g_free(row->photo);
        row->photo = g_strdup(photo);
    }
    refresh_row(self, row);
    self->row = *row;
    *row = (struct store_document){0};
    g_autoptr(GError) error = NULL;
    if (!store_document_save(self->store, &self->row, &error)) {
        session_message(self, MESSAGE_ERROR, "This photo's work will not be saved: %s",
                        error->message);
    }
    document_from_row(self);
    read_adapters(self);
    read_run(self);
    history_free(self->history);
    self->history = history_new(&self->document);
    self->results_limit = RESULTS_SHOWN;
    session_refresh_adapters(self);
    session_refresh_results(self);
}

void session_library_import(TinctureSession *self, const char *path, GBytes *bytes,
                            const char *name)
{
    if (!self->store) {
        session_message(self, MESSAGE_ERROR, "The library could not be opened, so no photo can be");
        return;
    }
    struct store_document *row = g_new(struct store_document, 1);
    *row = (struct store_document){
        .name = g_strdup(name),
        .photo = g_strdup(""), // known once it has been read
        .origin = g_strdup(path),
        .source_prompt = g_strdup(""),
        .prompt = g_strdup(""),
        .negative = g_strdup(""),
        .params = g_strdup("{}"),
        .learn = g_strdup("{}"),
    };
    open_row(self, row, job_open_new(path, bytes, store_dir(self->store), name));
}

// Takes what row holds.
static void open_stored(TinctureSession *self, struct store_document *row)
{
    g_autofree char *path = store_own_path(self->store, row->photo);
    if (path) {
        open_row(self, g_memdup2(row, sizeof *row), job_open_new(path, NULL, NULL, NULL));
    } else {
        session_message(self, MESSAGE_ERROR,
                        "%s could not be opened: its photo is not in the library", row->name);
        store_document_clear(row);
    }
}

void session_library_restore(TinctureSession *self, gint64 id)
{
    g_autoptr(GError) error = NULL;
    struct store_document row = {0};
    if (self->store && store_document_load(self->store, id, &row, &error)) {
        open_stored(self, &row);
    } else if (error) {
        session_message_error(self, "The document could not be read", error);
    } else if (id) {
        session_message(self, MESSAGE_ERROR, "This document is not in the library any more");
    }
}

// ---- the list of documents ----------------------------------------------------------------------

static void document_entry_free(struct document_entry *e)
{
    g_free(e->title);
    g_free(e->origin);
    picture_clear(&e->thumb);
    g_free(e);
}

GPtrArray *tincture_session_documents(TinctureSession *self)
{
    GPtrArray *list = g_ptr_array_new_with_free_func((GDestroyNotify)document_entry_free);
    g_autoptr(GError) error = NULL;
    g_autoptr(GPtrArray) rows =
        self->store ? store_documents(self->store, DOCUMENTS_SHOWN, &error) : NULL;
    session_message_error(self, "The documents could not be read", error);
    for (guint i = 0; rows && i < rows->len; i++) {
        const struct store_entry *row = rows->pdata[i];
        struct document_entry *e = g_new(struct document_entry, 1);
        *e = (struct document_entry){
            .id = row->id,
            .title = g_strdup(row->name),
            .origin = g_strdup(row->origin),
            .modified = row->modified,
            .thumb = thumb_picture(row->thumb, row->thumb_width, row->thumb_height),
            .open = self->has_photo && row->id == self->row.id,
        };
        g_ptr_array_add(list, e);
    }
    return list;
}
