// The edit that a document asks for with another seed, beside the one that is shown.
//
// Takes what an edit takes, and ends as one.
#include "ui/core/job.h"

#include "compute/i18n.h"

static bool run(TinctureJob *job, struct engine *e, GError **error)
{
    return edit_job.run(job, e, error);
}

const struct job_type variation_job = {
    .member = {.name = "variation",
               .title = N_("Drawing a variation"),
               .summary = N_("Draws the edit with another seed")},
    .failure = N_("The variation did not work"),
    .run = run,
};
