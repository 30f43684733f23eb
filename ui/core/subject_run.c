// Learning: what is in the way, the training with what it draws, and what it leaves.
#include "ui/core/subject_work_private.h"

#include "ui/core/subject.h"
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

void subject_run_init(struct subject_run *run)
{
    *run = (struct subject_run){.loss = g_array_new(FALSE, FALSE, sizeof(double))};
    subject_draft_init(&run->draft);
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

// "the dog", or where nothing says what it is, which one.
static char *the_subject(TinctureSubjectWork *self, guint subject)
{
    static const char *const which[SUBJECTS_MOST] = {"the first", "the second", "the third"};
    const struct subject_entry *e = subject_draft_at(&self->draft, subject);
    return self->draft.subjects->len == 1 ? g_strdup("the subject")
           : *e->kind                     ? g_strdup_printf("the %s", e->kind)
                                          : g_strdup_printf("%s subject", which[subject]);
}

static char *unmasked(TinctureSubjectWork *self, const struct subject_entry *e)
{
    for (guint i = 0; i < e->shots->len; i++) {
        const struct subject_shot *shot = e->shots->pdata[i];
        if (!tincture_subject_work_has_mask(self, shot)) {
            return g_strdup_printf("Pairs of segments need a mask of every photo, and %s has none: "
                                   "mask it, or choose halves",
                                   tincture_subject_work_view(self, shot)->name);
        }
    }
    return NULL;
}

static char *missing_of(TinctureSubjectWork *self, guint subject, const struct model *m)
{
    const struct subject_entry *e = subject_draft_at(&self->draft, subject);
    g_autofree char *the = the_subject(self, subject);
    if (e->shots->len == 0) {
        return g_strdup_printf("Add photos of %s first: three to five, from different sides", the);
    }
    if (!*e->kind) {
        return g_strdup_printf("Say what %s is, in a word that the model knows, such as dog", the);
    }
    char *fault = tincture_subject_work_word_fault(self, subject, m);
    return fault || !tincture_subject_work_needs_masks(self) ? fault : unmasked(self, e);
}

static char *missing(TinctureSubjectWork *self, const struct model *m)
{
    if (!self->library->store) {
        return g_strdup_printf("%s, so nothing can be learned", library_fault(self->library));
    }
    if (tincture_queue_find(self->queue, &learn_job) ||
        tincture_queue_find(self->queue, &subject_job)) {
        return g_strdup("A training is running already");
    }
    if (self->reading > 0) {
        return g_strdup("The photos are still being read; try again when they are there");
    }
    char *fault = NULL;
    for (guint i = 0; !fault && i < self->draft.subjects->len; i++) {
        fault = missing_of(self, i, m);
    }
    return fault;
}

static bool is_possible(TinctureSubjectWork *self, const struct model *m)
{
    g_autofree char *fault = missing(self, m);
    g_autoptr(GError) error = NULL;
    if (fault) {
        tincture_project_say(self->project, MESSAGE_ERROR, "%s", fault);
        return false;
    }
    const bool taken = store_training_begin(self->library->store, &error);
    tincture_project_say_error(self->project, "The subject cannot be learned now", error);
    return taken;
}

// ---- sentences that are drawn on the way --------------------------------------------------------

// "a photograph of a <rex> dog and a <mia> cat".
static char *sentence_of_all(const struct subject_draft *d)
{
    g_autoptr(GString) text = g_string_new("a photograph of ");
    for (guint i = 0; i < d->subjects->len; i++) {
        const struct subject_entry *e = subject_draft_at(d, i);
        g_autofree char *words = g_strdup_printf("%s %s", e->word, e->kind);
        g_autofree char *noun = subject_with_article(words);
        g_string_append_printf(text, "%s%s",
                               i == 0                     ? ""
                               : i + 1 < d->subjects->len ? ", "
                                                          : " and ",
                               noun);
    }
    return g_string_free(g_steal_pointer(&text), FALSE);
}

// Of one subject two scenes; of several each in one, and all of them together.
static GPtrArray *held_prompts(const struct subject_draft *d)
{
    static const char *const scenes[] = {"on a beach", "in the snow", "on grass"};
    GPtrArray *prompts = g_ptr_array_new_with_free_func(g_free);
    const guint n = d->subjects->len;
    for (guint i = 0; i < MAX(n, 2); i++) {
        g_autofree char *sentence = subject_entry_sentence(subject_draft_at(d, i % n));
        g_ptr_array_add(prompts, g_strdup_printf("%s %s", sentence, scenes[i]));
    }
    if (n > 1) {
        g_ptr_array_add(prompts, sentence_of_all(d));
    }
    return prompts;
}

static void add_strip(TinctureSubjectWork *self, const char *title)
{
    struct subject_strip *s = g_new0(struct subject_strip, 1);
    s->title = g_strdup(title);
    s->samples = g_array_new(FALSE, TRUE, sizeof(struct picture));
    g_array_set_clear_func(s->samples, (GDestroyNotify)picture_clear);
    g_ptr_array_add(self->strips, s);
}

// NULL-terminated; the first strip is of the first photo.
static GPtrArray *begin_strips(TinctureSubjectWork *self)
{
    GPtrArray *prompts = held_prompts(&self->run.draft);
    g_ptr_array_set_size(self->strips, 0);
    self->next_strip = 0;
    add_strip(self, "The first photo, drawn again");
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
    g_autofree char *name = subject_draft_name(d);
    g_autofree char *path = library_new_file(self->library, SUBJECT_FOLDER, name);
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
    tincture_queue_submit(self->queue, tincture_job_new(&subject_job, &in));
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
    subject_run_init(&self->run);
    subject_draft_clear(&self->run.draft);
    subject_draft_copy(&self->draft, &self->run.draft);
    self->run.checkpoint = g_strdup_printf("runs/subject-%s" LIBRARY_SUFFIX, uuid);
    self->run.steps = settings_int(self->draft.learn, "steps");
    start(self, false);
    return true;
}

// With what it was begun with, whatever has been changed since.
bool tincture_subject_work_resume(TinctureSubjectWork *self)
{
    g_autoptr(GError) error = NULL;
    if (!tincture_subject_work_waits(self)) {
        return false;
    }
    const bool taken = tincture_queue_find(self->queue, &learn_job) == NULL &&
                       store_training_begin(self->library->store, &error);
    tincture_project_say_error(self->project, "The subject cannot be learned now", error);
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
    subject_work_changed(self);
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

static void succeeded(TinctureSubjectWork *self, TinctureJob *job)
{
    g_autofree char *sentence = sentence_of_all(&self->run.draft);
    const char *what = self->run.draft.subjects->len > 1 ? "subjects" : "subject";
    const char *note = job->out.note;
    const bool open = self->project->photo != NULL;
    end_run(self, &self->run);
    end_run(self, &self->waiting);
    if (open) {
        tincture_subject_work_use(self, job->in.path);
    }
    tincture_project_say(self->project, note ? MESSAGE_ERROR : MESSAGE_INFO,
                         "Learned the %s: %s “%s”%s%s", what,
                         open ? "call it" : "open a photo, use it there, and call it", sentence,
                         note ? ". Left out: " : "", note ? note : "");
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
