// Loading the model that everything works with.
//
// Takes path (folder or file), vae, device and precision, and folder: of learned tokens, or NULL;
// controls. Ends with the names of model and device, the precision, the tokens, a note about those
// that do not go with the model, and whether edges can be kept.
#include "compute/i18n.h"
#include "ui/core/engine.h"
#include "ui/core/job.h"

static bool run(TinctureJob *job, struct engine *e, GError **error)
{
    const struct job_inputs *in = &job->in;
    if (!engine_load(e, in->path, in->vae, in->device, in->precision, &job->task, error)) {
        return false;
    }
    const struct gpu_info *info = gpu_info(e->gpu);
    job->out.device = info->slow_driver ? g_strdup_printf(_("%s (slow driver)"), info->name)
                                        : g_strdup(info->name);
    job->out.model = g_strdup(e->model->name);
    job->out.precision = gpu_precision(e->gpu);
    e->own_controls = g_strdup(job->in.controls);
    job->out.edges = engine_edges_control(e, &job->task) != NULL;
    if (job->in.folder) {
        GPtrArray *tokens = g_ptr_array_new();
        g_autoptr(GPtrArray) none = g_ptr_array_new_with_free_func(g_free);
        job->out.note = engine_embed_folder(e, job->in.folder, tokens, none);
        g_ptr_array_add(tokens, NULL);
        job->out.tokens = (char **)g_ptr_array_free(tokens, FALSE);
    }
    return true;
}

const struct job_type load_job = {
    .member = {.name = "load",
               .title = N_("Loading the model"),
               .summary = N_("Reads the model's weights")},
    .rank = JOB_LASTING,
    .failure = N_("The model could not be loaded"),
    .run = run,
};
