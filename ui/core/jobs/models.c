// Looking at models without loading one.
//
// Takes files: models and folders of them, and path: of the one whose hash is wanted, or NULL. Ends
// with what there is.
#include "compute/i18n.h"
#include "ui/core/job.h"
#include "ui/core/model_list.h"

static bool prepare(TinctureJob *job, GError **error)
{
    job->out.models = model_list_read(job->in.files, job->in.path, &job->task, error);
    return job->out.models != NULL;
}

const struct job_type models_job = {
    .member = {.name = "models",
               .title = N_("Looking at models"),
               .summary = N_("Tells what models are and what of them does not fit")},
    .rank = JOB_LIVE,
    .failure = N_("The models could not be looked at"),
    .prepare = prepare,
};
