#include "ui/core/session_private.h"

#include "ui/core/paths.h"

#include <string.h>

G_DEFINE_FINAL_TYPE(TinctureSession, tincture_session, G_TYPE_OBJECT)
guint session_signals[N_SIGNALS];

// ---- telling the widgets ------------------------------------------------------------------------

void session_changed(TinctureSession *self, unsigned parts)
{
    if (parts) {
        g_signal_emit(self, session_signals[SIGNAL_DOCUMENT], 0, parts);
    }
}

struct early_message {
    TinctureSession *session;
    enum message_kind kind;
    char *text;
};

static gboolean early_message_cb(gpointer data)
{
    struct early_message *early = data;
    g_signal_emit(early->session, session_signals[SIGNAL_MESSAGE], 0, (int)early->kind,
                  early->text);
    g_object_unref(early->session);
    g_free(early->text);
    g_free(early);
    return G_SOURCE_REMOVE;
}

void session_message(TinctureSession *self, enum message_kind kind, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    g_autofree char *raw = g_strdup_vprintf(format, args);
    va_end(args);
    // Errors may name files, whose names are bytes.
    g_autofree char *text = g_utf8_make_valid(raw, -1);
    if (self->starting) { // nobody listens yet
        struct early_message *early = g_new(struct early_message, 1);
        *early = (struct early_message){g_object_ref(self), kind, g_steal_pointer(&text)};
        g_idle_add(early_message_cb, early);
    } else {
        g_signal_emit(self, session_signals[SIGNAL_MESSAGE], 0, (int)kind, text);
    }
}

void session_message_error(TinctureSession *self, const char *what, const GError *error)
{
    if (error && !g_error_matches(error, G_IO_ERROR, G_IO_ERROR_CANCELLED)) {
        session_message(self, MESSAGE_ERROR, "%s: %s", what, error->message);
    }
}

// ---- reading ------------------------------------------------------------------------------------

const char *tincture_session_device_text(TinctureSession *self)
{
    return self->device_text;
}

const char *tincture_session_model_text(TinctureSession *self)
{
    return self->model_text;
}

const char *tincture_session_title(TinctureSession *self)
{
    return self->has_photo ? self->row.name : NULL;
}

bool tincture_session_has_photo(TinctureSession *self)
{
    return self->has_photo;
}

void tincture_session_photo_size(TinctureSession *self, int *width, int *height)
{
    *width = self->photo_width;
    *height = self->photo_height;
}

struct picture tincture_session_before(TinctureSession *self)
{
    return self->before;
}

struct picture tincture_session_view(TinctureSession *self)
{
    if (self->view_is_preview && self->preview.rgba) {
        return self->preview;
    }
    return self->view.rgba ? self->view : self->before;
}

bool tincture_session_view_is_preview(TinctureSession *self)
{
    return self->view_is_preview;
}

const struct job_state *tincture_session_job(TinctureSession *self)
{
    return &self->state;
}

const GArray *tincture_session_samples(TinctureSession *self)
{
    return self->samples;
}

const char *tincture_session_source_prompt(TinctureSession *self)
{
    return self->document.source_prompt;
}

const char *tincture_session_prompt(TinctureSession *self)
{
    return self->document.prompt;
}

const char *tincture_session_negative(TinctureSession *self)
{
    return self->document.negative;
}

double tincture_session_param(TinctureSession *self, const char *key)
{
    return self->document.params[document_param_index(key)];
}

uint64_t tincture_session_seed(TinctureSession *self)
{
    return self->document.seed;
}

const struct learn_params *tincture_session_learn_params(TinctureSession *self)
{
    return &self->document.learn;
}

const GPtrArray *tincture_session_adapters(TinctureSession *self)
{
    return self->adapters;
}

const GPtrArray *tincture_session_results(TinctureSession *self)
{
    return self->results;
}

bool tincture_session_has_more_results(TinctureSession *self)
{
    return self->more_results;
}

void tincture_session_more_results(TinctureSession *self)
{
    self->results_limit += RESULTS_SHOWN;
    session_refresh_results(self);
    session_changed(self, DOCUMENT_RESULTS);
}

bool tincture_session_can_undo(TinctureSession *self)
{
    return history_can_undo(self->history);
}

bool tincture_session_can_redo(TinctureSession *self)
{
    return history_can_redo(self->history);
}

bool tincture_session_modified(TinctureSession *self)
{
    return self->has_photo && !self->exported;
}

// ---- changing -----------------------------------------------------------------------------------

// Tags of changes that come in quick succession: each field merges with itself.
enum {
    TAG_SOURCE = 1,
    TAG_PROMPT,
    TAG_NEGATIVE,
    TAG_SEED,
    TAG_LEARN,
    TAG_PARAM = 100,
    TAG_ADAPTER = 1000
};

void session_document_shown(TinctureSession *self, unsigned parts)
{
    if (parts & DOCUMENT_ADAPTERS) {
        session_refresh_adapters(self);
    }
    session_save_soon(self);
    session_changed(self, parts | DOCUMENT_UNDO);
}

void session_document_edited(TinctureSession *self, unsigned parts, unsigned tag)
{
    history_push(self->history, &self->document, tag);
    session_document_shown(self, parts);
}

void session_use_adapter(TinctureSession *self, gint64 id)
{
    struct document_use use = {.id = id, .scale = 1.0, .enabled = true};
    g_array_append_val(self->document.adapters, use);
}

static bool replace_text(char **text, const char *value)
{
    if (g_str_equal(*text, value)) {
        return false;
    }
    g_free(*text);
    *text = g_strdup(value);
    return true;
}

void tincture_session_set_source_prompt(TinctureSession *self, const char *text)
{
    if (replace_text(&self->document.source_prompt, text)) {
        session_document_edited(self, DOCUMENT_PROMPTS, TAG_SOURCE);
        if (*self->document.prompt || !*text) { // with neither the photo is shown again
            session_want_edit(self);
        }
    }
}

void tincture_session_set_prompt(TinctureSession *self, const char *text)
{
    if (replace_text(&self->document.prompt, text)) {
        session_document_edited(self, DOCUMENT_PROMPTS, TAG_PROMPT);
        session_want_edit(self);
    }
}

void tincture_session_set_negative(TinctureSession *self, const char *text)
{
    if (replace_text(&self->document.negative, text)) {
        session_document_edited(self, DOCUMENT_PROMPTS, TAG_NEGATIVE);
        session_want_edit(self);
    }
}

void tincture_session_set_param(TinctureSession *self, const char *key, double value)
{
    const int i = document_param_index(key);
    g_return_if_fail(i >= 0);
    value = CLAMP(value, edit_params[i].min, edit_params[i].max);
    if (self->document.params[i] != value) {
        self->document.params[i] = value;
        session_document_edited(self, DOCUMENT_PARAMS, TAG_PARAM + (unsigned)i);
        session_want_edit(self);
    }
}

void tincture_session_set_seed(TinctureSession *self, uint64_t seed)
{
    if (self->document.seed != seed) {
        self->document.seed = seed;
        session_document_edited(self, DOCUMENT_PARAMS, TAG_SEED);
        session_want_edit(self);
    }
}

void tincture_session_roll_seed(TinctureSession *self)
{
    tincture_session_set_seed(self, g_random_int());
}

void tincture_session_set_learn_params(TinctureSession *self, const struct learn_params *params)
{
    struct document before;
    document_copy(&self->document, &before);
    self->document.learn = *params;
    if (!document_equal(&before, &self->document)) {
        session_document_edited(self, DOCUMENT_PARAMS, TAG_LEARN);
    }
    document_clear(&before);
}

void tincture_session_adapter_add(TinctureSession *self, const char *path)
{
    if (!self->has_photo) {
        session_message(self, MESSAGE_ERROR,
                        "Open a photo first; an adapter belongs to a document");
        return;
    }
    g_autofree char *name = g_filename_display_basename(path);
    const struct store_adapter *row = session_adapter_new(self, name, path, "");
    session_use_adapter(self, row->id);
    session_document_edited(self, DOCUMENT_ADAPTERS, 0);
    session_submit_added(self, job_adapter_new(path, row->id));
    session_want_edit(self);
}

static struct document_use *find_use(TinctureSession *self, gint64 id)
{
    for (guint i = 0; i < self->document.adapters->len; i++) {
        struct document_use *use = &g_array_index(self->document.adapters, struct document_use, i);
        if (use->id == id) {
            return use;
        }
    }
    return NULL;
}

void tincture_session_adapter_remove(TinctureSession *self, gint64 id)
{
    if (find_use(self, id)) {
        document_forget_adapter(&self->document, id);
        session_document_edited(self, DOCUMENT_ADAPTERS, 0);
        session_want_edit(self);
    }
}

void tincture_session_adapter_set_scale(TinctureSession *self, gint64 id, double scale)
{
    struct document_use *use = find_use(self, id);
    if (use && use->scale != scale) {
        use->scale = scale;
        session_document_edited(self, DOCUMENT_ADAPTERS, TAG_ADAPTER + (unsigned)id);
        session_want_edit(self);
    }
}

void tincture_session_adapter_set_enabled(TinctureSession *self, gint64 id, bool enabled)
{
    struct document_use *use = find_use(self, id);
    if (use && use->enabled != enabled) {
        use->enabled = enabled;
        session_document_edited(self, DOCUMENT_ADAPTERS, 0);
        session_want_edit(self);
    }
}

static void go_to(TinctureSession *self, const struct document *state)
{
    if (!state) {
        return;
    }
    const unsigned parts = document_diff(&self->document, state);
    document_clear(&self->document);
    document_copy(state, &self->document);
    session_document_shown(self, parts);
    session_want_edit(self);
}

void tincture_session_undo(TinctureSession *self)
{
    go_to(self, history_undo(self->history));
}

void tincture_session_redo(TinctureSession *self)
{
    go_to(self, history_redo(self->history));
}

// What is asked for now would meet another photo than the one that is shown.
static bool photo_changes(TinctureSession *self)
{
    const char *opening = session_opening(self);
    if (opening) {
        session_message(self, MESSAGE_ERROR, "%s is still being opened; try again when it is there",
                        opening);
    }
    return opening != NULL;
}

void tincture_session_result_restore(TinctureSession *self, gint64 id)
{
    if (photo_changes(self)) {
        return;
    }
    g_autoptr(GError) error = NULL;
    session_keep_result(self); // what is shown now can be gone back to
    struct store_result *r = self->store ? store_result_load(self->store, id, &error) : NULL;
    if (!r) {
        session_message_error(self, "This result could not be read", error);
        return;
    }
    g_clear_handle_id(&self->edit_timer, g_source_remove);
    self->edit_wanted = false;
    session_cancel_jobs(self, JOB_EDIT);
    document_from_json(&self->document, r->recipe);
    session_document_edited(self, DOCUMENT_PROMPTS | DOCUMENT_PARAMS | DOCUMENT_ADAPTERS, 0);
    session_submit(self, job_restore_new(&self->document, session_job_adapters(self), r->pixels,
                                         r->width, r->height));
    store_result_free(r);
}

// ---- requests -----------------------------------------------------------------------------------

void tincture_session_open(TinctureSession *self, const char *path)
{
    g_autofree char *name = g_filename_display_basename(path);
    session_library_import(self, path, NULL, name);
}

void tincture_session_open_bytes(TinctureSession *self, GBytes *encoded, const char *name)
{
    session_library_import(self, NULL, encoded, name ? name : "Pasted picture");
}

void tincture_session_open_document(TinctureSession *self, gint64 id)
{
    g_return_if_fail(id > 0);
    if (id != self->row.id || session_opening(self)) {
        session_library_restore(self, id);
    }
}

static bool learn_possible(TinctureSession *self)
{
    if (!self->has_photo) {
        session_message(self, MESSAGE_ERROR, "Open a photo first");
    } else if (!*self->document.source_prompt) {
        session_message(self, MESSAGE_ERROR,
                        "Say in a sentence what the photo shows, then it can be learned");
    } else if (session_has_job(self, JOB_LEARN)) {
        session_message(self, MESSAGE_ERROR, "A training is running already");
    } else {
        return !photo_changes(self);
    }
    return false;
}

static void start_learning(TinctureSession *self, bool resume)
{
    g_autofree char *checkpoint = store_own_path(self->store, self->run.checkpoint);
    g_autofree char *uuid = g_uuid_string_random();
    g_free(self->learn_path);
    self->learn_path = g_strdup_printf("adapters/%s.safetensors", uuid);
    g_autofree char *path = store_path(self->store, self->learn_path);
    self->run.state = RUN_ACTIVE;
    self->replaces_runs = true;
    session_save_now(self);
    g_array_set_size(self->samples, 0);
    session_cancel_jobs(self, JOB_EDIT);
    session_cancel_jobs(self, JOB_DETAIL);
    self->edit_wanted = true; // the picture with what was learned
    session_submit(self, job_learn_new(&self->document, path, checkpoint, resume));
}

void tincture_session_learn_over(TinctureSession *self)
{
    if (!learn_possible(self) || !session_run_begin(self)) {
        return;
    }
    store_run_clear(&self->run); // the row of one that waited stays for now
    g_array_set_size(self->loss, 0);
    g_autofree char *uuid = g_uuid_string_random();
    self->run = (struct store_run){
        .document = self->row.id,
        .method = g_strdup(self->document.learn.method),
        .learn = document_learn_json(&self->document),
        .checkpoint = g_strdup_printf("runs/%s.safetensors", uuid),
        .prompt = g_strdup(self->document.source_prompt),
        .steps = self->document.learn.steps,
    };
    g_autoptr(GError) error = NULL;
    if (!store_run_save(self->store, &self->run, &error)) {
        session_message_error(self, "The training could not be noted in the library", error);
    }
    start_learning(self, false);
}

static bool run_waits(TinctureSession *self)
{
    return self->run.id && self->run.state == RUN_STOPPED;
}

void tincture_session_learn_resume(TinctureSession *self)
{
    if (!run_waits(self) || !learn_possible(self) || !session_run_begin_again(self)) {
        return;
    }
    // What the training was started with, whatever has been changed since.
    document_learn_from_json(&self->document, self->run.learn);
    replace_text(&self->document.source_prompt, self->run.prompt);
    session_document_edited(self, DOCUMENT_PARAMS | DOCUMENT_PROMPTS, 0);
    start_learning(self, true);
}

void tincture_session_learn(TinctureSession *self)
{
    if (run_waits(self)) {
        tincture_session_learn_resume(self);
    } else {
        tincture_session_learn_over(self);
    }
}

void tincture_session_edit_now(TinctureSession *self)
{
    self->edit_explicit = true;
    session_edit_now(self);
}

void tincture_session_cancel(TinctureSession *self)
{
    g_clear_handle_id(&self->edit_timer, g_source_remove);
    self->edit_wanted = false;
    // Not the model: nothing would work without it.
    for (enum job_kind kind = JOB_OPEN; kind <= JOB_EXPORT; kind++) {
        session_cancel_jobs(self, kind);
    }
}

void tincture_session_export(TinctureSession *self, const char *path, bool with_recipe,
                             int jpeg_quality, int bits)
{
    if (photo_changes(self)) {
        return;
    }
    session_keep_result(self);
    session_submit(self, job_export_new(path, with_recipe, jpeg_quality, bits));
}

void tincture_session_export_adapter(TinctureSession *self, gint64 id, const char *path)
{
    const struct store_adapter *row = session_adapter_row(self, id);
    if (row) {
        g_autofree char *source = store_path(self->store, row->path);
        session_submit(self, job_export_adapter_new(source, path));
    }
}

// ---- life ---------------------------------------------------------------------------------------

TinctureSession *tincture_session_new(const char *data_dir, const char *model, const char *device)
{
    TinctureSession *self = g_object_new(TINCTURE_TYPE_SESSION, NULL);
    g_autofree char *dir = paths_model(model);
    self->starting = true;
    self->worker = worker_new(self);
    session_submit(self, job_load_new(dir, device));
    session_library_open(self, data_dir);
    session_library_restore(self, 0);
    self->starting = false;
    return self;
}

void tincture_session_close(TinctureSession *self)
{
    if (!self->worker) {
        return;
    }
    g_clear_handle_id(&self->edit_timer, g_source_remove);
    session_keep_result(self);
    if (self->run.state == RUN_ACTIVE && self->run.id) {
        session_run_leave(self);
    }
    session_save_now(self);
    self->edit_wanted = false;
    for (enum job_kind kind = JOB_LOAD_MODEL; kind < JOB_EXPORT; kind++) {
        session_cancel_jobs(self, kind); // an export was asked for, and is short: it ends
    }
    worker_stop(self->worker);
    self->worker = NULL;
}

static void tincture_session_dispose(GObject *object)
{
    tincture_session_close(TINCTURE_SESSION(object)); // signals may still be sent here
    G_OBJECT_CLASS(tincture_session_parent_class)->dispose(object);
}

static void tincture_session_finalize(GObject *object)
{
    TinctureSession *self = TINCTURE_SESSION(object);
    g_clear_handle_id(&self->edit_timer, g_source_remove);
    g_clear_handle_id(&self->save_timer, g_source_remove);
    g_clear_handle_id(&self->keep_timer, g_source_remove);
    history_free(self->history);
    document_clear(&self->document);
    store_document_clear(&self->row);
    store_run_clear(&self->run);
    g_ptr_array_unref(self->known_adapters);
    g_hash_table_unref(self->adapter_counts);
    g_ptr_array_unref(self->adapters);
    g_ptr_array_unref(self->results);
    picture_clear(&self->before);
    picture_clear(&self->view);
    picture_clear(&self->preview);
    view_detail_clear(&self->detail);
    g_array_unref(self->samples);
    g_array_unref(self->loss);
    g_array_unref(self->jobs);
    g_free(self->learn_path);
    g_free(self->device_text);
    g_free(self->model_text);
    store_close(self->store);
    G_OBJECT_CLASS(tincture_session_parent_class)->finalize(object);
}

static void tincture_session_class_init(TinctureSessionClass *class)
{
    G_OBJECT_CLASS(class)->dispose = tincture_session_dispose;
    G_OBJECT_CLASS(class)->finalize = tincture_session_finalize;
    const GType type = G_TYPE_FROM_CLASS(class);
    session_signals[SIGNAL_DOCUMENT] = g_signal_new("document-changed", type, G_SIGNAL_RUN_LAST, 0,
                                                    NULL, NULL, NULL, G_TYPE_NONE, 1, G_TYPE_UINT);
    session_signals[SIGNAL_VIEW] =
        g_signal_new("view-changed", type, G_SIGNAL_RUN_LAST, 0, NULL, NULL, NULL, G_TYPE_NONE, 0);
    session_signals[SIGNAL_JOB] =
        g_signal_new("job-changed", type, G_SIGNAL_RUN_LAST, 0, NULL, NULL, NULL, G_TYPE_NONE, 0);
    session_signals[SIGNAL_MESSAGE] =
        g_signal_new("message", type, G_SIGNAL_RUN_LAST, 0, NULL, NULL, NULL, G_TYPE_NONE, 2,
                     G_TYPE_INT, G_TYPE_STRING);
    session_signals[SIGNAL_DEVICE] = g_signal_new("device-changed", type, G_SIGNAL_RUN_LAST, 0,
                                                  NULL, NULL, NULL, G_TYPE_NONE, 0);
}

static void pending_job_clear(void *data)
{
    struct pending_job *pending = data;
    g_object_unref(pending->cancel);
    store_document_free(pending->row);
}

static void tincture_session_init(TinctureSession *self)
{
    document_init(&self->document);
    self->results_limit = RESULTS_SHOWN;
    self->history = history_new(&self->document);
    self->known_adapters = g_ptr_array_new_with_free_func((GDestroyNotify)store_adapter_free);
    self->adapter_counts = g_hash_table_new_full(g_int64_hash, g_int64_equal, g_free, g_free);
    self->samples = g_array_new(FALSE, TRUE, sizeof(struct picture));
    g_array_set_clear_func(self->samples, (GDestroyNotify)picture_clear);
    self->loss = g_array_new(FALSE, TRUE, sizeof(double));
    self->jobs = g_array_new(FALSE, TRUE, sizeof(struct pending_job));
    g_array_set_clear_func(self->jobs, pending_job_clear);
    self->device_text = g_strdup("");
    self->model_text = g_strdup("");
    session_refresh_adapters(self);
    session_refresh_results(self);
}
