// Looking at adapters without using one.
//
// Takes files: adapters and folders of them, names: of each, and path: of the one whose hash is
// wanted, or NULL. Ends with what there is, by the model at hand.
#include "compute/i18n.h"
#include "ui/core/adapter_list.h"
#include "ui/core/engine.h"
#include "ui/core/job.h"

static bool run(TinctureJob *job, struct engine *e, GError **error)
{
    const struct job_inputs *in = &job->in;
    job->out.adapters = engine_ready(e, error) ? adapter_list_read(e->model, in->files, in->names,
                                                                   in->path, &job->task, error)
                                               : NULL;
    return job->out.adapters != NULL;
}

const struct job_type adapters_job = {
    .member = {.name = "adapters",
               .title = N_("Looking at adapters"),
               .summary = N_("Tells what adapters are and what of them does not fit the model")},
    .rank = JOB_LIVE,
    .failure = N_("The adapters could not be looked at"),
    .run = run,
};
