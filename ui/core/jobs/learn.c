// Learning the photo: a training, with samples on the way.
//
// Takes photo and document (source prompt and learn parameters), path for the adapter, source for
// the checkpoints, and resume: whether it goes on from the one that is there. Ends with the
// adapter's facts.
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

static struct job_report report_of(const struct train_report *step)
{
    return (struct job_report){.fraction = (double)step->step / step->steps,
                               .seconds_left = step->seconds_left};
}

// A picture at fixed seed with the adapter as it is now.
static struct image *draw_sample(const struct learner *l, GError **error)
{
    const TinctureJob *job = l->job;
    struct editor *editor = l->engine->editor;
    struct edit_request q = {EDIT_REQUEST_DEFAULTS};
    q.prompt = job->in.document->source_prompt;
    q.steps = SAMPLE_STEPS;
    q.width = job->in.photo->small->width;
    q.height = job->in.photo->small->height;
    q.seed = job->in.document->learn.seed;
    struct edit_result *r = NULL;
    struct adapter *const list[] = {l->adapter};
    if (editor_set_adapters(editor, list, 1, NULL, NULL, job->cancel, error)) {
        r = editor_run(editor, &q, NULL, NULL, job->cancel, error);
    }
    struct image *image = r ? image_from_signed(r->rgb, r->width, r->height, error) : NULL;
    edit_result_free(r);
    return image;
}

// That a sample fails is no reason to stop the training.
static void sample(const struct learner *l, const struct train_report *step)
{
    g_autoptr(GError) error = NULL;
    struct job_report report = report_of(step);
    g_snprintf(report.text, sizeof report.text, "learning: step %d of %d, drawing a sample",
               step->step, step->steps);
    job_post(l->job, &report);
    struct image *image = draw_sample(l, &error);
    if (image) {
        report.sample = picture_shrink(image, SAMPLE_SIDE);
        job_post(l->job, &report);
        image_free(image);
    } else if (!g_error_matches(error, G_IO_ERROR, G_IO_ERROR_CANCELLED)) {
        g_message("no sample: %s", error->message);
    }
}

static void progress_cb(double fraction, const char *text, void *data)
{
    job_progress_cb(fraction, text, ((struct learner *)data)->job);
}

static bool step_cb(const struct train_report *step, void *data)
{
    struct job_report report = report_of(step);
    g_snprintf(report.text, sizeof report.text, "learning: step %d of %d, loss %.4f", step->step,
               step->steps, step->loss_mean);
    report.trained = true;
    report.training = *step;
    job_post(((struct learner *)data)->job, &report);
    if (step->step % MAX(1, step->steps / SAMPLES) == 0) {
        sample(data, step);
    }
    return true;
}

static struct adapter *new_adapter(const struct document *d, struct engine *e, GError **error)
{
    const struct learn_params *p = &d->learn;
    const struct adapter_method *method = adapter_method_find(p->method);
    if (!method) {
        g_set_error(error, TINCTURE_ERROR, TINCTURE_ERROR_ARGUMENT,
                    "there is no adapter method \"%s\"", p->method);
        return NULL;
    }
    double values[DOCUMENT_MAX_PARAMS] = {0};
    param_defaults(method->params, values);
    for (int i = 0; method->params[i].key; i++) {
        const struct param *row = &method->params[i];
        if (g_str_equal(row->key, "subset") && param_check(row, p->subset, NULL)) {
            values[i] = p->subset;
        } else if (g_str_equal(row->key, "text_encoder")) {
            values[i] = p->text_encoder;
        }
    }
    return adapter_new(p->method, e->model, values, error);
}

static bool train(struct learner *l, GError **error)
{
    const struct job_inputs *in = &l->job->in;
    const struct learn_params *p = &in->document->learn;
    struct train_params params = {
        .steps = p->steps,
        .lr = p->lr,
        .weight_decay = 0.01,
        .clip_norm = 1.0,
        .batch = 1,
        .seed = p->seed,
        .checkpoint_every = CHECKPOINT_EVERY,
        .checkpoint_path = in->source,
    };
    return engine_learn(l->engine, in->photo, in->document->source_prompt, l->adapter, &params,
                        in->resume ? in->source : NULL, progress_cb, step_cb, l, l->job->cancel,
                        error);
}

static bool run(TinctureJob *job, struct engine *e, GError **error)
{
    const struct job_inputs *in = &job->in;
    struct adapter *adapter = engine_ready(e, error) ? new_adapter(in->document, e, error) : NULL;
    if (!adapter) {
        return false;
    }
    g_free(adapter->name);
    adapter->name =
        g_strdup_printf("%s, %d steps", adapter->method->title, in->document->learn.steps);
    struct learner l = {job, e, adapter};
    if (!train(&l, error) || !adapter_save(adapter, in->path, NULL, NULL, NULL, error)) {
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
