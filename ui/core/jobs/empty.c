// What is in the trash of a library goes for good, and its file becomes smaller. On the reader
// thread alone, with a store of its own; stopped, it leaves the rest for the next time.
//
// Takes folder. Ends with a note: how much room there is again.
#include "compute/i18n.h"
#include "ui/core/job.h"
#include "ui/store/store.h"

// Rows are quick, and the file's end takes most of the time.
#define ROWS 0.3

struct part {
    struct task *task;
    double from, share; // of the whole
};

static void report_cb(double done, void *data)
{
    const struct part *p = data;
    task_report(p->task, TASK_EMPTYING_TRASH, p->from + p->share * done);
}

static bool empty(struct store *s, TinctureJob *job, GError **error)
{
    struct part rows = {&job->task, 0.0, ROWS}, file = {&job->task, ROWS, 1.0 - ROWS};
    const struct store_wait first = {report_cb, &rows, job->cancel};
    const struct store_wait second = {report_cb, &file, job->cancel};
    g_autoptr(GHashTable) gone = store_trash_files(s, error);
    return gone && store_trash_empty(s, &first, error) && store_collect(s, gone, error) &&
           store_trim(s, &second, error);
}

static bool prepare(TinctureJob *job, GError **error)
{
    struct store_use before, after;
    task_report(&job->task, TASK_EMPTYING_TRASH, 0.0);
    struct store *s = store_open_again(job->in.folder, error);
    const bool ok =
        s && store_use(s, &before, error) && empty(s, job, error) && store_use(s, &after, error);
    store_close(s);
    if (ok) {
        g_autofree char *size = g_format_size((guint64)MAX(before.bytes - after.bytes, 0));
        job->out.note = g_strdup_printf(_("The trash is empty: %s are free again"), size);
    }
    return ok;
}

const struct job_type empty_job = {
    .member = {.name = "empty",
               .title = N_("Emptying the trash"),
               .summary = N_("Removes what is in the library's trash")},
    .rank = JOB_WATCHED | JOB_STAYS,
    .failure = N_("The trash could not be emptied"),
    .prepare = prepare,
};
