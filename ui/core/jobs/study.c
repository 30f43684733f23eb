// What adapters do to the model and how alike they are, in numbers.
//
// Takes files with their names and strengths, and the id of whoever asks. Ends with the study.
#include "compute/i18n.h"
#include "ui/core/engine.h"
#include "ui/core/job.h"

static bool run(TinctureJob *job, struct engine *e, GError **error)
{
    const struct job_inputs *in = &job->in;
    g_autoptr(GPtrArray) list =
        engine_adapters_at(e, in->files, in->names, in->strengths, &job->task, error);
    job->out.study = list ? adapter_study_new((struct adapter *const *)list->pdata, (int)list->len,
                                              &job->task, error)
                          : NULL;
    return job->out.study != NULL;
}

const struct job_type study_job = {
    .member = {.name = "study",
               .title = N_("Measuring adapters"),
               .summary = N_("Measures what adapters change of the model and how alike they are")},
    .rank = JOB_WATCHED,
    .failure = N_("The adapters could not be measured"),
    .run = run,
};
