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

void session_save_now(TinctureSession *self)
{
    g_clear_handle_id(&self->save_timer, g_source_remove);
    if (!self->store || !self->row.id) {
        return;
    }
    g_autoptr(GError) error = NULL;
    row_from_document(self);
    const bool saved = store_document_save(self->store, &self->row, &error) &&
                       save_adapters(self, &error) &&
                       (!self->run.id || store_run_save(self->store, &self->run, &error));
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
        session_message(self, MESSAGE_ERROR, "Nothing will be saved: %s", error->message);
    }
}

// ---- adapters
// --------------------------------------------------------------------------------------------

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
            .id = use->id,
        };
        g_ptr_array_add(self->adapters, a);
    }
}

// ---- results
// ---------------------------------------------------------------------------------------------

static void document_result_free(struct document_result *r)
{
    g_free(r->prompt);
    view_picture_clear(&r->thumb);
    g_free(r);
}

void session_refresh_results(TinctureSession *self)
{
    g_clear_pointer(&self->results, g_ptr_array_unref);
    self->results = g_ptr_array_new_with_free_func((GDestroyNotify)document_result_free);
    g_autoptr(GError) error = NULL;
    g_autoptr(GPtrArray) rows =
        self->store && self->row.id ? store_results(self->store, self->row.id, &error) : NULL;
    for (guint i = 0; rows && i < rows->len; i++) {
        const struct store_result *row = rows->pdata[i];
        const gsize expected = (gsize)row->thumb_width * row->thumb_height * 4;
        if (!row->thumb || row->thumb_width < 1 || row->thumb_height < 1 ||
            g_bytes_get_size(row->thumb) != expected) {
            continue;
        }
        struct document_result *r = g_new0(struct document_result, 1);
        *r = (struct document_result){
            .id = row->id,
            .prompt = g_strdup(row->prompt),
            .created = row->created,
            .thumb = {row->thumb_width, row->thumb_height, g_bytes_ref(row->thumb)},
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
    view_picture_clear(&self->fresh.thumb);
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

// ---- opening
// ---------------------------------------------------------------------------------------------

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

bool session_run_has_checkpoint(TinctureSession *self)
{
    g_autofree char *path =
        self->run.checkpoint && self->store ? store_path(self->store, self->run.checkpoint) : NULL;
    return path && g_file_test(path, G_FILE_TEST_EXISTS);
}

void session_run_end(TinctureSession *self)
{
    g_autoptr(GError) error = NULL;
    self->run.state = RUN_DONE;
    if (self->run.id && !store_run_save(self->store, &self->run, &error)) {
        session_message(self, MESSAGE_ERROR, "Your work could not be saved: %s", error->message);
    } else if (session_run_has_checkpoint(self)) {
        g_autofree char *path = store_path(self->store, self->run.checkpoint);
        g_unlink(path);
    }
    store_run_clear(&self->run);
}

static void read_run(TinctureSession *self)
{
    store_run_clear(&self->run);
    g_array_set_size(self->loss, 0);
    g_autoptr(GError) error = NULL;
    if (!self->store || !store_run_unfinished(self->store, self->row.id, &self->run, &error)) {
        return;
    }
    if (!session_run_has_checkpoint(self)) {
        // Killed before its first checkpoint; or it runs right now in another window, so the row
        // stays.
        store_run_clear(&self->run);
        return;
    }
    self->run.state = RUN_STOPPED;
    if (self->run.loss) {
        gsize size;
        const double *values = g_bytes_get_data(self->run.loss, &size);
        g_array_append_vals(self->loss, values, (guint)(size / sizeof *values));
    }
}

// Asks for the photo of a row; the document changes only once the photo has been read. Takes the
// row.
static void open_pending(TinctureSession *self, struct store_document *row)
{
    g_queue_push_tail(&self->pending, g_memdup2(row, sizeof *row));
    // The edit in flight makes way; should the photo be none, it is done again.
    self->edit_wanted = session_cancel_jobs(self, JOB_EDIT) || self->edit_wanted;
    if (session_has_job(self, JOB_LEARN)) {
        session_message(self, MESSAGE_INFO, "%s opens when the training has ended", row->name);
    }
    g_autofree char *path = store_path(self->store, row->photo);
    session_submit(self, job_open_new(path));
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

void session_library_opened(TinctureSession *self)
{
    session_keep_result(self);
    session_save_now(self);
    store_document_clear(&self->row);
    g_autofree struct store_document *row = g_queue_pop_head(&self->pending);
    refresh_row(self, row);
    self->row = *row;
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
    session_refresh_adapters(self);
    session_refresh_results(self);
}

static bool photo_in_use(TinctureSession *self, const char *photo)
{
    for (const GList *l = self->pending.head; l; l = l->next) {
        if (g_str_equal(((const struct store_document *)l->data)->photo, photo)) {
            return true;
        }
    }
    struct store_document found = {0};
    bool known = store_document_find(self->store, photo, &found, NULL);
    store_document_clear(&found);
    return known;
}

void session_library_not_opened(TinctureSession *self, const GError *error)
{
    struct store_document *row = g_queue_pop_head(&self->pending);
    if (!g_error_matches(error, G_IO_ERROR, G_IO_ERROR_CANCELLED)) {
        // The reader names the library's copy; the user knows another name.
        g_autofree char *copy = g_path_get_basename(row->photo);
        g_autofree char *prefix = g_strconcat(copy, ": ", NULL);
        const bool named = g_str_has_prefix(error->message, prefix);
        session_message(self, MESSAGE_ERROR, "%s could not be opened: %s", row->name,
                        error->message + (named ? strlen(prefix) : 0));
    }
    if (!row->id && !photo_in_use(self, row->photo)) { // what is no picture does not stay
        g_autofree char *path = store_path(self->store, row->photo);
        g_unlink(path);
    }
    store_document_free(row);
}

// Photos are kept under the hash of their bytes, so that opening one again finds its document.
static char *photo_name(GBytes *bytes, const char *name)
{
    g_autofree char *hash = g_compute_checksum_for_bytes(G_CHECKSUM_SHA256, bytes);
    const char *dot = name ? strrchr(name, '.') : NULL;
    bool plain = dot && strlen(dot) <= 6 && !strchr(dot, '/');
    return g_strdup_printf("photos/%s%s", hash, plain ? dot : "");
}

bool session_library_import(TinctureSession *self, GBytes *bytes, const char *name,
                            const char *origin)
{
    g_autoptr(GError) error = NULL;
    if (!self->store) {
        session_message(self, MESSAGE_ERROR, "The library could not be opened, so no photo can be");
        return false;
    }
    g_autofree char *photo = photo_name(bytes, name);
    g_autofree char *path = store_path(self->store, photo);
    struct store_document row = {0};
    bool known = store_document_find(self->store, photo, &row, &error);
    gsize size;
    const char *data = g_bytes_get_data(bytes, &size);
    if (error ||
        (!g_file_test(path, G_FILE_TEST_EXISTS) &&
         !g_file_set_contents_full(path, data, (gssize)size,
                                   G_FILE_SET_CONTENTS_CONSISTENT | G_FILE_SET_CONTENTS_DURABLE,
                                   0600, &error))) {
        session_message(self, MESSAGE_ERROR, "The photo could not be put into the library: %s",
                        error->message);
        store_document_clear(&row);
        return false;
    }
    if (!known) {
        row = (struct store_document){
            .name = g_strdup(name ? name : "Pasted picture"),
            .photo = g_strdup(photo),
            .origin = g_strdup(origin),
            .source_prompt = g_strdup(""),
            .prompt = g_strdup(""),
            .negative = g_strdup(""),
            .params = g_strdup("{}"),
            .learn = g_strdup("{}"),
        };
    }
    open_pending(self, &row);
    return true;
}

void session_library_restore_last(TinctureSession *self)
{
    g_autoptr(GError) error = NULL;
    struct store_document row = {0};
    if (self->store && store_document_load(self->store, 0, &row, &error)) {
        open_pending(self, &row);
    } else if (error) {
        session_message(self, MESSAGE_ERROR, "The last document could not be read: %s",
                        error->message);
    }
}
