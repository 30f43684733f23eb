// Copying a library that cannot be written to where it is. On the reader thread alone: no photo is
// read before, and the model loads meanwhile.
//
// Takes copy. Ends with the store of the copy.
#include "compute/i18n.h"
#include "ui/core/job.h"
#include "ui/store/store.h"

static void report_cb(double part, void *task)
{
    task_report(task, TASK_COPYING_LIBRARY, part);
}

static bool prepare(TinctureJob *job, GError **error)
{
    const struct store_copy *copy = job->in.copy;
    const struct store_wait wait = {report_cb, &job->task, job->cancel};
    task_report(&job->task, TASK_COPYING_LIBRARY, 0.0);
    if (!store_copy_fill(copy, &wait, error)) {
        return false;
    }
    job->out.store = store_open(store_copy_dir(copy), error);
    return job->out.store != NULL;
}

const struct job_type library_job = {
    .member = {.name = "library",
               .title = N_("Copying the library"),
               .summary = N_("Copies a library that cannot be written to where it is")},
    .rank = JOB_WATCHED,
    .prepare = prepare,
};
