// Writing an adapter for other programs.
//
// Takes source (its file), and path, whose form decides how it is written.
#include "ui/core/engine.h"
#include "ui/core/job.h"

static bool run(TinctureJob *job, struct engine *e, GError **error)
{
    task_report(&job->task, TASK_WRITING_ADAPTER, -1.0);
    struct adapter *a = engine_ready(e, error) ? engine_adapter(e, job->in.source, error) : NULL;
    return a && adapter_save(a, job->in.path, &job->task, error);
}

const struct job_type export_adapter_job = {
    .member = {.name = "export_adapter",
               .title = "Exporting an adapter",
               .summary = "Writes an adapter in the form that other programs read"},
    .rank = JOB_PROMISED,
    .failure = "The export did not work",
    .run = run,
};
