// A frame around what the words are about.
//
// Takes photo, document and adapters. Ends with the region.
#include "ui/core/engine.h"
#include "ui/core/job.h"

static bool run(TinctureJob *job, struct engine *e, GError **error)
{
    const struct job_inputs *in = &job->in;
    return engine_ready(e, error) && engine_use_adapters(e, in->adapters, &job->task, error) &&
           engine_suggest_region(e, in->photo, document_request(in->document), &job->out.region,
                                 &job->task, error);
}

const struct job_type suggest_job = {
    .member = {.name = "suggest",
               .title = "Looking for the frame",
               .summary = "Finds the part of the photo that the words are about"},
    .rank = JOB_LIVE,
    .failure = "No frame could be suggested",
    .run = run,
};
