#include "ui/core/subject_photo.h"

#include "compute/i18n.h"

#include <string.h>

enum { SIGNAL_OPENED, N_SIGNALS };
static guint signals[N_SIGNALS];

G_DEFINE_FINAL_TYPE(TinctureSubjectPhoto, tincture_subject_photo, G_TYPE_OBJECT)

// The photo in the draft; NULL: it has been left out meanwhile.
static struct subject_shot *find_shot(TinctureSubjectPhoto *self, guint subject, const char *path)
{
    const struct subject_draft *d = &self->work->draft;
    const struct subject_entry *e =
        path && subject < d->subjects->len ? subject_draft_at(d, subject) : NULL;
    const int at = e ? subject_entry_find(e, path) : -1;
    return at >= 0 ? e->shots->pdata[at] : NULL;
}

// ---- opening ------------------------------------------------------------------------------------

void tincture_subject_photo_open(TinctureSubjectPhoto *self, guint subject, guint photo)
{
    const struct subject_shot *shot =
        subject_draft_at(&self->work->draft, subject)->shots->pdata[photo];
    g_autofree char *name = g_filename_display_basename(shot->path);
    const struct job_inputs in = {.path = shot->path, .title = name, .id = subject};
    tincture_queue_cancel(self->queue, self->main,
                          &subject_photo_job); // the one before is not waited for
    tincture_queue_submit(self->queue, self->main, tincture_job_new(&subject_photo_job, &in));
}

static void take_selection(TinctureSubjectPhoto *self, struct mask *m)
{
    g_clear_pointer(&self->beside, mask_unref);
    self->beside = m ? mask_ref(m) : NULL;
}

// What is said of it so far.
static void fill(TinctureSubjectPhoto *self, const struct subject_shot *shot, struct document *d)
{
    const struct subject_view *view = tincture_subject_work_view(self->work, shot);
    g_autofree char *usual = tincture_subject_work_sentence(self->work, self->subject);
    const struct mask *m = shot->masked ? shot->mask : self->beside;
    g_free(d->source_prompt);
    d->source_prompt = g_strdup(shot->caption           ? shot->caption
                                : view && view->caption ? view->caption
                                                        : usual);
    d->mask = m ? mask_ref(m) : NULL;
    d->region = shot->crop;
}

// The subject's word, which the model is to learn.
static void set_token(TinctureSubjectPhoto *self)
{
    const char *word = subject_draft_at(&self->work->draft, self->subject)->word;
    g_ptr_array_set_size(self->project->tokens, 0);
    if (*word) {
        tincture_project_add_token(self->project, word);
    }
}

void tincture_subject_photo_opened(TinctureSubjectPhoto *self, TinctureJob *job)
{
    const guint subject = (guint)job->in.id;
    const struct subject_shot *shot = find_shot(self, subject, job->in.path);
    if (job->error || !shot) {
        g_autofree char *what = g_strdup_printf(_("%s could not be opened"), job->in.title);
        tincture_project_say_error(self->main, what, job->error);
        return;
    }
    struct document document;
    document_init(&document);
    self->subject = subject;
    g_clear_pointer(&self->path, g_free); // what changes now is nothing that anybody says
    take_selection(self, job->out.selection);
    fill(self, shot, &document);
    tincture_project_open(self->project, job->out.photo, picture_take(&job->out.view),
                          job->in.title, &document, g_ptr_array_new_with_free_func(g_object_unref),
                          NULL);
    document_clear(&document);
    set_token(self);
    self->path = g_strdup(job->in.path);
    tincture_project_changed(self->project, DOCUMENT_ALL);
    tincture_project_view_changed(self->project);
    g_signal_emit(self, signals[SIGNAL_OPENED], 0);
}

// ---- into the draft -----------------------------------------------------------------------------

// NULL where it is what is said anyway.
static char *own_caption(TinctureSubjectPhoto *self, const struct subject_shot *shot)
{
    const struct subject_view *view = tincture_subject_work_view(self->work, shot);
    g_autofree char *usual = tincture_subject_work_sentence(self->work, self->subject);
    char *text = g_strstrip(g_strdup(self->project->document.source_prompt));
    if (!*text || g_str_equal(text, view && view->caption ? view->caption : usual)) {
        g_clear_pointer(&text, g_free);
    }
    return text;
}

static void document_changed_cb(TinctureSubjectPhoto *self, guint parts)
{
    const struct document *d = &self->project->document;
    struct subject_shot *shot = find_shot(self, self->subject, self->path);
    if (!shot || (parts & DOCUMENT_PHOTO) || !(parts & (DOCUMENT_PROMPTS | DOCUMENT_PLACE))) {
        return;
    }
    const struct subject_shot said = {.caption = own_caption(self, shot),
                                      .crop = d->region,
                                      .masked = !mask_equal(d->mask, self->beside),
                                      .mask = d->mask};
    tincture_subject_work_say(self->work, shot, &said);
    g_free(said.caption);
}

static void message_cb(TinctureSubjectPhoto *self, int kind, const char *text)
{
    tincture_project_say(self->main, (enum message_kind)kind, "%s", text);
}

// ---- the object ---------------------------------------------------------------------------------

static void tincture_subject_photo_finalize(GObject *object)
{
    TinctureSubjectPhoto *self = TINCTURE_SUBJECT_PHOTO(object);
    g_signal_handlers_disconnect_by_data(self->project, self);
    g_object_unref(self->painting);
    g_object_unref(self->project);
    g_free(self->path);
    mask_unref(self->beside);
    G_OBJECT_CLASS(tincture_subject_photo_parent_class)->finalize(object);
}

static void tincture_subject_photo_class_init(TinctureSubjectPhotoClass *class)
{
    G_OBJECT_CLASS(class)->finalize = tincture_subject_photo_finalize;
    signals[SIGNAL_OPENED] = g_signal_new("opened", G_TYPE_FROM_CLASS(class), G_SIGNAL_RUN_LAST, 0,
                                          NULL, NULL, NULL, G_TYPE_NONE, 0);
}

static void tincture_subject_photo_init(TinctureSubjectPhoto *self)
{
    self->project = tincture_project_new();
    self->painting = tincture_painting_new(self->project);
    g_signal_connect_swapped(self->project, "document-changed", G_CALLBACK(document_changed_cb),
                             self);
    g_signal_connect_swapped(self->project, "message", G_CALLBACK(message_cb), self);
}

TinctureSubjectPhoto *tincture_subject_photo_new(TinctureSubjectWork *work, TinctureProject *main,
                                                 TinctureQueue *queue)
{
    TinctureSubjectPhoto *self = g_object_new(TINCTURE_TYPE_SUBJECT_PHOTO, NULL);
    self->work = work;
    self->main = main;
    self->queue = queue;
    return self;
}
