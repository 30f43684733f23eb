// Several adapters as a new one in the library.
//
// Takes files with their names and strengths, path and title of the new one, and rank: of a
// low-rank update near to what they do together (0: exactly that). Asks before it writes one. Ends
// with a note on what it became.
#include "compute/i18n.h"
#include "ui/core/engine.h"
#include "ui/core/job.h"
#include "ui/core/paths.h"

static void ask_near(const struct adapter_written *w, void *data)
{
    TinctureJob *job = data;
    g_autofree char *question = g_strdup_printf(_("With rank %d %s leaves out %.2g of what its "
                                                  "parts change together, where 0 is nothing and "
                                                  "1 all of it. A higher rank comes nearer."),
                                                w->rank, job->in.title, w->left_out);
    if (w->left_out > 0) {
        job_ask(job, question);
    }
}

static bool save(TinctureJob *job, struct adapter *a, GError **error)
{
    const struct job_inputs *in = &job->in;
    struct adapter_written written = {0};
    const bool ok = in->rank > 0
                        ? adapter_export(a, adapter_method_find("lora")->dialect, in->rank,
                                         in->path, &written, ask_near, job, &job->task, error)
                        : adapter_save(a, in->path, &job->task, error);
    if (ok && written.left_out > 0) {
        job->out.note =
            g_strdup_printf(_("Made %s, a low-rank update of rank %d: %.2g of the change "
                              "is left out"),
                            in->title, written.rank, written.left_out);
    } else if (ok) {
        job->out.note =
            g_strdup_printf(_("Made %s, which does exactly what its parts do"), in->title);
    }
    return ok;
}

static bool run(TinctureJob *job, struct engine *e, GError **error)
{
    const struct job_inputs *in = &job->in;
    g_autoptr(GPtrArray) list =
        engine_adapters_at(e, in->files, in->names, in->strengths, &job->task, error);
    struct adapter *all = list ? adapter_combined((struct adapter *const *)list->pdata,
                                                  (int)list->len, &job->task, error)
                               : NULL;
    g_autofree char *folder = g_path_get_dirname(in->path);
    const bool ok = all && paths_make(folder, error) && save(job, all, error);
    adapter_free(all);
    return ok;
}

const struct job_type combine_job = {
    .member = {.name = "combine",
               .title = N_("Combining adapters"),
               .summary = N_("Makes one adapter of several, each at its strengths")},
    .rank = JOB_WATCHED | JOB_STAYS,
    .failure = N_("The adapter was not made"),
    .run = run,
};
