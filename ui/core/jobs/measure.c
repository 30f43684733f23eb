// How much a library holds and uses, which takes some time where it is large. On the reader thread
// alone, with a store of its own.
//
// Takes folder. Ends with use.
#include "compute/i18n.h"
#include "ui/core/job.h"
#include "ui/store/store.h"

static bool prepare(TinctureJob *job, GError **error)
{
    struct store *s = store_open_again(job->in.folder, error);
    const bool ok = s && store_use(s, &job->out.use, error);
    store_close(s);
    return ok;
}

const struct job_type measure_job = {
    .member = {.name = "measure",
               .title = N_("Measuring the library"),
               .summary = N_("Finds how much the library uses")},
    .failure = N_("The library could not be measured"),
    .prepare = prepare,
};
