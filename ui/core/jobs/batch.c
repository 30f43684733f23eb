// One edit of many photos, each exported to a folder.
//
// Takes document and adapters (what is done to each), learn (each is learned before, as the
// document says), files (photos and folders of them), folder, save (format: a codec's name, NULL
// for PNG) and with_recipe. The document's mask, region and
// control are of its own photo, and left out. What is in the folder already is left as it is, so
// that a batch that was stopped can be begun again, as it is by itself when it has made way for
// others. Ends with the batch, whose faults are the photos that could not be done, and a note.
#include "ui/core/batch.h"
#include "compute/i18n.h"
#include "ui/core/job.h"

#define FAULTS_TOLD 3 // sentences in the note

static void report_cb(struct task *task, const struct task_progress *progress)
{
    TinctureJob *job = task->data;
    g_autofree char *text = batch_text(job->out.batch, progress);
    job_tell_as(job, progress, text);
}

static guint tell(GString *text, const GPtrArray *sentences, guint told)
{
    for (guint i = 0; i < sentences->len && told + i < FAULTS_TOLD; i++) {
        g_string_append(text, C_("sentences", ". "));
        g_string_append(text, sentences->pdata[i]);
    }
    return told + sentences->len;
}

static char *note(const struct document *d, const struct batch *b)
{
    GString *text = g_string_new(NULL);
    g_string_printf(text, P_("Exported %u of %u photo", "Exported %u of %u photos", b->photos->len),
                    b->made, b->photos->len);
    if (b->there) {
        g_string_append_printf(
            text, P_(", %u was there already", ", %u were there already", b->there), b->there);
    }
    if (b->elsewhere) {
        g_string_append_printf(text, _(", another program is at %u"), b->elsewhere);
    }
    if (d->mask || d->region.width || d->lead.control) {
        g_string_append(text,
                        _("; mask, frame and control are of the open photo and were left out"));
    }
    const guint told = tell(text, b->notes, tell(text, b->faults, 0));
    if (told > FAULTS_TOLD) {
        g_string_append_printf(text, _(". And %u more"), told - FAULTS_TOLD);
    }
    return g_string_free(text, FALSE);
}

static struct batch *batch_of(const struct job_inputs *in)
{
    struct batch *b = batch_new();
    for (int i = 0; in->files[i]; i++) {
        batch_add(b, in->files[i]);
    }
    return b;
}

// Where no sentence says what all of them show, texts beside them do.
static struct edit_request request_of(const struct document *d)
{
    struct edit_request q = document_request(d);
    q.source_prompt = *d->source_prompt ? q.source_prompt : NULL;
    return q;
}

static bool run(TinctureJob *job, struct engine *e, GError **error)
{
    const struct job_inputs *in = &job->in;
    struct task task = {.report = report_cb, .data = job, .cancellable = job->cancel};
    if (!job->out.batch) { // else it has made way, and goes on
        job->out.batch = batch_of(in);
    }
    if (!engine_ready(e, error) || !engine_use_adapters(e, in->adapters, &task, error)) {
        return false;
    }
    g_autoptr(GPtrArray) adapters = g_ptr_array_copy(e->in_use, NULL, NULL);
    const struct batch_recipe recipe = {
        .request = request_of(in->document),
        .learn = in->learn ? in->document->learn : NULL,
        .learn_seed = in->document->learn_seed,
        .adapters = (struct adapter *const *)adapters->pdata,
        .n_adapters = (int)adapters->len,
        .with_recipe = in->with_recipe,
        .save = in->save,
    };
    if (!batch_run(job->out.batch, e, &recipe, in->folder, &task, error)) {
        return false;
    }
    job->out.note = note(in->document, job->out.batch);
    return true;
}

const struct job_type batch_job = {
    .member = {.name = "batch",
               .title = N_("Editing many photos"),
               .summary = N_("Does one edit to many photos and exports each to a folder")},
    .rank = JOB_PATIENT | JOB_APART | JOB_STAYS,
    .failure = N_("The batch stopped"),
    .run = run,
};
