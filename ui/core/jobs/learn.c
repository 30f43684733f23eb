// Learning the photo: a training, with samples on the way.
//
// Takes photo and document (source prompt and settings), path for the adapter, source for the
// checkpoints, and resume: whether it goes on from the one that is there. Ends with the adapter's
// facts.
#include "render/signed.h"
#include "ui/core/engine.h"
#include "ui/core/job.h"

#define SAMPLE_SIDE      96
#define SAMPLE_STEPS     8
#define SAMPLES          4  // a training
#define CHECKPOINT_EVERY 10 // steps

struct learner {
    TinctureJob *job;
    struct engine *engine;
    struct adapter *adapter;
};

// A picture at fixed seed with the adapter as it is now.
static struct image *draw_sample(const struct learner *l, GError **error)
{
    const struct job_inputs *in = &l->job->in;
    struct editor *editor = l->engine->editor;
    struct task quiet = {.cancellable = l->job->cancel}; // the training's progress stays in sight
    struct settings *settings = settings_new(generate_settings);
    settings_set(settings, "steps", SAMPLE_STEPS, NULL);
    struct edit_request q = {
        .settings = settings,
        .prompt = in->document->source_prompt,
        .width = in->photo->small->width,
        .height = in->photo->small->height,
        .seed = in->document->learn_seed,
    };
    if (in->document->region.width) {
        photo_fit(in->photo, &in->document->region, &q.width, &q.height);
    }
    struct edit_result *r = NULL;
    if (editor_set_adapters(editor, &l->adapter, 1, &quiet, error)) {
        r = editor_run(editor, &q, &quiet, error);
    }
    struct image *image = r ? image_from_signed(r->rgb, r->width, r->height, error) : NULL;
    edit_result_free(r);
    settings_free(settings);
    return image;
}

// That a sample fails is no reason to stop the training.
static void sample(const struct learner *l, const struct task_progress *progress)
{
    g_autoptr(GError) error = NULL;
    struct task_progress sampling = *progress;
    sampling.stage = TASK_SAMPLING;
    sampling.training = NULL; // that has been told
    job_tell(l->job, &sampling, (struct picture){0});
    struct image *image = draw_sample(l, &error);
    if (image) {
        job_tell(l->job, &sampling, picture_shrink(image, SAMPLE_SIDE));
        image_free(image);
    } else if (!g_error_matches(error, G_IO_ERROR, G_IO_ERROR_CANCELLED)) {
        g_message("no sample: %s", error->message);
    }
}

static void report_cb(struct task *task, const struct task_progress *progress)
{
    const struct learner *l = task->data;
    const struct train_report *step = progress->training;
    job_tell(l->job, progress, (struct picture){0});
    if (step && step->step % MAX(1, step->steps / SAMPLES) == 0) {
        sample(l, progress);
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
                        l->adapter, &params, in->resume ? in->source : NULL, &task, error);
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
    g_free(adapter->name);
    adapter->name =
        g_strdup_printf("%s, %d steps", adapter->method->title, settings_int(learn, "steps"));
    struct learner l = {job, e, adapter};
    if (!train(&l, error) || !adapter_save(adapter, in->path, NULL, error)) {
        adapter_free(adapter);
        return false;
    }
    job->out.adapter.applied = job->out.adapter.total = (int)adapter->params->len;
    engine_adapter_put(e, in->path, adapter);
    return true;
}

const struct job_type learn_job = {
    .member = {.name = "learn", .title = "Learning", .summary = "Learns the photo as an adapter"},
    .rank = JOB_WATCHED,
    .failure = "The training stopped",
    .run = run,
};
