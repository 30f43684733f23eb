#include "ui/core/job.h"

#include "ui/core/engine.h"
#include "ui/core/task_text.h"

const struct job_type *const job_table[] = {
#define X(name) &name##_job,
    JOB_ROWS
#undef X
        NULL,
};

enum { PROP_TITLE = 1, PROP_STATE, PROP_TEXT, PROP_FRACTION, PROP_SECONDS_LEFT, N_PROPS };
static GParamSpec *properties[N_PROPS];
enum { SIGNAL_REPORT, SIGNAL_QUESTION, SIGNAL_CANCELLED, N_SIGNALS };
static guint signals[N_SIGNALS];

G_DEFINE_FINAL_TYPE(TinctureJob, tincture_job, G_TYPE_OBJECT)

// ---- inputs -------------------------------------------------------------------------------------

static void inputs_copy(const struct job_inputs *from, struct job_inputs *to)
{
    *to = *from;
    to->photo = from->photo ? photo_ref(from->photo) : NULL;
    to->result = from->result ? result_ref(from->result) : NULL;
    if (from->document) {
        to->document = g_new(struct document, 1);
        document_copy(from->document, to->document);
    }
    to->adapters = from->adapters ? g_array_ref(from->adapters) : NULL;
    to->bytes = from->bytes ? g_bytes_ref(from->bytes) : NULL;
    to->path = g_strdup(from->path);
    to->source = g_strdup(from->source);
    to->folder = g_strdup(from->folder);
    to->controls = g_strdup(from->controls);
    to->file = g_strdup(from->file);
    to->title = g_strdup(from->title);
    to->device = g_strdup(from->device);
    to->precision = g_strdup(from->precision);
    to->vae = g_strdup(from->vae);
    to->dialect = g_strdup(from->dialect);
    if (from->subject) {
        struct subject_draft *draft = g_new(struct subject_draft, 1);
        subject_draft_copy(from->subject, draft);
        to->subject = draft;
    }
    to->files = (const char *const *)g_strdupv((char **)from->files);
    to->prompts = (const char *const *)g_strdupv((char **)from->prompts);
    to->names = (const char *const *)g_strdupv((char **)from->names);
    to->strengths = (const char *const *)g_strdupv((char **)from->strengths);
}

static void inputs_clear(struct job_inputs *in)
{
    photo_unref(in->photo);
    result_unref(in->result);
    if (in->document) {
        document_clear(in->document);
        g_free(in->document);
    }
    g_clear_pointer(&in->adapters, g_array_unref);
    g_clear_pointer(&in->bytes, g_bytes_unref);
    if (in->subject) {
        subject_draft_clear((struct subject_draft *)in->subject);
        g_free((struct subject_draft *)in->subject);
    }
    const char *const texts[] = {in->path,   in->source,    in->folder, in->file,    in->title,
                                 in->device, in->precision, in->vae,    in->dialect, in->controls};
    for (size_t i = 0; i < G_N_ELEMENTS(texts); i++) {
        g_free((char *)texts[i]);
    }
    g_strfreev((char **)in->files);
    g_strfreev((char **)in->prompts);
    g_strfreev((char **)in->names);
    g_strfreev((char **)in->strengths);
}

// ---- what it says -------------------------------------------------------------------------------

struct post {
    TinctureJob *job;
    struct job_report report;
};

static gboolean post_cb(gpointer data)
{
    struct post *post = data;
    TinctureJob *job = post->job;
    const struct job_report *r = &post->report;
    job->fraction = r->fraction;
    job->seconds_left = r->seconds_left;
    g_strlcpy(job->text, r->text, sizeof job->text);
    g_object_notify_by_pspec(G_OBJECT(job), properties[PROP_TEXT]);
    g_object_notify_by_pspec(G_OBJECT(job), properties[PROP_FRACTION]);
    g_object_notify_by_pspec(G_OBJECT(job), properties[PROP_SECONDS_LEFT]);
    g_signal_emit(job, signals[SIGNAL_REPORT], 0, r);
    return G_SOURCE_REMOVE;
}

static void post_free(gpointer data)
{
    struct post *post = data;
    picture_clear(&post->report.preview);
    picture_clear(&post->report.sample);
    g_object_unref(post->job);
    g_free(post);
}

// By what has been done since the stage began; < 0 while that says too little.
static double seconds_left(TinctureJob *job, const struct task_progress *p)
{
    const gint64 now = g_get_monotonic_time();
    if (job->since_us == 0 || p->stage != job->stage || p->fraction < job->last) {
        job->stage = p->stage;
        job->since_us = now;
        job->since = p->fraction;
    }
    job->last = p->fraction;
    const double seconds = (double)(now - job->since_us) / 1e6, done = p->fraction - job->since;
    return seconds < 1.0 || done < 0.02 ? -1.0 : seconds * (1.0 - p->fraction) / done;
}

static void tell(TinctureJob *job, const struct task_progress *progress, const char *text,
                 struct picture sample)
{
    const struct latent_preview *preview = progress->preview;
    struct post *post = g_new0(struct post, 1);
    post->job = g_object_ref(job);
    struct job_report *report = &post->report;
    g_strlcpy(report->text, text, sizeof report->text);
    report->fraction = progress->fraction;
    report->seconds_left = progress->seconds_left < 0 && progress->fraction >= 0
                               ? seconds_left(job, progress)
                               : progress->seconds_left;
    if (preview) {
        report->preview = picture_from_floats(preview->rgb, preview->width, preview->height);
    }
    report->sample = sample;
    report->trained = progress->training != NULL;
    if (report->trained) {
        report->training = *progress->training;
    }
    g_idle_add_full(G_PRIORITY_DEFAULT, post_cb, post, post_free);
}

void job_tell(TinctureJob *job, const struct task_progress *progress, struct picture sample)
{
    g_autofree char *text = task_text(progress);
    tell(job, progress, text, sample);
}

void job_tell_as(TinctureJob *job, const struct task_progress *progress, const char *text)
{
    tell(job, progress, text, (struct picture){0});
}

static void report_cb(struct task *task, const struct task_progress *progress)
{
    job_tell(task->data, progress, (struct picture){0});
}

// ---- what it asks -------------------------------------------------------------------------------

struct question {
    TinctureJob *job;
    char *text;
};

static gboolean question_cb(gpointer data)
{
    struct question *q = data;
    if (q->job->asked) { // before it made way: the answer is still to come
        return G_SOURCE_REMOVE;
    }
    q->job->asked = true;
    if (g_signal_has_handler_pending(q->job, signals[SIGNAL_QUESTION], 0, FALSE)) {
        g_signal_emit(q->job, signals[SIGNAL_QUESTION], 0, q->text);
    } else {
        tincture_job_answer(q->job, true);
    }
    return G_SOURCE_REMOVE;
}

static void question_free(gpointer data)
{
    struct question *q = data;
    g_object_unref(q->job);
    g_free(q->text);
    g_free(q);
}

bool job_ask(TinctureJob *job, const char *question)
{
    struct question *q = g_new(struct question, 1);
    *q = (struct question){g_object_ref(job), g_strdup(question)};
    g_idle_add_full(G_PRIORITY_DEFAULT, question_cb, q, question_free);
    g_mutex_lock(&job->lock);
    while (job->answer == ANSWER_NONE && !g_cancellable_is_cancelled(job->cancel)) {
        g_cond_wait(&job->answered, &job->lock); // cancelling and making way wake it
    }
    const bool yes = job->answer == ANSWER_YES;
    g_mutex_unlock(&job->lock);
    if (!yes) {
        g_cancellable_cancel(job->cancel);
    }
    return yes;
}

void tincture_job_answer(TinctureJob *self, bool yes)
{
    g_mutex_lock(&self->lock);
    if (self->answer == ANSWER_NONE) {
        self->answer = yes ? ANSWER_YES : ANSWER_NO;
    }
    g_cond_signal(&self->answered);
    g_mutex_unlock(&self->lock);
}

// ---- the object ---------------------------------------------------------------------------------

static void tincture_job_get_property(GObject *object, guint id, GValue *value, GParamSpec *pspec)
{
    const TinctureJob *self = TINCTURE_JOB(object);
    switch (id) {
    case PROP_TITLE: g_value_set_string(value, self->type->member.title); break;
    case PROP_STATE: g_value_set_int(value, self->state); break;
    case PROP_TEXT: g_value_set_string(value, self->text); break;
    case PROP_FRACTION: g_value_set_double(value, self->fraction); break;
    case PROP_SECONDS_LEFT: g_value_set_double(value, self->seconds_left); break;
    default: G_OBJECT_WARN_INVALID_PROPERTY_ID(object, id, pspec);
    }
}

static void tincture_job_finalize(GObject *object)
{
    TinctureJob *self = TINCTURE_JOB(object);
    inputs_clear(&self->in);
    g_clear_object(&self->owner);
    outcome_clear(&self->out);
    g_clear_object(&self->cancel);
    g_clear_error(&self->error);
    g_free(self->about);
    g_mutex_clear(&self->lock);
    g_cond_clear(&self->answered);
    G_OBJECT_CLASS(tincture_job_parent_class)->finalize(object);
}

static void tincture_job_class_init(TinctureJobClass *class)
{
    GObjectClass *object_class = G_OBJECT_CLASS(class);
    const GType type = G_TYPE_FROM_CLASS(class);
    const GParamFlags flags = G_PARAM_READABLE | G_PARAM_STATIC_STRINGS;
    object_class->get_property = tincture_job_get_property;
    object_class->finalize = tincture_job_finalize;
    properties[PROP_TITLE] = g_param_spec_string("title", NULL, NULL, NULL, flags);
    properties[PROP_STATE] = g_param_spec_int("state", NULL, NULL, 0, JOB_CANCELLED, 0, flags);
    properties[PROP_TEXT] = g_param_spec_string("text", NULL, NULL, NULL, flags);
    properties[PROP_FRACTION] = g_param_spec_double("fraction", NULL, NULL, -1, 1, -1, flags);
    properties[PROP_SECONDS_LEFT] =
        g_param_spec_double("seconds-left", NULL, NULL, -1, G_MAXDOUBLE, -1, flags);
    g_object_class_install_properties(object_class, N_PROPS, properties);
    signals[SIGNAL_REPORT] = g_signal_new("report", type, G_SIGNAL_RUN_LAST, 0, NULL, NULL, NULL,
                                          G_TYPE_NONE, 1, G_TYPE_POINTER);
    signals[SIGNAL_QUESTION] = g_signal_new("question", type, G_SIGNAL_RUN_LAST, 0, NULL, NULL,
                                            NULL, G_TYPE_NONE, 1, G_TYPE_STRING);
    signals[SIGNAL_CANCELLED] =
        g_signal_new("cancelled", type, G_SIGNAL_RUN_LAST, 0, NULL, NULL, NULL, G_TYPE_NONE, 0);
}

static void tincture_job_init(TinctureJob *self)
{
    g_mutex_init(&self->lock);
    g_cond_init(&self->answered);
    self->cancel = g_cancellable_new();
    self->fraction = self->seconds_left = -1.0;
    self->state = JOB_WAITING;
    self->task = (struct task){.report = report_cb, .data = self, .cancellable = self->cancel};
}

TinctureJob *tincture_job_new(const struct job_type *type, const struct job_inputs *in)
{
    TinctureJob *self = g_object_new(TINCTURE_TYPE_JOB, NULL);
    self->type = type;
    inputs_copy(in, &self->in);
    return self;
}

void tincture_job_make_way(TinctureJob *self)
{
    self->makes_way = true;
    g_cancellable_cancel(self->cancel);
    g_mutex_lock(&self->lock);
    g_cond_signal(&self->answered);
    g_mutex_unlock(&self->lock);
}

void tincture_job_run(TinctureJob *self, struct engine *engine)
{
    if (engine) {
        engine_turn(engine, self->type->rank & JOB_APART ? ENGINE_APART : self->owner);
    }
    self->type->run(self, engine, &self->error);
}

bool tincture_job_again(TinctureJob *self)
{
    const bool again = self->makes_way && !self->stopped &&
                       g_error_matches(self->error, G_IO_ERROR, G_IO_ERROR_CANCELLED);
    self->makes_way = false;
    if (again) {
        self->begun = true;
        g_clear_error(&self->error);
        g_object_unref(self->cancel);
        self->cancel = g_cancellable_new();
        self->task.cancellable = self->cancel;
    }
    return again;
}

void tincture_job_cancel(TinctureJob *self)
{
    self->stopped = true;
    g_cancellable_cancel(self->cancel);
    tincture_job_answer(self, false);
    g_signal_emit(self, signals[SIGNAL_CANCELLED], 0);
}

bool tincture_job_is_cancelled(const TinctureJob *self)
{
    return self->stopped || (!self->makes_way && g_cancellable_is_cancelled(self->cancel));
}

void tincture_job_set_state(TinctureJob *self, enum job_state state)
{
    if (self->state != state) {
        self->state = state;
        g_object_notify_by_pspec(G_OBJECT(self), properties[PROP_STATE]);
    }
}
