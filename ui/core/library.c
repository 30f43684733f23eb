#include "ui/core/library.h"

#include "compute/file/safetensors.h"
#include "compute/i18n.h"
#include "compute/model/defaults.h"
#include "compute/model/kind.h"
#include "ui/core/plain_text.h"

#define SAVE_PAUSE_MS 800

// ---- saving -------------------------------------------------------------------------------------

static void row_from_document(struct store_document *row, const struct document *d)
{
    g_free(row->source_prompt);
    g_free(row->prompt);
    g_free(row->negative);
    g_free(row->params);
    g_free(row->learn);
    g_free(row->place);
    row->source_prompt = g_strdup(d->source_prompt);
    row->prompt = g_strdup(d->prompt);
    row->negative = g_strdup(d->negative);
    row->params = document_params_json(d);
    row->learn = document_learn_json(d);
    row->place = document_place_json(d);
    row->seed = d->seed;
}

static bool save_adapter(struct library *l, TinctureAdapterEntry *entry, bool listed,
                         GError **error)
{
    struct store_adapter row = {
        .id = entry->id,
        .document = l->row.id,
        .name = entry->name,
        .path = entry->path,
        .method = entry->method,
        .scale = entry->scale,
        .enabled = entry->enabled,
        .listed = listed,
        .from = entry->from,
        .to = entry->to,
    };
    const bool saved = store_adapter_save(l->store, &row, error);
    if (saved && !entry->id) {
        entry->id = row.id;
    }
    return saved;
}

// Rows of adapters follow the list: what is not in it stays in the library, unlisted.
static bool save_adapters(struct library *l, GError **error)
{
    for (guint i = 0; i < l->project->known->len; i++) {
        TinctureAdapterEntry *entry = l->project->known->pdata[i];
        const bool listed = g_list_store_find(l->project->adapters, entry, NULL);
        if (!save_adapter(l, entry, listed, error)) {
            return false;
        }
    }
    return true;
}

// Two windows may show one document. Who has changed nothing writes nothing, so that the other's
// work stays.
void library_save_now(struct library *l)
{
    g_clear_handle_id(&l->save_timer, g_source_remove);
    if (!l->store || !l->row.id || !l->unsaved) {
        return;
    }
    g_autoptr(GError) error = NULL;
    row_from_document(&l->row, &l->project->document);
    const bool saved = library_stays(l, &error) && store_document_save(l->store, &l->row, &error) &&
                       save_adapters(l, &error);
    if (!saved && !l->save_failed) { // said once
        library_say_unread(l, _("Your work could not be saved"), error);
    }
    l->save_failed = !saved;
    l->unsaved = !saved;
}

static gboolean save_cb(gpointer data)
{
    struct library *l = data;
    l->save_timer = 0;
    library_save_now(l);
    return G_SOURCE_REMOVE;
}

static void unsaved_cb(struct library *l)
{
    l->unsaved = true;
    if (!l->save_timer) {
        l->save_timer = g_timeout_add(SAVE_PAUSE_MS, save_cb, l);
    }
}

// ---- adapters -----------------------------------------------------------------------------------

static TinctureAdapterEntry *entry_new(struct library *l, gint64 id, const char *name,
                                       const char *path, const char *method)
{
    TinctureAdapterEntry *entry = tincture_adapter_entry_new(id, name, method);
    entry->path = g_strdup(path);
    entry->file = store_path(l->store, path);
    return entry;
}

TinctureAdapterEntry *library_add_adapter(struct library *l, const char *name, const char *path,
                                          const char *method)
{
    static gint64 unsaved = -1; // ids of those that the library could not take
    g_autoptr(GError) error = NULL;
    TinctureAdapterEntry *entry = entry_new(l, 0, name, path, method);
    entry->scale = 1.0;
    entry->enabled = true;
    if (!save_adapter(l, entry, true, &error)) {
        entry->id = unsaved--;
        tincture_project_say(l->project, MESSAGE_ERROR,
                             _("The adapter could not be put into the library: %s"),
                             error->message);
    }
    tincture_project_add_adapter(l->project, entry);
    return entry;
}

// id 0: of no entry.
static void load_file(struct library *l, const char *path, gint64 id)
{
    g_autofree char *tokens = library_tokens(l);
    const struct job_inputs in = {.path = path, .folder = tokens, .id = id};
    tincture_queue_submit(l->queue, l->project, tincture_job_new(&adapter_job, &in));
}

bool library_can_use(const char *path)
{
    return st_is_file(path) || (g_file_test(path, G_FILE_TEST_IS_DIR) &&
                                (adapter_looks(path, NULL) || weights_kind_of_folder(path)));
}

void library_use_file(struct library *l, const char *path)
{
    g_autofree char *name = g_filename_display_basename(path);
    library_use_adapter(l, path, name);
}

void library_use_adapter(struct library *l, const char *path, const char *name)
{
    TinctureProject *p = l->project;
    if (!library_folder(l)) {
        tincture_project_say(p, MESSAGE_ERROR, _("%s, so no file can be taken"), library_fault(l));
        return;
    }
    if (!p->photo) { // a learned token belongs to no document
        load_file(l, path, 0);
        return;
    }
    TinctureAdapterEntry *entry = library_add_adapter(l, name, path, "");
    entry->added = true;
    tincture_project_use_adapter(p, entry->id);
    tincture_project_edited(p, DOCUMENT_ADAPTERS, 0);
    load_file(l, entry->file, entry->id);
    tincture_project_stale(p);
    tincture_project_library_changed(p);
}

// One that the document had before: the model is another one, or the disk is not there. It stays in
// the list for the next start.
static void adapter_unavailable(struct library *l, TinctureAdapterEntry *entry, const GError *error)
{
    if (!l->adapter_failed) { // said once: with another model it is true of all of them
        tincture_project_say(l->project, MESSAGE_ERROR, _("%s is not loaded: %s"), entry->name,
                             error->message);
    }
    l->adapter_failed = true;
    entry->failed = true;
    entry->applied = entry->total = 0;
    g_clear_pointer(&entry->told, g_free);
    tincture_project_changed(l->project, DOCUMENT_ADAPTERS);
}

static void adapter_available(struct library *l, TinctureAdapterEntry *entry, struct outcome *out)
{
    entry->failed = entry->added = false;
    entry->applied = out->adapter.applied;
    entry->total = out->adapter.total;
    g_free(entry->told);
    entry->told = g_strdup(out->adapter.told);
    g_free(entry->ways);
    entry->ways = g_steal_pointer(&out->adapter.ways);
    g_free(entry->caption);
    entry->caption = g_steal_pointer(&out->adapter.caption);
    if (out->adapter.other_base) {
        tincture_project_say(
            l->project, MESSAGE_INFO,
            _("%s was learned on another model, and may not do here what it did there"),
            entry->name);
    }
    if (!g_str_equal(entry->method, out->adapter.method)) { // an added file says what it is
        g_free(entry->method);
        entry->method = g_strdup(out->adapter.method);
        unsaved_cb(l);
    }
    tincture_project_changed(l->project, DOCUMENT_ADAPTERS);
}

// A file that was added and is no adapter after all, or none that can be had.
static void no_adapter(struct library *l, const TinctureAdapterEntry *entry, const TinctureJob *job)
{
    TinctureProject *p = l->project;
    if (job->error) {
        tincture_project_say_error(p, _("The file could not be used"), job->error);
    } else if (job->out.tokens) {
        tincture_project_say(p, MESSAGE_INFO,
                             job->out.note ? _("Learned token %s: write it in a sentence; %s")
                                           : _("Learned token %s: write it in a sentence"),
                             job->out.tokens[0], job->out.note);
    } else if (job->out.control) {
        tincture_project_say(
            p, MESSAGE_INFO,
            job->out.keeps_edges
                ? _("%s is kept as a control of this model: Keep the Edges uses it")
                : _("%s is kept as a control of this model: Edit offers it under Control"),
            job->out.control);
        library_list_controls(l);
    } else {
        tincture_project_say(p, MESSAGE_ERROR,
                             _("Open a photo first; an adapter belongs to a document"));
    }
    if (entry) {
        tincture_project_forget_adapter(p, entry->id); // undo must not bring it back
    }
}

void library_adapter_loaded(struct library *l, TinctureJob *job)
{
    TinctureAdapterEntry *entry = tincture_project_find_adapter(l->project, job->in.id);
    const bool gone = job->in.id && !entry;
    if (gone || g_error_matches(job->error, G_IO_ERROR, G_IO_ERROR_CANCELLED)) {
        return;
    }
    if (!entry || job->out.tokens || job->out.control || (job->error && entry->added)) {
        no_adapter(l, entry, job);
    } else if (job->error) {
        adapter_unavailable(l, entry, job->error);
    } else {
        adapter_available(l, entry, &job->out);
    }
}

// All adapters of the row's document; those of the list go into d.
static GPtrArray *read_adapters(struct library *l, struct document *d)
{
    g_autoptr(GError) error = NULL;
    GPtrArray *known = g_ptr_array_new_with_free_func(g_object_unref);
    g_autoptr(GPtrArray) rows = store_adapters(l->store, l->row.id, &error);
    library_say_unread(l, _("The adapters could not be read"), error);
    for (guint i = 0; rows && i < rows->len; i++) {
        const struct store_adapter *row = rows->pdata[i];
        TinctureAdapterEntry *entry = entry_new(l, row->id, row->name, row->path, row->method);
        entry->scale = CLAMP(row->scale, -10.0, 10.0);
        entry->enabled = row->enabled;
        g_ptr_array_add(known, entry);
        struct document_use use = {row->id, entry->scale, entry->enabled};
        document_use_set_range(&use, row->from, row->to);
        entry->from = use.from;
        entry->to = use.to;
        if (row->listed) {
            g_array_append_val(d->adapters, use);
        }
    }
    return known;
}

static void load_adapters(struct library *l)
{
    for (guint i = 0; i < tincture_project_n_adapters(l->project); i++) {
        const TinctureAdapterEntry *entry = tincture_project_adapter(l->project, i);
        load_file(l, entry->file, entry->id);
    }
}

// ---- opening ------------------------------------------------------------------------------------

const char *library_opening(const struct library *l)
{
    const TinctureJob *job = tincture_queue_find(l->queue, l->project, &open_job);
    return job ? job->in.title : NULL;
}

bool library_is_busy(const struct library *l)
{
    const char *opening = library_opening(l);
    if (opening) {
        tincture_project_say(l->project, MESSAGE_ERROR,
                             _("%s is still being opened; try again when it is there"), opening);
    }
    return opening != NULL;
}

static void import(struct library *l, const char *path, GBytes *bytes, const char *title)
{
    if (!library_folder(l)) {
        tincture_project_say(l->project, MESSAGE_ERROR, _("%s, so no photo can be"),
                             library_fault(l));
        return;
    }
    const struct job_inputs in = {
        .path = path, .bytes = bytes, .title = title, .folder = library_folder(l)};
    tincture_queue_submit(l->queue, l->project, tincture_job_new(&open_job, &in));
}

void library_open(struct library *l, const char *path)
{
    g_autofree char *name = g_filename_display_basename(path);
    import(l, path, NULL, name);
}

void library_open_bytes(struct library *l, GBytes *encoded, const char *name)
{
    import(l, NULL, encoded, name);
}

// The photo of a document, whose original mends what the library has of it.
static void say_unopened(struct library *l, const struct store_document *row, const char *why)
{
    tincture_project_say(l->project, MESSAGE_ERROR,
                         row->origin ? _("%s could not be opened: %s. Open the original again: %s")
                                     : _("%s could not be opened: %s. Open the original again"),
                         row->name, why, row->origin);
}

// why: what was the matter with the file that was tried instead; NULL: there was none.
static void say_missing(struct library *l, const struct store_document *row, const char *why)
{
    l->missing = row->id;
    if (why) {
        tincture_project_say(l->project, MESSAGE_MISSING, _("%s could not be opened: %s"),
                             row->name, why);
    } else {
        tincture_project_say(l->project, MESSAGE_MISSING,
                             row->origin
                                 ? _("%s could not be opened: its original is missing; it was %s")
                                 : _("%s could not be opened: its original is missing"),
                             row->name, row->origin);
    }
}

static bool has_photo(const struct library *l, const struct store_document *row)
{
    g_autofree char *path = store_own_path(l->store, row->photo);
    return path && g_file_test(path, G_FILE_TEST_IS_REGULAR);
}

static void open_from(struct library *l, const struct store_document *row, const char *path)
{
    const struct job_inputs in = {.path = path,
                                  .title = row->name,
                                  .folder = store_dir(l->store),
                                  .file = row->photo,
                                  .id = row->id};
    tincture_queue_submit(l->queue, l->project, tincture_job_new(&open_job, &in));
}

// Where the library's copy is lost, from where it was opened first, if that is the same picture.
static void open_stored(struct library *l, const struct store_document *row)
{
    g_autofree char *path = store_own_path(l->store, row->photo);
    if (!path) {
        say_unopened(l, row, _("its photo is not in the library"));
    } else if (has_photo(l, row)) {
        open_from(l, row, path);
    } else if (row->origin && g_file_test(row->origin, G_FILE_TEST_IS_REGULAR)) {
        open_from(l, row, row->origin);
    } else {
        say_missing(l, row, NULL);
    }
}

// id 0: the last one.
static void open_row(struct library *l, gint64 id)
{
    g_autoptr(GError) error = NULL;
    struct store_document row = {0};
    if (l->store && store_document_load(l->store, id, &row, &error)) {
        open_stored(l, &row);
    } else if (error) {
        library_say_unread(l, _("The document could not be read"), error);
    } else if (id) {
        tincture_project_say(l->project, MESSAGE_ERROR,
                             _("This document is not in the library any more"));
    }
    store_document_clear(&row);
}

void library_open_document(struct library *l, gint64 id)
{
    g_return_if_fail(id > 0);
    if (id != l->row.id || library_opening(l)) {
        open_row(l, id);
    }
}

void library_open_again(struct library *l)
{
    if (l->row.id) {
        library_save_now(l);
        open_row(l, l->row.id);
    }
}

void library_open_last(struct library *l)
{
    open_row(l, 0);
}

void library_reopen_document(struct library *l, gint64 id)
{
    open_row(l, id);
}

void library_find_original(struct library *l, gint64 id, const char *path)
{
    g_autoptr(GError) error = NULL;
    struct store_document row = {0};
    if (l->store && store_document_load(l->store, id, &row, &error)) {
        open_from(l, &row, path);
    }
    library_say_unread(l, _("The document could not be read"), error);
    store_document_clear(&row);
}

// The row as the library has it now: between the request and the photo the same document may have
// been changed, or made by an earlier request for the same photo.
static struct store_document row_of(struct library *l, const struct job_inputs *in)
{
    struct store_document row = {0};
    if (in->id ? store_document_load(l->store, in->id, &row, NULL)
               : store_document_find(l->store, in->file, &row, NULL)) {
        return row;
    }
    return (struct store_document){
        .name = g_strdup(in->title),
        .photo = g_strdup(in->file),
        .origin = in->id ? NULL : g_strdup(in->path),
        .source_prompt = g_strdup(""),
        .prompt = g_strdup(""),
        .negative = g_strdup(""),
        .params = g_strdup("{}"),
        .learn = g_strdup("{}"),
        .place = g_strdup("{}"),
    };
}

gint64 library_document_of(struct library *l, const TinctureJob *job)
{
    struct store_document row = row_of(l, &job->in);
    const gint64 id = row.id;
    store_document_clear(&row);
    return id;
}

static void document_from_row(const struct store_document *row, struct document *d)
{
    const struct {
        char **to;
        const char *from;
    } texts[] = {{&d->source_prompt, row->source_prompt},
                 {&d->prompt, row->prompt},
                 {&d->negative, row->negative}};
    for (size_t i = 0; i < G_N_ELEMENTS(texts); i++) {
        if (texts[i].from) {
            g_free(*texts[i].to);
            *texts[i].to = plain_sentence(texts[i].from);
        }
    }
    document_params_from_json(d, row->params);
    document_learn_from_json(d, row->learn);
    document_place_from_json(d, row->place);
    d->seed = row->seed;
}

// What the model's folder says, for what the row does not.
static void use_defaults(struct library *l, struct document *d)
{
    g_autoptr(GError) error = NULL;
    if (!model_defaults(l->model, "edit", d->edit, &error) ||
        !model_defaults(l->model, "learn", d->learn, &error)) {
        tincture_project_say_error(l->project, _("The model's own settings are not used"), error);
    }
    if (l->learn_method && *l->learn_method) {
        settings_parse(d->learn, "method", l->learn_method, NULL);
    }
    if (l->learn_steps > 0) {
        settings_set(d->learn, "steps", l->learn_steps, NULL);
    }
}

static void keep_undo(struct library *l, gint64 id)
{
    struct history *history = g_steal_pointer(&l->project->history);
    if (id) {
        g_hash_table_replace(l->undo, g_memdup2(&id, sizeof id), history);
    } else {
        history_free(history);
    }
}

// That of a document that was open before, as long as nobody has changed it meanwhile; NULL: none.
static struct history *take_undo(struct library *l, const struct document *d)
{
    gpointer id = NULL, found = NULL;
    g_hash_table_steal_extended(l->undo, &l->row.id, &id, &found);
    g_free(id);
    if (found && !document_equal(history_now(found), d)) {
        history_free(found);
        return NULL;
    }
    return found;
}

void library_not_opened(struct library *l, const TinctureJob *job)
{
    struct store_document row = {0};
    if (g_error_matches(job->error, G_IO_ERROR, G_IO_ERROR_CANCELLED)) {
        return;
    }
    if (job->in.id && store_document_load(l->store, job->in.id, &row, NULL)) {
        (has_photo(l, &row) ? say_unopened : say_missing)(l, &row, job->error->message);
    } else {
        tincture_project_say(l->project, MESSAGE_ERROR, _("%s could not be opened: %s"),
                             job->in.title, job->error->message);
    }
    store_document_clear(&row);
}

static void show_first_results(struct library *l)
{
    l->results_limit = RESULTS_SHOWN;
    g_ptr_array_set_size(l->deleted, 0);
    g_ptr_array_set_size(l->deleted_adapters, 0);
    library_read_results(l);
}

void library_opened(struct library *l, TinctureJob *job)
{
    const gint64 left = l->row.id;
    library_save_now(l);
    store_document_clear(&l->row);
    l->row = row_of(l, &job->in);
    g_autoptr(GError) error = NULL;
    store_document_save(l->store, &l->row, &error);
    library_say_unread(l, _("This photo's work will not be saved"), error);
    struct document d;
    document_init(&d);
    use_defaults(l, &d);
    document_from_row(&l->row, &d);
    l->adapter_failed = l->results_failed = false;
    GPtrArray *known = read_adapters(l, &d);
    keep_undo(l, left);
    tincture_project_open(l->project, job->out.photo, picture_take(&job->out.view), l->row.name, &d,
                          known, take_undo(l, &d));
    document_clear(&d);
    show_first_results(l);
    load_adapters(l);
    tincture_project_library_changed(l->project);
}

void library_leave_document(struct library *l)
{
    library_save_now(l);
    keep_undo(l, l->row.id);
    store_document_clear(&l->row);
    tincture_project_close(l->project);
    show_first_results(l);
}

// ---- life ---------------------------------------------------------------------------------------

static struct library *begin(TinctureProject *project, TinctureQueue *queue)
{
    struct library *l = g_new0(struct library, 1);
    l->project = project;
    l->queue = queue;
    l->results_limit = RESULTS_SHOWN;
    l->undo =
        g_hash_table_new_full(g_int64_hash, g_int64_equal, g_free, (GDestroyNotify)history_free);
    l->deleted = g_ptr_array_new_with_free_func(g_object_unref);
    l->deleted_adapters = g_ptr_array_new_with_free_func(g_object_unref);
    g_signal_connect_swapped(project, "unsaved", G_CALLBACK(unsaved_cb), l);
    return l;
}

struct library *library_new(TinctureProject *project, TinctureQueue *queue, const char *data_dir)
{
    struct library *l = begin(project, queue);
    library_open_store(l, data_dir);
    return l;
}

struct library *library_new_beside(TinctureProject *project, TinctureQueue *queue,
                                   const struct library *other)
{
    struct library *l = begin(project, queue);
    l->copy = other->copy ? store_copy_ref(other->copy) : NULL;
    l->use = other->use;
    l->measured = other->measured;
    library_join(l, other);
    library_set_model(l, other->model);
    library_list_controls(l);
    for (guint i = 0; i < other->project->tokens->len; i++) {
        tincture_project_add_token(project, other->project->tokens->pdata[i]);
    }
    project->precision = other->project->precision;
    return l;
}

void library_join(struct library *l, const struct library *other)
{
    l->store = other->store ? store_ref(other->store) : NULL;
}

char *library_ended_over(struct library *l)
{
    return l->store ? store_opening_left(l->store) : NULL;
}

void library_close(struct library *l)
{
    library_save_now(l);
    library_unwatch_tokens(l);
    g_clear_pointer(&l->store, store_close);
    g_clear_pointer(&l->copy, store_copy_free);
}

void library_free(struct library *l)
{
    g_signal_handlers_disconnect_by_data(l->project, l);
    g_clear_handle_id(&l->save_timer, g_source_remove);
    library_unwatch_tokens(l);
    g_hash_table_unref(l->undo);
    g_ptr_array_unref(l->deleted);
    g_ptr_array_unref(l->deleted_adapters);
    store_document_clear(&l->row);
    store_close(l->store);
    store_copy_free(l->copy);
    g_free(l->model);
    g_free(l->learn_method);
    g_free(l);
}
