// Loading an adapter, to know what it is and whether it fits the model; a file may turn out to be a
// learned token or a control, which is taken instead.
//
// Takes path, folder: of learned tokens, and the id of whoever asks. Ends with the adapter's facts,
// or the token and a note on what of its file is left out, or the control.
#include "compute/i18n.h"
#include "ui/core/engine.h"
#include "ui/core/job.h"
#include "ui/core/plain_text.h"

static bool take_token(TinctureJob *job, struct engine *e, GError **error)
{
    char *token = engine_embed(e, job->in.path, job->in.folder, &job->out.note, error);
    if (token) {
        job->out.tokens = g_new0(char *, 2);
        job->out.tokens[0] = token;
    }
    return token != NULL;
}

static bool take_control(TinctureJob *job, struct engine *e, GError **error)
{
    job->out.control = engine_take_control(e, job->in.path, &job->task, error);
    const struct engine_control *edges =
        job->out.control ? engine_edges_control(e, &job->task) : NULL;
    job->out.edges = edges != NULL;
    job->out.keeps_edges = edges && g_str_equal(edges->net->name, job->out.control);
    return job->out.control != NULL;
}

static bool run(TinctureJob *job, struct engine *e, GError **error)
{
    const char *path = job->in.path;
    engine_adapter_forget(e, path); // the file may have been written again
    if (!engine_ready(e, error)) {
        return false;
    }
    if (engine_is_token(path)) {
        return take_token(job, e, error);
    }
    if (hint_net_is(path)) {
        return take_control(job, e, error);
    }
    struct adapter *a = engine_adapter(e, path, error);
    if (!a || !adapter_check_tokens(a, error)) {
        return false;
    }
    job->out.adapter.name = a->name ? g_strdup(a->name) : g_path_get_basename(path);
    job->out.adapter.method = g_strdup(a->method->name);
    job->out.adapter.other_base = a->other_base;
    job->out.adapter.applied = a->tensors_applied;
    job->out.adapter.total = a->tensors_total;
    job->out.adapter.ways = adapter_dialect_ways(a);
    job->out.adapter.caption = g_strdup(g_hash_table_lookup(a->metadata, ADAPTER_CAPTION));
    g_autofree char *told = adapter_remarks(a);
    job->out.adapter.told = told ? plain_lines(told) : NULL;
    return true;
}

const struct job_type adapter_job = {
    .member = {.name = "adapter",
               .title = N_("Loading an adapter"),
               .summary = N_("Reads an adapter and finds out whether it fits the model")},
    .rank = JOB_LIVE,
    .run = run,
};
