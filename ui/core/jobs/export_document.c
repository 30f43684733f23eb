// A document of a library as one file, with its photo, adapters, results and masks. On the reader
// thread alone, with a store of its own.
//
// Takes folder, the document's id and path. Ends with a note: what it has, and what was left out.
#include "compute/i18n.h"
#include "ui/core/exchange.h"
#include "ui/core/job.h"

static char *note_of(const struct exchange *x, const char *path)
{
    g_autofree char *name = g_filename_display_basename(path);
    GString *note = g_string_new(NULL);
    g_string_printf(note, _("Exported %s: results %u, adapters %u"), name, x->results, x->adapters);
    for (guint i = 0; i < x->left_out->len; i++) {
        g_string_append_printf(note, _("; left out: %s"), (char *)x->left_out->pdata[i]);
    }
    return g_string_free(note, FALSE);
}

static bool prepare(TinctureJob *job, GError **error)
{
    struct exchange x = {0};
    task_report(&job->task, TASK_WRITING_FILE, 0.0);
    struct store *s = store_open_again(job->in.folder, error);
    const bool ok = s && exchange_export(s, job->in.id, job->in.path, &job->task, &x, error);
    if (ok) {
        job->out.note = note_of(&x, job->in.path);
    }
    exchange_clear(&x);
    store_close(s);
    return ok;
}

const struct job_type export_document_job = {
    .member = {.name = "export_document",
               .title = N_("Exporting as one file"),
               .summary = N_("Writes a document with all that belongs to it as one file")},
    .rank = JOB_WATCHED | JOB_PROMISED,
    .failure = N_("The document could not be exported"),
    .prepare = prepare,
};
