// The learned tokens of the library, after files in their folder have come or gone.
//
// Takes folder. Ends with the tokens that came and left, and a note about files that do not go with
// the model.
#include "compute/i18n.h"
#include "ui/core/engine.h"
#include "ui/core/job.h"

static char **as_strv(GPtrArray *names)
{
    g_ptr_array_add(names, NULL);
    return (char **)g_ptr_array_free(names, FALSE);
}

static bool run(TinctureJob *job, struct engine *e, GError **error)
{
    if (!engine_ready(e, error)) {
        return false;
    }
    GPtrArray *came = g_ptr_array_new(), *left = g_ptr_array_new();
    job->out.note = engine_embed_folder(e, job->in.folder, came, left);
    job->out.tokens = as_strv(came);
    job->out.tokens_left = as_strv(left);
    return true;
}

const struct job_type tokens_job = {
    .member = {.name = "tokens",
               .title = N_("Reading learned tokens"),
               .summary = N_("Makes the learned tokens those of the library's files")},
    .rank = JOB_LIVE | JOB_LASTING,
    .run = run,
};
