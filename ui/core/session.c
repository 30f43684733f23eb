#include "ui/core/session.h"

#include "compute/i18n.h"

#include "ui/core/batch_page.h"
#include "ui/core/engine.h"
#include "ui/core/model_list.h"
#include "ui/core/paths.h"
#include "ui/core/plain_text.h"

#include <string.h>

enum { SIGNAL_DEVICE, N_SIGNALS };
static guint signals[N_SIGNALS];

G_DEFINE_FINAL_TYPE(TinctureSession, tincture_session, G_TYPE_OBJECT)

// ---- what jobs bring ----------------------------------------------------------------------------

static void tokens_came(TinctureSession *self, TinctureJob *job)
{
    for (char **token = job->out.tokens; self->reader && token && *token; token++) {
        library_token_came(self->library, self->reader, *token);
    }
    library_watch_tokens(self->library);
}

static void tokens_read(TinctureSession *self, TinctureJob *job)
{
    library_tokens_read(self->library, self->reader, job);
}

static void engine_clear(struct session_engine *engine)
{
    g_free((char *)engine->model);
    g_free((char *)engine->vae);
    g_free((char *)engine->device);
    g_free((char *)engine->precision);
    *engine = (struct session_engine){0};
}

static void load(TinctureSession *self, const struct session_engine *engine)
{
    g_autofree char *tokens = library_tokens(self->library);
    g_autofree char *controls = library_controls(self->library);
    const struct job_inputs in = {.path = engine->model,
                                  .vae = engine->vae,
                                  .device = engine->device,
                                  .precision = engine->precision,
                                  .folder = tokens,
                                  .controls = controls};
    g_autoptr(GError) error = NULL;
    self->reader = NULL; // the engine's, which goes
    library_set_model(self->library, engine->model);
    vocabulary_free(self->vocabulary);
    self->vocabulary = vocabulary_load(engine->model, &error);
    tincture_project_say_error(self->project, _("The model's words are not known"), error);
    tincture_queue_submit(self->queue, tincture_job_new(&load_job, &in));
}

// The photo, and what is known of pictures and tokens, are of the model before.
static void see_anew(TinctureSession *self)
{
    TinctureProject *p = self->project;
    for (guint i = 0; i < tincture_project_n_results(p); i++) {
        tincture_project_note_key(p, tincture_project_result(p, i)->id, NULL);
    }
    while (p->tokens->len > 0) {
        g_autofree char *token = g_strdup(p->tokens->pdata[0]);
        tincture_project_remove_token(p, token);
    }
    variations_clear(self->variations);
    tincture_subject_work_use_model(self->subject);
    tincture_subject_work_use_model(self->style);
    library_open_again(self->library);
}

// Back to what worked.
static void load_failed(TinctureSession *self)
{
    struct session_engine before = self->used;
    self->used = (struct session_engine){0}; // it is tried once
    self->again = true;
    load(self, &before);
    engine_clear(&before);
}

static void loaded(TinctureSession *self, TinctureJob *job)
{
    if (g_error_matches(job->error, G_IO_ERROR, G_IO_ERROR_CANCELLED)) {
        return; // another one follows
    }
    if (job->error && self->used.model) {
        load_failed(self);
        return;
    }
    const bool another = self->used.model || self->again;
    self->again = false;
    if (!job->error) {
        engine_clear(&self->used);
        self->used = (struct session_engine){g_strdup(job->in.path), g_strdup(job->in.vae),
                                             g_strdup(job->in.device), g_strdup(job->in.precision)};
    }
    if (another) {
        see_anew(self);
    }
    g_free(self->device);
    g_free(self->model);
    self->device = plain_text(job->out.device, TEXT_NAME);
    self->model = model_title(job->in.path, job->out.model);
    self->has_edges = job->out.edges;
    self->project->precision = job->out.precision;
    self->reader = self->engine && engine_ready(self->engine, NULL) ? self->engine->model : NULL;
    if (job->out.note) {
        tincture_project_say(self->project, MESSAGE_ERROR, _("A learned token is left out: %s"),
                             job->out.note);
    }
    tokens_came(self, job);
    library_list_controls(self->library);
    g_signal_emit(self, signals[SIGNAL_DEVICE], 0);
}

// What is opened by now was asked for since.
static void library_came(TinctureSession *self, TinctureJob *job)
{
    library_copied(self->library, job);
    if (!library_opening(self->library)) {
        library_open_last(self->library);
    }
}

static void describe_continued(TinctureSession *self, TinctureJob *job)
{
    if (job->in.bytes == self->continued && *self->project->document.source_prompt == '\0') {
        tincture_project_set_source_prompt(self->project, self->continued_prompt);
    }
    g_clear_pointer(&self->continued, g_bytes_unref);
}

static void opened(TinctureSession *self, TinctureJob *job)
{
    if (job->error) {
        library_not_opened(self->library, job);
        return;
    }
    live_keep_now(self->live);
    library_opened(self->library, job);
    training_read(self->training);
    if (job->out.note) {
        tincture_project_say(self->project, MESSAGE_INFO, "%s: %s", self->project->title,
                             job->out.note);
    }
    tincture_project_changed(self->project, DOCUMENT_ALL);
    tincture_project_view_changed(self->project);
    if (self->continued) {
        describe_continued(self, job);
    }
    live_show_as_left(self->live);
}

static void edited(TinctureSession *self, TinctureJob *job)
{
    live_edited(self->live, job);
}

// The project that shows the photo; NULL: none does any more.
static TinctureProject *shown_in(TinctureSession *self, const struct photo *photo)
{
    TinctureProject *const all[] = {self->project, self->subject_photo->project};
    for (size_t i = 0; i < G_N_ELEMENTS(all); i++) {
        if (all[i]->photo == photo) {
            return all[i];
        }
    }
    return NULL;
}

static void closeup_done(TinctureSession *self, TinctureJob *job)
{
    TinctureProject *p = shown_in(self, job->in.photo);
    if (p) {
        live_closeup_done(p, job);
    }
}

static void drawn(TinctureSession *self, TinctureJob *job)
{
    variations_drawn(self->variations, job);
}

static void selected(TinctureSession *self, TinctureJob *job)
{
    TinctureProject *p = shown_in(self, job->in.photo);
    if (!job->error && p) {
        struct mask *mask = mask_with(p->document.mask, mask_last(job->out.selection));
        tincture_project_set_mask(p, mask);
        mask_unref(mask);
    }
}

static void suggested(TinctureSession *self, TinctureJob *job)
{
    const struct image_region *r = &job->out.region;
    TinctureProject *p = shown_in(self, job->in.photo);
    if (job->error || !p) {
        return;
    }
    if (r->width == job->in.photo->full->width && r->height == job->in.photo->full->height) {
        tincture_project_say(self->project, MESSAGE_INFO,
                             _("What is to change fills the photo: no frame is needed"));
    } else {
        tincture_project_set_region(p, r);
    }
}

static void continued(TinctureSession *self, TinctureJob *job)
{
    if (!job->error && job->in.photo == self->project->photo) {
        g_clear_pointer(&self->continued, g_bytes_unref);
        g_free(self->continued_prompt);
        self->continued = g_bytes_ref(job->out.encoded);
        self->continued_prompt = g_strdup(job->in.result->document.prompt);
        library_open_bytes(self->library, self->continued, job->in.title);
    }
}

static void learned(TinctureSession *self, TinctureJob *job)
{
    training_ended(self->training, job);
}

// Whose training it is.
static TinctureSubjectWork *work_of(TinctureSession *self, const TinctureJob *job)
{
    return job->in.subject->lesson == self->style->lesson ? self->style : self->subject;
}

static void subject_learned(TinctureSession *self, TinctureJob *job)
{
    tincture_subject_work_ended(work_of(self, job), job);
}

static void subject_opened(TinctureSession *self, TinctureJob *job)
{
    tincture_subject_photo_opened(self->subject_photo, job);
}

static void hinted(TinctureSession *self, TinctureJob *job)
{
    hint_made(self->hint, job);
}

static void measured(TinctureSession *self, TinctureJob *job)
{
    tincture_workshop_measured(self->workshop, job);
}

static void made(TinctureSession *self, TinctureJob *job)
{
    tincture_workshop_made(self->workshop, job);
}

static void sticker_came(TinctureSession *self, TinctureJob *job)
{
    tincture_sticker_work_came(self->sticker, job);
}

static void sticker_saved(TinctureSession *self, TinctureJob *job)
{
    tincture_sticker_work_saved(self->sticker, job);
}

static void adapter_loaded(TinctureSession *self, TinctureJob *job)
{
    library_adapter_loaded(self->library, job);
    self->has_edges = self->has_edges || job->out.edges;
    tokens_came(self, job);
}

static void exported(TinctureSession *self, TinctureJob *job)
{
    TinctureProject *p = self->project;
    if (!job->error) {
        g_autofree char *name = g_filename_display_basename(job->in.path);
        const bool newest = job->type == &export_job && job->in.result == p->result;
        p->exported = p->exported || newest; // there may be a newer one by now
        g_free(self->exported);
        self->exported = g_strdup(job->in.path);
        tincture_project_say(p, MESSAGE_EXPORTED,
                             job->out.note ? _("Exported %s: %s") : _("Exported %s"), name,
                             job->out.note);
    }
}

// What could not be done is listed by whoever looks at the batch.
static void batched(TinctureSession *self, TinctureJob *job)
{
    if (!job->error && job->out.note) {
        g_free(self->exported);
        self->exported = g_build_filename(job->in.folder, BATCH_PAGE, NULL);
        tincture_project_say(self->project, MESSAGE_EXPORTED, "%s", job->out.note);
    }
}

static void measured_library(TinctureSession *self, TinctureJob *job)
{
    library_measured(self->library, job);
}

static void cleaned(TinctureSession *self, TinctureJob *job)
{
    library_results_differ(self->library);
}

static void emptied(TinctureSession *self, TinctureJob *job)
{
    library_emptied(self->library);
    if (!job->error) {
        tincture_project_say(self->project, MESSAGE_INFO, "%s", job->out.note);
    }
}

static void imported(TinctureSession *self, TinctureJob *job)
{
    library_imported(self->library, job);
}

// A kind that is not here is done when it has ended, but for what it has to say.
static const struct {
    const struct job_type *type;
    void (*apply)(TinctureSession *self, TinctureJob *job);
} appliers[] = {
    {&load_job, loaded},
    {&library_job, library_came},
    {&open_job, opened},
    {&edit_job, edited},
    {&closeup_job, closeup_done},
    {&learn_job, learned},
    {&adapter_job, adapter_loaded},
    {&export_job, exported},
    {&export_adapter_job, exported},
    {&batch_job, batched},
    {&variation_job, drawn},
    {&select_job, selected},
    {&continue_job, continued},
    {&suggest_job, suggested},
    {&tokens_job, tokens_read},
    {&subject_job, subject_learned},
    {&study_job, measured},
    {&combine_job, made},
    {&sticker_job, sticker_came},
    {&save_sticker_job, sticker_saved},
    {&subject_photo_job, subject_opened},
    {&hint_job, hinted},
    {&measure_job, measured_library},
    {&clean_job, cleaned},
    {&empty_job, emptied},
    {&import_document_job, imported},
};

static void finished_cb(TinctureSession *self, TinctureJob *job)
{
    void (*apply)(TinctureSession * self, TinctureJob * job) = NULL;
    for (size_t i = 0; i < G_N_ELEMENTS(appliers); i++) {
        apply = appliers[i].type == job->type ? appliers[i].apply : apply;
    }
    if (job->type->failure) {
        tincture_project_say_error(self->project, job->type->failure, job->error);
    }
    if (apply) {
        apply(self, job);
    } else if (job->out.note) {
        tincture_project_say(self->project, MESSAGE_INFO, "%s", job->out.note);
    }
    live_follow(self->live);
}

static void report_cb(TinctureSession *self, TinctureJob *job, struct job_report *report)
{
    if (report->preview.rgba && job->type == &edit_job && job->in.photo == self->project->photo) {
        live_previewed(self->live, report);
    }
    if (job->type == &learn_job) {
        training_stepped(self->training, report);
    }
    if (job->type == &subject_job) {
        tincture_subject_work_stepped(work_of(self, job), report);
    }
}

// ---- requests -----------------------------------------------------------------------------------

void tincture_session_learn_over(TinctureSession *self)
{
    training_begin(self->training);
}

void tincture_session_learn_resume(TinctureSession *self)
{
    training_resume(self->training);
}

void tincture_session_learn(TinctureSession *self)
{
    if (training_waits(self->training)) {
        training_resume(self->training);
    } else {
        training_begin(self->training);
    }
}

void tincture_session_cancel(TinctureSession *self)
{
    live_stop(self->live);
    // What waits for the library goes on with an empty one.
    if (!tincture_queue_cancel(self->queue, &library_job)) {
        tincture_queue_cancel(self->queue, NULL);
    }
}

static void look_for(TinctureSession *self, TinctureProject *p, const struct job_type *type,
                     struct job_inputs in)
{
    if (p->photo && (p != self->project || !library_is_busy(self->library))) {
        g_autoptr(GArray) uses = tincture_project_uses(p);
        in.photo = p->photo;
        in.document = &p->document;
        in.adapters = uses;
        tincture_queue_submit(self->queue, tincture_job_new(type, &in));
    }
}

void tincture_session_select_word(TinctureSession *self, TinctureProject *p, const char *word,
                                  bool erase)
{
    look_for(self, p, &select_job, (struct job_inputs){.title = word, .erase = erase});
}

void tincture_session_select_point(TinctureSession *self, TinctureProject *p, double x, double y,
                                   bool erase)
{
    look_for(self, p, &select_job, (struct job_inputs){.x = x, .y = y, .erase = erase});
}

void tincture_session_suggest_frame(TinctureSession *self, TinctureProject *p)
{
    look_for(self, p, &suggest_job, (struct job_inputs){0});
}

// "fox.jpg" -> "fox, continued.png"
static char *continued_title(const char *title)
{
    const char *dot = strrchr(title, '.');
    const int length = dot && dot > title ? (int)(dot - title) : (int)strlen(title);
    // Translators: stands between a photo's name and ".png" where a result became the photo
    const char *mark = _(", continued");
    return strstr(title, mark) ? g_strdup(title)
                               : g_strdup_printf("%.*s%s.png", length, title, mark);
}

void tincture_session_continue(TinctureSession *self)
{
    const TinctureProject *p = self->project;
    if (!p->result || library_is_busy(self->library)) {
        return;
    }
    live_keep_now(self->live);
    g_autofree char *title = continued_title(p->title);
    const struct job_inputs in = {.photo = p->photo, .result = p->result, .title = title};
    tincture_queue_submit(self->queue, tincture_job_new(&continue_job, &in));
}

void tincture_session_retry(TinctureSession *self, TinctureJob *job)
{
    g_autoptr(TinctureJob) failed = g_object_ref(job);
    tincture_queue_forget(self->queue, failed);
    if (failed->type == &learn_job) {
        tincture_session_learn(self);
    } else if (failed->type == &subject_job) {
        TinctureSubjectWork *work = work_of(self, failed);
        tincture_subject_work_waits(work) ? tincture_subject_work_resume(work)
                                          : tincture_subject_work_learn(work, self->reader);
    } else {
        TinctureJob *again = tincture_job_new(failed->type, &failed->in);
        again->about = g_strdup(failed->about);
        tincture_queue_submit(self->queue, again);
    }
}

// What a job is done for: the open photo, or whatever has a name among what it was given.
static char *about(TinctureSession *self, const TinctureJob *job)
{
    const struct job_inputs *in = &job->in;
    const char *path = in->path ? in->path : in->folder;
    return in->photo && in->photo == self->project->photo ? g_strdup(self->project->title)
           : in->title                                    ? g_strdup(in->title)
           : path                                         ? g_filename_display_basename(path)
                                                          : NULL;
}

static void submitted_cb(TinctureSession *self, guint position, guint removed, guint added)
{
    for (guint i = 0; i < added; i++) {
        g_autoptr(TinctureJob) job = g_list_model_get_item(G_LIST_MODEL(self->queue), position + i);
        job->about = job->about ? job->about : about(self, job);
    }
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
        tincture_queue_cancel(self->queue, types[i]);
    }
}

bool tincture_session_delete(TinctureSession *self, enum store_kind kind, gint64 id)
{
    struct library *l = self->library;
    const bool open = kind == STORE_DOCUMENT && id == l->row.id;
    if (open && tincture_queue_find(self->queue, &learn_job)) {
        tincture_project_say(self->project, MESSAGE_ERROR,
                             _("This photo is being learned; stop that before it is deleted"));
        return false;
    }
    if (open) {
        leave_photo(self);
    }
    const bool deleted = library_delete(l, kind, id);
    if (open && deleted) {
        training_read(self->training);
        tincture_project_changed(self->project, DOCUMENT_ALL);
        tincture_project_view_changed(self->project);
    }
    return deleted;
}

// ---- what ended the program ---------------------------------------------------------------------

#define LEFT_MODEL    "model "
#define LEFT_DOCUMENT "document "

// The library knows what is being opened: a start after the program has ended over it goes on
// without it. Adapters are opened with their document.
static void note_opening(TinctureSession *self)
{
    struct store *store = self->library->store;
    const TinctureJob *load = tincture_queue_find(self->queue, &load_job);
    const TinctureJob *open = tincture_queue_find(self->queue, &open_job);
    const TinctureJob *adapter = tincture_queue_find(self->queue, &adapter_job);
    g_autofree char *what = load   ? g_strconcat(LEFT_MODEL, load->in.path, NULL)
                            : open ? g_strconcat(LEFT_DOCUMENT, open->in.title, NULL)
                            : adapter && self->project->title
                                ? g_strconcat(LEFT_DOCUMENT, self->project->title, NULL)
                                : NULL;
    if (store && g_strcmp0(what, self->opening) != 0) {
        store_opening(store, what);
        g_free(self->opening);
        self->opening = g_steal_pointer(&what);
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

// ---- life ---------------------------------------------------------------------------------------

TinctureSession *tincture_session_new(const char *data_dir, const char *model, const char *vae,
                                      const char *device, const char *precision)
{
    TinctureSession *self = g_object_new(TINCTURE_TYPE_SESSION, NULL);
    self->library = library_new(self->project, self->queue, data_dir);
    g_autofree char *left = library_ended_over(self->library);
    g_autofree char *path = choose_model(self, left, model);
    self->live = live_new(self->project, self->queue, self->library);
    self->training = training_new(self->project, self->queue, self->library);
    self->subject =
        tincture_subject_work_new(&subject_lesson, self->project, self->queue, self->library);
    self->style =
        tincture_subject_work_new(&style_lesson, self->project, self->queue, self->library);
    self->subject_photo = tincture_subject_photo_new(self->subject, self->project, self->queue);
    self->workshop = tincture_workshop_new(self->project, self->queue, self->library);
    self->hint = hint_new(self->project, self->queue);
    self->sticker = tincture_sticker_work_new(self->project, self->queue, self->library);
    self->variations = variations_new(self->project, self->queue, self->library, self->live);
    g_autofree char *asked = paths_model(model);
    load(self,
         &(struct session_engine){path, g_str_equal(path, asked) ? vae : NULL, device, precision});
    open_last(self, left);
    g_signal_connect_swapped(self->queue, "changed", G_CALLBACK(note_opening), self);
    note_opening(self);
    return self;
}

void tincture_session_use(TinctureSession *self, const struct session_engine *engine)
{
    struct session_engine next = *engine;
    g_autofree char *model = paths_model(engine->model);
    next.model = model;
    live_stop(self->live);
    live_keep_now(self->live);
    library_save_now(self->library);
    for (guint i = 0; i < g_list_model_get_n_items(G_LIST_MODEL(self->queue)); i++) {
        g_autoptr(TinctureJob) job = g_list_model_get_item(G_LIST_MODEL(self->queue), i);
        if (!(job->type->rank & JOB_PROMISED) && job->type != &library_job) {
            tincture_job_cancel(job);
        }
    }
    load(self, &next);
}

void tincture_session_close(TinctureSession *self)
{
    if (!self->engine) {
        return;
    }
    live_stop(self->live);
    live_keep_now(self->live);
    training_leave(self->training);
    tincture_queue_close(self->queue);
    tincture_subject_work_leave(self->subject);
    tincture_subject_work_leave(self->style);
    library_close(self->library);
    self->reader = NULL;
    g_clear_pointer(&self->engine, engine_free);
}

static void tincture_session_dispose(GObject *object)
{
    tincture_session_close(TINCTURE_SESSION(object)); // signals may still be sent here
    G_OBJECT_CLASS(tincture_session_parent_class)->dispose(object);
}

static void tincture_session_finalize(GObject *object)
{
    TinctureSession *self = TINCTURE_SESSION(object);
    g_signal_handlers_disconnect_by_data(self->queue, self);
    g_object_unref(self->painting);
    variations_free(self->variations);
    hint_free(self->hint);
    g_clear_pointer(&self->continued, g_bytes_unref);
    g_free(self->continued_prompt);
    g_clear_object(&self->subject_photo);
    g_clear_object(&self->subject);
    g_clear_object(&self->style);
    g_clear_object(&self->workshop);
    g_clear_object(&self->sticker);
    training_free(self->training);
    live_free(self->live);
    library_free(self->library);
    g_object_unref(self->queue);
    g_object_unref(self->project);
    vocabulary_free(self->vocabulary);
    engine_clear(&self->used);
    g_free(self->exported);
    g_free(self->opening);
    g_free(self->device);
    g_free(self->model);
    G_OBJECT_CLASS(tincture_session_parent_class)->finalize(object);
}

static void tincture_session_class_init(TinctureSessionClass *class)
{
    G_OBJECT_CLASS(class)->dispose = tincture_session_dispose;
    G_OBJECT_CLASS(class)->finalize = tincture_session_finalize;
    signals[SIGNAL_DEVICE] = g_signal_new("device-changed", G_TYPE_FROM_CLASS(class),
                                          G_SIGNAL_RUN_LAST, 0, NULL, NULL, NULL, G_TYPE_NONE, 0);
}

static void tincture_session_init(TinctureSession *self)
{
    self->engine = engine_new();
    self->queue = tincture_queue_new(self->engine);
    self->project = tincture_project_new();
    self->painting = tincture_painting_new(self->project);
    self->device = g_strdup("");
    self->model = g_strdup("");
    g_signal_connect_swapped(self->queue, "finished", G_CALLBACK(finished_cb), self);
    g_signal_connect_swapped(self->queue, "report", G_CALLBACK(report_cb), self);
    g_signal_connect_swapped(self->queue, "items-changed", G_CALLBACK(submitted_cb), self);
}
