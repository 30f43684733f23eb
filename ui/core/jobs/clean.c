// The results without a star go into the trash of a library, but for the newest of each document.
// On the reader thread alone, with a store of its own; stopped, it has done nothing.
//
// Takes folder. Ends with the time by which they come back.
#include "compute/i18n.h"
#include "ui/core/job.h"
#include "ui/store/store.h"

static bool prepare(TinctureJob *job, GError **error)
{
    task_report(&job->task, TASK_WORKING, -1.0);
    struct store *s = store_open_again(job->in.folder, error);
    const bool ok = s && store_delete_plain(s, job->cancel, &job->out.when, error);
    store_close(s);
    return ok;
}

const struct job_type clean_job = {
    .member = {.name = "clean",
               .title = N_("Cleaning up"),
               .summary = N_("Puts the results without a star into the trash")},
    .rank = JOB_WATCHED | JOB_STAYS,
    .failure = N_("The library could not be cleaned up"),
    .prepare = prepare,
};
