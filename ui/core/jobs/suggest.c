// A frame around the mask, or around what the words are about.
//
// Takes photo, document and adapters. Ends with the region.
#include "compute/i18n.h"
#include "ui/core/engine.h"
#include "ui/core/job.h"

static bool run(TinctureJob *job, struct engine *e, GError **error)
{
    const struct job_inputs *in = &job->in;
    const struct document *d = in->document;
    struct engine_place place;
    return engine_ready(e, error) && engine_use_adapters(e, in->adapters, &job->task, error) &&
           engine_place(e, in->photo, d->mask, &(struct image_region){0}, &place, &job->task,
                        error) &&
           engine_suggest_region(e, in->photo, place.mask, document_request(d), &job->out.region,
                                 &job->task, error);
}

const struct job_type suggest_job = {
    .member = {.name = "suggest",
               .title = N_("Looking for the frame"),
               .summary = N_("Finds the part of the photo that is to change")},
    .rank = JOB_LIVE,
    .failure = N_("No frame could be suggested"),
    .run = run,
};
