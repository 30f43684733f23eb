#include "ui/core/session.h"
#include "ui/core/session_private.h"

#include "compute/i18n.h"

#include "ui/core/batch.h"
#include "ui/core/batch_page.h"
#include "ui/core/engine.h"

#include <string.h>

enum { SIGNAL_DEVICE, SIGNAL_ELSEWHERE, N_SIGNALS };
static guint signals[N_SIGNALS];

G_DEFINE_FINAL_TYPE(TinctureSession, tincture_session, G_TYPE_OBJECT)

// ---- what jobs bring ----------------------------------------------------------------------------

bool session_is_first(const TinctureSession *self)
{
    return self->studio->sessions->len > 0 && session_at(self, 0) == self;
}

TinctureSession *session_at(const TinctureSession *self, guint i)
{
    return self->studio->sessions->pdata[i];
}

// What is opened by now was asked for since.
static void library_came(TinctureSession *self, TinctureJob *job)
{
    if (!session_is_first(self)) {
        library_join(self->library, session_at(self, 0)->library);
        return;
    }
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
    if (!session_may_open(self, library_document_of(self->library, job))) {
        g_clear_pointer(&self->continued, g_bytes_unref);
        return;
    }
    live_keep_now(self->live);
    library_opened(self->library, job);
    training_opened(self->training, job->out.model_hash);
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
    tincture_project_library_changed(self->project); // there may be another adapter
}

// Whose training it is.
static TinctureSubjectWork *work_of(TinctureSession *self, const TinctureJob *job)
{
    return job->in.subject->lesson == self->style->lesson ? self->style : self->subject;
}

// Whoever has asked for the training hears of it, or else who attends to what is learned.
static bool hears(TinctureSession *self, const TinctureJob *job)
{
    return job->owner ? job->owner == G_OBJECT(self->project)
                      : work_of(self, job)->project == self->project;
}

static void subject_learned(TinctureSession *self, TinctureJob *job)
{
    TinctureSubjectWork *work = work_of(self, job);
    TinctureProject *project = work->project;
    struct library *library = work->library;
    if (hears(self, job)) {
        tincture_subject_work_attend(work, self->project, self->library);
        tincture_subject_work_ended(work, job);
        tincture_project_library_changed(self->project);
        tincture_subject_work_attend(work, project, library);
    }
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

// There is another adapter by now.
static void made(TinctureSession *self, TinctureJob *job)
{
    if (job->owner == G_OBJECT(self->project)) {
        tincture_workshop_made(self->workshop, job);
        tincture_project_library_changed(self->project);
    } else {
        tincture_workshop_look(self->workshop);
    }
}

static void sticker_came(TinctureSession *self, TinctureJob *job)
{
    tincture_sticker_work_came(self->sticker, job);
}

static void sticker_saved(TinctureSession *self, TinctureJob *job)
{
    tincture_sticker_work_saved(self->sticker, job);
}

// What its file brought for all documents is there in all windows.
static void adapter_loaded(TinctureSession *self, TinctureJob *job)
{
    if (job->owner == G_OBJECT(self->project)) {
        library_adapter_loaded(self->library, job);
    } else if (job->out.control) {
        library_list_controls(self->library);
    }
    self->studio->has_edges = self->studio->has_edges || job->out.edges;
    session_tokens_came(self, job);
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
    }
    if (!job->error && job->out.note && job->out.batch->faults->len == 0) {
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
    if (!job->error && (!job->owner || job->owner == G_OBJECT(self->project))) {
        tincture_project_say(self->project, MESSAGE_INFO, "%s", job->out.note);
    }
}

static void imported(TinctureSession *self, TinctureJob *job)
{
    library_imported(self->library, job);
}

// A kind that is not here is done when it has ended, but for what it has to say. What a session has
// asked for is its own; everybody's concerns all of them, whoever has asked.
static const struct {
    const struct job_type *type;
    void (*apply)(TinctureSession *self, TinctureJob *job);
    bool everybodys;
} appliers[] = {
    {&load_job, session_loaded, true},
    {&library_job, library_came, true},
    {&open_job, opened, false},
    {&edit_job, edited, false},
    {&closeup_job, closeup_done, false},
    {&learn_job, learned, false},
    {&adapter_job, adapter_loaded, true},
    {&export_job, exported, false},
    {&export_adapter_job, exported, false},
    {&batch_job, batched, false},
    {&variation_job, drawn, false},
    {&select_job, selected, false},
    {&continue_job, continued, false},
    {&suggest_job, suggested, false},
    {&tokens_job, session_tokens_read, true},
    {&subject_job, subject_learned, true},
    {&study_job, measured, false},
    {&combine_job, made, true},
    {&sticker_job, sticker_came, false},
    {&save_sticker_job, sticker_saved, false},
    {&subject_photo_job, subject_opened, false},
    {&hint_job, hinted, false},
    {&measure_job, measured_library, true},
    {&clean_job, cleaned, true},
    {&empty_job, emptied, true},
    {&import_document_job, imported, false},
};

static void finished_cb(TinctureSession *self, TinctureJob *job)
{
    const bool own = !job->owner || job->owner == G_OBJECT(self->project);
    void (*apply)(TinctureSession * self, TinctureJob * job) = NULL;
    bool everybodys = false;
    for (size_t i = 0; i < G_N_ELEMENTS(appliers); i++) {
        if (appliers[i].type == job->type) {
            apply = appliers[i].apply;
            everybodys = appliers[i].everybodys;
        }
    }
    if (own && job->type->failure) {
        tincture_project_say_error(self->project, job->type->failure, job->error);
    }
    if (apply && (own || everybodys)) {
        apply(self, job);
    } else if (own && job->out.note) {
        tincture_project_say(self->project, MESSAGE_INFO, "%s", job->out.note);
    }
    live_follow(self->live);
}

static void report_cb(TinctureSession *self, TinctureJob *job, struct job_report *report)
{
    const bool own = job->owner == G_OBJECT(self->project);
    if (own && report->preview.rgba && job->type == &edit_job &&
        job->in.photo == self->project->photo) {
        live_previewed(self->live, report);
    }
    if (own && job->type == &learn_job) {
        training_stepped(self->training, report);
    }
    if (job->type == &subject_job && hears(self, job)) {
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
    if (!tincture_queue_cancel(self->queue, NULL, &library_job)) {
        tincture_queue_cancel(self->queue, self->project, NULL);
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
        tincture_queue_submit(self->queue, self->project, tincture_job_new(type, &in));
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
    tincture_queue_submit(self->queue, self->project, tincture_job_new(&continue_job, &in));
}

// Whose the job was; one that is nobody's any more is taken by the session that is asked.
static TinctureSession *session_of_job(TinctureSession *self, const TinctureJob *job)
{
    for (guint i = 0; i < self->studio->sessions->len; i++) {
        TinctureSession *other = session_at(self, i);
        if (G_OBJECT(other->project) == job->owner) {
            return other;
        }
    }
    return self;
}

void tincture_session_retry(TinctureSession *self, TinctureJob *job)
{
    g_autoptr(TinctureJob) failed = g_object_ref(job);
    TinctureSession *of = session_of_job(self, failed);
    tincture_queue_forget(self->queue, failed);
    if (failed->type == &learn_job) {
        tincture_session_learn(of);
    } else if (failed->type == &subject_job) {
        TinctureSubjectWork *work = work_of(self, failed);
        tincture_subject_work_waits(work) ? tincture_subject_work_resume(work)
                                          : tincture_subject_work_learn(work, self->studio->reader);
    } else {
        TinctureJob *again = tincture_job_new(failed->type, &failed->in);
        again->about = g_strdup(failed->about);
        tincture_queue_submit(self->queue, of->project, again);
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
        if (!job->about && (!job->owner || job->owner == G_OBJECT(self->project))) {
            job->about = about(self, job);
        }
    }
}

// ---- life ---------------------------------------------------------------------------------------

static void build(TinctureSession *self)
{
    TinctureProject *project = self->project;
    TinctureQueue *queue = self->queue;
    struct library *library = self->library;
    self->live = live_new(project, queue, library);
    self->training = training_new(project, queue, library);
    self->subject = g_object_ref(self->studio->subject);
    self->style = g_object_ref(self->studio->style);
    self->subject_photo = tincture_subject_photo_new(self->subject, project, queue);
    self->workshop = tincture_workshop_new(project, queue, library);
    self->hint = hint_new(project, queue);
    self->sticker = tincture_sticker_work_new(project, queue, library);
    self->variations = variations_new(project, queue, library, self->live);
}

static void listen(TinctureSession *self)
{
    const struct {
        gpointer object;
        const char *signal;
        GCallback callback;
    } connections[] = {
        {self->queue, "finished", G_CALLBACK(finished_cb)},
        {self->queue, "report", G_CALLBACK(report_cb)},
        {self->queue, "items-changed", G_CALLBACK(submitted_cb)},
        {self->queue, "changed", G_CALLBACK(session_note_opening)},
        {self->project, "library-changed", G_CALLBACK(session_tell_library)},
    };
    for (size_t i = 0; i < G_N_ELEMENTS(connections); i++) {
        g_signal_connect_swapped(connections[i].object, connections[i].signal,
                                 connections[i].callback, self);
    }
}

TinctureSession *tincture_session_new(TinctureStudio *studio)
{
    TinctureSession *self = g_object_new(TINCTURE_TYPE_SESSION, NULL);
    const bool first = studio->sessions->len == 0;
    self->studio = g_object_ref(studio);
    self->queue = g_object_ref(studio->queue);
    g_ptr_array_add(studio->sessions, self);
    self->library =
        first ? library_new(self->project, self->queue, studio->data_dir)
              : library_new_beside(self->project, self->queue, session_at(self, 0)->library);
    build(self);
    listen(self);
    if (first) {
        tincture_session_attend(self);
        session_begin_studio(self);
    }
    session_note_opening(self);
    return self;
}

void tincture_session_attend(TinctureSession *self)
{
    tincture_subject_work_attend(self->subject, self->project, self->library);
    tincture_subject_work_attend(self->style, self->project, self->library);
}

// The studio goes on for the others.
static void hand_over(TinctureSession *self)
{
    TinctureSession *next = session_at(self, 0);
    if (tincture_queue_find(self->queue, self->project, &learn_job)) {
        store_training_end(self->library->store);
    }
    tincture_queue_leave(self->queue, self->project);
    if (self->studio->engine) {
        engine_forget(self->studio->engine, self->project);
    }
    if (self->subject->project == self->project) {
        tincture_session_attend(next);
    }
    library_watch_tokens(next->library);
}

void tincture_session_close(TinctureSession *self)
{
    if (!g_ptr_array_remove(self->studio->sessions, self)) {
        return;
    }
    live_stop(self->live);
    live_keep_now(self->live);
    training_leave(self->training);
    g_signal_handlers_disconnect_by_data(self->queue, self);
    g_signal_handlers_disconnect_by_data(self->project, self);
    if (self->studio->sessions->len > 0) {
        hand_over(self);
    } else {
        tincture_studio_close(self->studio);
    }
    library_close(self->library);
}

static void tincture_session_dispose(GObject *object)
{
    tincture_session_close(TINCTURE_SESSION(object)); // signals may still be sent here
    G_OBJECT_CLASS(tincture_session_parent_class)->dispose(object);
}

static void tincture_session_finalize(GObject *object)
{
    TinctureSession *self = TINCTURE_SESSION(object);
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
    g_object_unref(self->studio);
    g_free(self->exported);
    G_OBJECT_CLASS(tincture_session_parent_class)->finalize(object);
}

static void tincture_session_class_init(TinctureSessionClass *class)
{
    G_OBJECT_CLASS(class)->dispose = tincture_session_dispose;
    G_OBJECT_CLASS(class)->finalize = tincture_session_finalize;
    signals[SIGNAL_DEVICE] = g_signal_new("device-changed", G_TYPE_FROM_CLASS(class),
                                          G_SIGNAL_RUN_LAST, 0, NULL, NULL, NULL, G_TYPE_NONE, 0);
    signals[SIGNAL_ELSEWHERE] =
        g_signal_new("elsewhere", G_TYPE_FROM_CLASS(class), G_SIGNAL_RUN_LAST, 0, NULL, NULL, NULL,
                     G_TYPE_NONE, 1, TINCTURE_TYPE_SESSION);
}

static void tincture_session_init(TinctureSession *self)
{
    self->project = tincture_project_new();
    self->painting = tincture_painting_new(self->project);
}
