// A document that was exported as one file comes into a library. On the reader thread alone, with a
// store of its own.
//
// Takes folder and path. Ends with the document and a note: what is new of it.
#include "compute/i18n.h"
#include "ui/core/exchange.h"
#include "ui/core/job.h"

static char *note_of(const struct exchange *x, const char *path)
{
    g_autofree char *name = g_filename_display_basename(path);
    return x->known ? g_strdup_printf(_("%s was in the library; new: results %u, adapters %u"),
                                      name, x->results, x->adapters)
                    : g_strdup_printf(_("Imported %s: results %u, adapters %u"), name, x->results,
                                      x->adapters);
}

static bool prepare(TinctureJob *job, GError **error)
{
    struct exchange x = {0};
    task_report(&job->task, TASK_READING_FILE, 0.0);
    struct store *s = store_open_again(job->in.folder, error);
    const bool ok = s && exchange_import(s, job->in.path, &job->task, &x, error);
    if (ok) {
        job->out.document = x.document;
        job->out.note = note_of(&x, job->in.path);
    }
    exchange_clear(&x);
    store_close(s);
    return ok;
}

const struct job_type import_document_job = {
    .member = {.name = "import_document",
               .title = N_("Importing a document"),
               .summary = N_("Takes a document that was exported as one file into the library")},
    .rank = JOB_WATCHED,
    .failure = N_("The document could not be imported"),
    .prepare = prepare,
};
