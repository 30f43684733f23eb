// Learning the photo: a training, with what it draws of the photo on the way.
//
// Takes photo and document (source prompt and settings), path for the adapter, source for the
// checkpoints, and resume: whether it goes on from the one that is there. Ends with the adapter's
// facts.
#include "ui/core/learner.h"

#include "compute/i18n.h"

// What the training can draw of the photo by now.
static void watch_cb(const struct edit_result *drawn, double db, void *data)
{
    learner_show(data, drawn);
}

static bool train(struct learner *l, GError **error)
{
    const struct job_inputs *in = &l->job->in;
    const struct train_params params = learner_params(l);
    if (!l->learning) {
        l->learning = engine_learning_of(l->engine, in->photo, &in->document->region,
                                         in->document->source_prompt, l->adapter, &params,
                                         learner_resumes(l), watch_cb, &l->task, error);
    }
    return l->learning && learner_run(l, l, error);
}

static bool run(TinctureJob *job, struct engine *e, GError **error)
{
    struct learner l;
    const bool ok =
        learner_begin(&l, job, e, error) && train(&l, error) && learner_keep(&l, NULL, error);
    learner_end(&l);
    return ok;
}

const struct job_type learn_job = {
    .member = {.name = "learn",
               .title = N_("Learning"),
               .summary = N_("Learns the photo as an adapter")},
    .rank = JOB_WATCHED | JOB_APART,
    .failure = N_("The training stopped"),
    .run = run,
    .let_go = learner_let_go,
};
