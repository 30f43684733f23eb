// What belongs to a word of the description, or to a place: a step of the mask.
//
// Takes photo, document and adapters; title: the word, or NULL for the place x, y in pixels of the
// photo; erase: whether it is taken away. Ends with the selection, a mask of one step.
#include "compute/i18n.h"
#include "ui/core/engine.h"
#include "ui/core/job.h"

static bool run(TinctureJob *job, struct engine *e, GError **error)
{
    const struct job_inputs *in = &job->in;
    if (!engine_ready(e, error) || !engine_use_adapters(e, in->adapters, &job->task, error)) {
        return false;
    }
    const struct engine_choice choice = {in->title, in->x, in->y, in->erase};
    job->out.selection = engine_select(e, in->photo, &in->document->region,
                                       document_request(in->document), &choice, &job->task, error);
    return job->out.selection != NULL;
}

const struct job_type select_job = {
    .member = {.name = "select",
               .title = N_("Selecting"),
               .summary = N_("Finds what belongs to a word or to a place")},
    .rank = JOB_LIVE,
    .failure = N_("Nothing could be selected"),
    .run = run,
};
