// Loading the model that everything works with.
//
// Takes path (folder or file), vae and device. Ends with the names of both.
#include "ui/core/engine.h"
#include "ui/core/job.h"

static bool run(TinctureJob *job, struct engine *e, GError **error)
{
    if (!engine_load(e, job->in.path, job->in.vae, job->in.device, &job->task, error)) {
        return false;
    }
    const struct gpu_info *info = gpu_info(e->gpu);
    job->out.device =
        info->slow_driver ? g_strdup_printf("%s (slow driver)", info->name) : g_strdup(info->name);
    job->out.model = g_strdup(e->model->name);
    return true;
}

const struct job_type load_job = {
    .member = {.name = "load",
               .title = "Loading the model",
               .summary = "Reads the model's weights"},
    .rank = JOB_LASTING,
    .failure = "The model could not be loaded",
    .run = run,
};
