// Learning the photo: a training, with what it draws of the photo on the way.
//
// Takes photo and document (source prompt and settings), path for the adapter, source for the
// checkpoints, and resume: whether it goes on from the one that is there. Ends with the adapter's
// facts.
#include "render/signed.h"
#include "ui/core/engine.h"
#include "ui/core/job.h"

#define SAMPLE_SIDE      96
#define CHECKPOINT_EVERY 10 // steps

struct learner {
    TinctureJob *job;
    struct engine *engine;
    struct adapter *adapter;
    struct task_progress progress; // the last
};

static void report_cb(struct task *task, const struct task_progress *progress)
{
    struct learner *l = task->data;
    l->progress = *progress;
    l->progress.stage = TASK_SAMPLING;
    l->progress.preview = NULL; // what it points to is gone by then
    l->progress.training = NULL;
    job_tell(l->job, progress, (struct picture){0});
}

// What the training can draw of the photo by now.
static void watch_cb(const struct edit_result *drawn, double db, void *data)
{
    const struct learner *l = data;
    struct image *image = image_from_signed(drawn->rgb, drawn->width, drawn->height, NULL);
    if (image) {
        job_tell(l->job, &l->progress, picture_shrink(image, SAMPLE_SIDE));
        image_free(image);
    }
}

static bool train(struct learner *l, GError **error)
{
    const struct job_inputs *in = &l->job->in;
    const struct train_params params = {
        .settings = in->document->learn,
        .seed = in->document->learn_seed,
        .checkpoint_every = CHECKPOINT_EVERY,
        .checkpoint_path = in->source,
    };
    struct task task = {.report = report_cb, .data = l, .cancellable = l->job->cancel};
    return engine_learn(l->engine, in->photo, &in->document->region, in->document->source_prompt,
                        l->adapter, &params, in->resume ? in->source : NULL, watch_cb, l, &task,
                        error);
}

static bool name_and_save(TinctureJob *job, struct adapter *adapter, GError **error)
{
    const char *steps = g_hash_table_lookup(adapter->metadata, "ss_steps"); // the best one's
    job->out.adapter.steps = (int)g_ascii_strtoll(steps, NULL, 10);
    g_free(adapter->name);
    adapter->name = g_strdup_printf("%s, %s steps", adapter->method->title, steps);
    return adapter_save(adapter, job->in.path, NULL, error);
}

static bool run(TinctureJob *job, struct engine *e, GError **error)
{
    const struct job_inputs *in = &job->in;
    const struct settings *learn = in->document->learn;
    struct adapter *adapter = engine_ready(e, error)
                                  ? adapter_new(settings_choice(learn, "method"), e->model,
                                                settings_member(learn, "method"), error)
                                  : NULL;
    if (!adapter) {
        return false;
    }
    struct learner l = {.job = job, .engine = e, .adapter = adapter};
    if (!train(&l, error) || !name_and_save(job, adapter, error)) {
        adapter_free(adapter);
        return false;
    }
    job->out.adapter.applied = job->out.adapter.total = (int)adapter->params->len;
    job->out.adapter.ways = adapter_dialect_ways(adapter);
    job->out.adapter.caption = g_strdup(g_hash_table_lookup(adapter->metadata, ADAPTER_CAPTION));
    engine_adapter_put(e, in->path, adapter);
    return true;
}

const struct job_type learn_job = {
    .member = {.name = "learn", .title = "Learning", .summary = "Learns the photo as an adapter"},
    .rank = JOB_WATCHED,
    .failure = "The training stopped",
    .run = run,
};
