// Learning: a training as a job, with samples on the way.
#include "ui/core/jobs_private.h"

#include "render/signed.h"

#include <string.h>

#define SAMPLE_SIDE      96
#define SAMPLE_STEPS     8
#define SAMPLES          4  // a training
#define CHECKPOINT_EVERY 10 // steps

struct job_learn {
    struct job job;
    struct document document;
    char *path, *checkpoint;
    bool resume;
    int applied;
};

struct learner {
    struct reporter reporter;
    struct adapter *adapter;
    struct job_learn *j;
};

static void learn_post_cb(TinctureSession *session, void *data)
{
    session_learn_step(session, data);
}

static void sample_post_cb(TinctureSession *session, void *data)
{
    session_sampled(session, picture_take(data));
}

// A sample at fixed seed with the adapter as it is now. That it fails is no reason to stop the
// training.
static void learn_sample(struct learner *l, const struct train_report *report)
{
    struct worker *w = l->reporter.w;
    char text[160];
    g_snprintf(text, sizeof text, "learning: step %d of %d, drawing a sample", report->step,
               report->steps);
    job_report(&l->reporter, (double)report->step / report->steps, text, report->seconds_left);
    struct edit_request q = {EDIT_REQUEST_DEFAULTS};
    q.prompt = l->j->document.source_prompt;
    q.steps = SAMPLE_STEPS;
    q.width = w->photo->small->width;
    q.height = w->photo->small->height;
    q.seed = l->j->document.learn.seed;
    g_autoptr(GError) error = NULL;
    struct edit_result *r = NULL;
    if (editor_set_adapters(w->engine->editor, &l->adapter, 1, NULL, NULL, l->j->job.cancel,
                            &error)) {
        r = editor_run(w->engine->editor, &q, NULL, NULL, l->j->job.cancel, &error);
    }
    struct image *image = r ? image_from_signed(r->rgb, r->width, r->height, &error) : NULL;
    if (image) {
        job_post_picture(w, sample_post_cb, picture_shrink(image, SAMPLE_SIDE));
    } else if (!g_error_matches(error, G_IO_ERROR, G_IO_ERROR_CANCELLED)) {
        g_message("no sample: %s", error->message);
    }
    image_free(image);
    edit_result_free(r);
}

static bool learn_step_cb(const struct train_report *report, void *data)
{
    struct learner *l = data;
    char text[160];
    g_snprintf(text, sizeof text, "learning: step %d of %d, loss %.4f", report->step, report->steps,
               report->loss_mean);
    job_report(&l->reporter, (double)report->step / report->steps, text, report->seconds_left);
    worker_post(l->reporter.w, learn_post_cb, g_memdup2(report, sizeof *report), g_free);
    if (report->step % MAX(1, report->steps / SAMPLES) == 0) {
        learn_sample(l, report);
    }
    return true;
}

static struct adapter *learn_adapter(const struct job_learn *j, struct worker *w, GError **error)
{
    const struct learn_params *p = &j->document.learn;
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
    return adapter_new(p->method, w->engine->model, values, error);
}

static bool learn_train(struct job_learn *j, struct worker *w, struct adapter *adapter)
{
    const struct learn_params *p = &j->document.learn;
    struct train_params params = {
        .steps = p->steps,
        .lr = p->lr,
        .weight_decay = 0.01,
        .clip_norm = 1.0,
        .batch = 1,
        .seed = p->seed,
        .checkpoint_every = CHECKPOINT_EVERY,
        .checkpoint_path = j->checkpoint,
    };
    struct learner l = {.reporter = {w, &j->job}, .adapter = adapter, .j = j};
    return engine_learn(w->engine, w->photo, j->document.source_prompt, adapter, &params,
                        j->resume ? j->checkpoint : NULL, job_progress_cb, learn_step_cb, &l,
                        j->job.cancel, &j->job.error);
}

static bool learn_run(struct job *job, struct worker *w)
{
    struct job_learn *j = (struct job_learn *)job;
    if (!job_needs_photo(job, w)) {
        return false;
    }
    struct adapter *adapter = learn_adapter(j, w, &job->error);
    if (!adapter) {
        return false;
    }
    g_free(adapter->name);
    adapter->name =
        g_strdup_printf("%s, %d steps", adapter->method->title, j->document.learn.steps);
    bool ok =
        learn_train(j, w, adapter) && adapter_save(adapter, j->path, NULL, NULL, NULL, &job->error);
    if (ok) {
        j->applied = (int)adapter->params->len;
        worker_adapter_put(w, j->path, adapter);
    } else {
        adapter_free(adapter);
    }
    return ok;
}

static void learn_done(struct job *job, TinctureSession *session)
{
    struct job_learn *j = (struct job_learn *)job;
    if (session) {
        session_learned(session, job, !job->error, j->applied);
    }
}

static void learn_free(struct job *job)
{
    struct job_learn *j = (struct job_learn *)job;
    document_clear(&j->document);
    g_free(j->path);
    g_free(j->checkpoint);
}

struct job *job_learn_new(const struct document *d, const char *path, const char *checkpoint,
                          bool resume)
{
    struct job_learn *j = job_new(sizeof *j, JOB_LEARN, learn_run, learn_done, learn_free);
    document_copy(d, &j->document);
    j->path = g_strdup(path);
    j->checkpoint = g_strdup(checkpoint);
    j->resume = resume;
    return &j->job;
}
