// Writing an adapter for other programs.
//
// Takes source (its file), path, whose form decides how it is written, the dialect (NULL: the
// method's own) and the rank of a low-rank copy, which is made only where the dialect cannot hold
// the adapter (0: adapter_export()'s). Asks before it writes such a copy. Ends with a note where
// the dialect could only come near.
#include "compute/adapter/dialect/dialect.h"
#include "compute/i18n.h"
#include "ui/core/engine.h"
#include "ui/core/job.h"

#include <string.h>

// A dialect with a configuration beside the tensors is a folder, whatever name was chosen.
static char *target(const char *path, const char *dialect)
{
    const struct adapter_dialect *d = adapter_dialect_find(dialect);
    const bool folder = d && d->files[1] && g_str_has_suffix(d->files[1], ".json");
    const bool file = g_str_has_suffix(path, ".safetensors");
    return g_strndup(path, strlen(path) - (folder && file ? strlen(".safetensors") : 0));
}

// Once it is known, and before anything is written.
static void ask_near(const struct adapter_written *w, void *data)
{
    TinctureJob *job = data;
    g_autofree char *name = g_filename_display_basename(job->in.path);
    g_autofree char *question = g_strdup_printf(
        _("In this form %s can only be a low-rank copy. With rank %d it is %.2g off at strength 1, "
          "where 0 is the same and 1 no adapter at all. A higher rank comes nearer."),
        name, w->rank, w->left_out);
    if (w->left_out > 0) {
        job_ask(job, question);
    }
}

static bool export_as(TinctureJob *job, struct adapter *a, GError **error)
{
    g_autofree char *path = target(job->in.path, job->in.dialect);
    const struct adapter_dialect *d = adapter_dialect_find(job->in.dialect);
    const int rank = d && d->write && d->holds(a) ? 0 : job->in.rank;
    struct adapter_written written;
    if (!adapter_export(a, job->in.dialect, rank, path, &written, ask_near, job, &job->task,
                        error)) {
        return false;
    }
    if (written.left_out > 0) {
        job->out.note = g_strdup_printf(_("a low-rank copy of rank %d, %.2g off at strength 1"),
                                        written.rank, written.left_out);
    } else if (written.at_one) {
        job->out.note = g_strdup(_("the same at strength 1"));
    } else if (written.without_hints) {
        job->out.note = g_strdup(_("without its hint encoder, which no other program reads"));
    }
    return true;
}

static bool run(TinctureJob *job, struct engine *e, GError **error)
{
    task_report(&job->task, TASK_WRITING_ADAPTER, -1.0);
    struct adapter *a = engine_ready(e, error) ? engine_adapter(e, job->in.source, error) : NULL;
    return a && (job->in.dialect ? export_as(job, a, error)
                                 : adapter_save(a, job->in.path, &job->task, error));
}

const struct job_type export_adapter_job = {
    .member = {.name = "export_adapter",
               .title = N_("Exporting an adapter"),
               .summary = N_("Writes an adapter in the form that other programs read")},
    .rank = JOB_WATCHED | JOB_PROMISED,
    .failure = N_("The export did not work"),
    .run = run,
};
