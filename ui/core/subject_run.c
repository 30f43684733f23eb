// Learning: what is in the way, the training with what it draws, and what it leaves.
#include "ui/core/subject_work_private.h"

#include "compute/i18n.h"

#include "ui/core/training.h"

#include <glib/gstdio.h>
#include <string.h>

void subject_strip_free(void *data)
{
    struct subject_strip *s = data;
    g_free(s->title);
    g_array_unref(s->samples);
    g_free(s);
}

void subject_run_init(struct subject_run *run, const struct lesson *lesson)
{
    *run = (struct subject_run){.loss = g_array_new(FALSE, FALSE, sizeof(double))};
    subject_draft_init(&run->draft, lesson);
}

void subject_run_clear(struct subject_run *run)
{
    subject_draft_clear(&run->draft);
    g_free(run->checkpoint);
    g_clear_pointer(&run->loss, g_array_unref);
}

static char *checkpoint_path(TinctureSubjectWork *self, const struct subject_run *run)
{
    return run->checkpoint ? store_own_path(self->library->store, run->checkpoint) : NULL;
}

bool subject_run_has_checkpoint(TinctureSubjectWork *self, const struct subject_run *run)
{
    g_autofree char *path = checkpoint_path(self, run);
    return path && g_file_test(path, G_FILE_TEST_EXISTS);
}

// It is over, and shows how it went.
static void end_run(TinctureSubjectWork *self, struct subject_run *run)
{
    g_autofree char *path = checkpoint_path(self, run);
    if (path) {
        g_unlink(path);
    }
    g_clear_pointer(&run->checkpoint, g_free);
}

bool tincture_subject_work_waits(TinctureSubjectWork *self)
{
    return !self->running && self->run.checkpoint;
}

// ---- what is in the way -------------------------------------------------------------------------

#define BUSY _("A training is running already")

static bool is_busy(TinctureSubjectWork *self)
{
    return tincture_queue_find(self->queue, NULL, &learn_job) ||
           tincture_queue_find(self->queue, NULL, &subject_job);
}

static char *missing(TinctureSubjectWork *self, const struct model *m)
{
    if (!self->library->store) {
        return g_strdup_printf(_("%s, so nothing can be learned"), library_fault(self->library));
    }
    if (is_busy(self)) {
        return g_strdup(BUSY);
    }
    if (self->reading > 0) {
        return g_strdup(_("The photos are still being read; try again when they are there"));
    }
    char *fault = NULL;
    for (guint i = 0; !fault && i < self->draft.subjects->len; i++) {
        fault = self->lesson->missing(self, i, m);
    }
    return fault;
}

// One training at a time, whichever program it is of.
static bool take_turn(TinctureSubjectWork *self)
{
    g_autoptr(GError) error = NULL;
    const bool taken = store_training_begin(self->library->store, &error);
    tincture_project_say_error(self->project, _(self->lesson->no_start), error);
    return taken;
}

static bool is_possible(TinctureSubjectWork *self, const struct model *m)
{
    g_autofree char *fault = missing(self, m);
    if (fault) {
        tincture_project_say(self->project, MESSAGE_ERROR, "%s", fault);
        return false;
    }
    return take_turn(self);
}

// ---- what is drawn on the way -------------------------------------------------------------------

static void add_strip(TinctureSubjectWork *self, const char *title)
{
    struct subject_strip *s = g_new0(struct subject_strip, 1);
    s->title = g_strdup(title);
    s->samples = g_array_new(FALSE, TRUE, sizeof(struct picture));
    g_array_set_clear_func(s->samples, (GDestroyNotify)picture_clear);
    g_ptr_array_add(self->strips, s);
}

// NULL-terminated; the first strip of subjects is of the first photo, the last one of the sentence
// that a person has asked for.
static GPtrArray *begin_strips(TinctureSubjectWork *self)
{
    const struct subject_draft *d = &self->run.draft;
    GPtrArray *prompts = self->lesson->prompts(d);
    if (*d->own_prompt) {
        g_ptr_array_add(prompts, g_strdup(d->own_prompt));
    }
    g_ptr_array_set_size(self->strips, 0);
    self->next_strip = 0;
    if (!self->lesson->roles) {
        add_strip(self, _("The first photo, drawn again"));
    }
    for (guint i = 0; i < prompts->len; i++) {
        add_strip(self, prompts->pdata[i]);
    }
    g_ptr_array_add(prompts, NULL);
    return prompts;
}

// ---- begin --------------------------------------------------------------------------------------

static void start(TinctureSubjectWork *self, bool resume)
{
    const struct subject_draft *d = &self->run.draft;
    struct document document;
    document_init(&document);
    settings_assign(document.learn, d->learn);
    document.learn_seed = d->seed;
    g_autofree char *name = self->lesson->name_of(d);
    g_autofree char *path = library_new_file(self->library, self->lesson->folder, name);
    g_autofree char *checkpoint = checkpoint_path(self, &self->run);
    g_autoptr(GPtrArray) prompts = begin_strips(self);
    const struct job_inputs in = {.document = &document,
                                  .subject = d,
                                  .prompts = (const char *const *)prompts->pdata,
                                  .title = name,
                                  .path = path,
                                  .source = checkpoint,
                                  .resume = resume};
    self->running = true;
    tincture_queue_submit(self->queue, self->project, tincture_job_new(&subject_job, &in));
    document_clear(&document);
    subject_work_save_now(self);
    subject_work_changed(self);
}

bool tincture_subject_work_learn(TinctureSubjectWork *self, const struct model *m)
{
    if (!is_possible(self, m)) {
        return false;
    }
    if (self->run.checkpoint) {
        subject_run_clear(&self->waiting);
        self->waiting = self->run;
    } else {
        subject_run_clear(&self->run);
    }
    g_autofree char *uuid = g_uuid_string_random();
    subject_run_init(&self->run, self->lesson);
    subject_draft_clear(&self->run.draft);
    subject_draft_copy(&self->draft, &self->run.draft);
    self->run.checkpoint = g_strdup_printf("runs/%s-%s" LIBRARY_SUFFIX, self->lesson->name, uuid);
    self->run.steps = settings_int(self->draft.learn, "steps");
    start(self, false);
    return true;
}

// With what it was begun with, whatever has been changed since.
bool tincture_subject_work_resume(TinctureSubjectWork *self)
{
    const bool busy = is_busy(self),
               taken = tincture_subject_work_waits(self) && !busy && take_turn(self);
    if (busy) {
        tincture_project_say(self->project, MESSAGE_ERROR, "%s", BUSY);
    }
    if (taken) {
        start(self, true);
    }
    return taken;
}

// ---- on the way, and the end --------------------------------------------------------------------

// With its first checkpoint it takes the place of the one that waited.
static void replace_waiting(TinctureSubjectWork *self)
{
    if (self->waiting.checkpoint && subject_run_has_checkpoint(self, &self->run)) {
        end_run(self, &self->waiting);
        subject_work_save_now(self);
    }
}

void tincture_subject_work_stepped(TinctureSubjectWork *self, struct job_report *report)
{
    if (report->sample.rgba && self->strips->len > 0) {
        const struct subject_strip *strip = self->strips->pdata[self->next_strip];
        const struct picture sample = picture_take(&report->sample);
        g_array_append_val(strip->samples, sample);
        self->next_strip = (self->next_strip + 1) % self->strips->len;
    }
    if (report->trained) {
        training_note_loss(self->run.loss, &report->training);
        self->run.step = report->training.step;
        replace_waiting(self);
        subject_work_save_soon(self);
    }
    subject_work_changed_soon(self);
}

void subject_run_stopped(TinctureSubjectWork *self)
{
    replace_waiting(self);
    if (!subject_run_has_checkpoint(self, &self->run)) { // it ended before there was anything to go
        g_clear_pointer(&self->run.checkpoint, g_free);  // on from
        if (self->waiting.checkpoint) {
            const struct subject_run waited = self->waiting;
            self->waiting = self->run;
            self->run = waited;
        }
    }
}

// "call it “a photograph of a <rex> dog”", or of what has no word of its own, where it is.
static char *usage_text(const struct subject_draft *d, bool open)
{
    g_autofree char *sentence = d->lesson->sentence(d), *name = d->lesson->name_of(d);
    return sentence ? g_strdup_printf(open ? _("call it “%s”")
                                           : _("open a photo, use it there, and call it “%s”"),
                                      sentence)
                    : g_strdup_printf(open ? _("“%s” is among the adapters of the open photo")
                                           : _("“%s” can be used on any photo that is open"),
                                      name);
}

static void succeeded(TinctureSubjectWork *self, TinctureJob *job)
{
    const struct subject_draft *d = &self->run.draft;
    const char *note = job->out.note;
    const bool open = self->project->photo != NULL;
    g_autofree char *usage = usage_text(d, open);
    end_run(self, &self->run);
    end_run(self, &self->waiting);
    if (open) {
        tincture_subject_work_use(self, job->in.path);
    }
    g_autofree char *done = d->lesson->done(d->subjects->len, usage);
    if (note) {
        tincture_project_say(self->project, MESSAGE_ERROR, _("%s. Left out: %s"), done, note);
    } else {
        tincture_project_say(self->project, MESSAGE_INFO, "%s", done);
    }
}

void tincture_subject_work_ended(TinctureSubjectWork *self, TinctureJob *job)
{
    self->running = false;
    if (job->error) {
        subject_run_stopped(self);
    } else {
        succeeded(self, job);
    }
    store_training_end(self->library->store);
    subject_work_save_now(self);
    subject_work_changed(self);
}
