// Learning: a training as a job, with samples on the way.
#include "ui/core/jobs_private.h"

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
    session_sampled(session, view_picture_take(data));
}

// A sample at fixed seed with the adapter as it is now. That it fails is no reason to stop the
// training.
static void learn_sample(struct learner *l, const struct task_progress *progress)
{
    struct worker *w = l->reporter.w;
    struct task_progress sampling = *progress;
    sampling.stage = TASK_SAMPLING;
    job_report_cb(&l->reporter.task, &sampling);
    struct task quiet = {.cancellable = l->j->job.cancel}; // the training's progress stays in sight
    struct settings *settings = settings_new(generate_settings);
    settings_set(settings, "steps", SAMPLE_STEPS, NULL);
    const struct edit_request q = {
        .settings = settings,
        .prompt = l->j->document.source_prompt,
        .width = w->photo->small->width,
        .height = w->photo->small->height,
        .seed = l->j->document.learn_seed,
    };
    g_autoptr(GError) error = NULL;
    struct edit_result *r = NULL;
    if (editor_set_adapters(w->engine->editor, &l->adapter, 1, &quiet, &error)) {
        r = editor_run(w->engine->editor, &q, &quiet, &error);
    }
    struct image *image = r ? engine_image(r->rgb, r->width, r->height, &error) : NULL;
    if (image) {
        job_post_picture(w, sample_post_cb, view_picture_shrink(image, SAMPLE_SIDE));
    } else if (!g_error_matches(error, G_IO_ERROR, G_IO_ERROR_CANCELLED)) {
        g_message("no sample: %s", error->message);
    }
    image_free(image);
    edit_result_free(r);
    settings_free(settings);
}

static void learn_report_cb(struct task *task, const struct task_progress *progress)
{
    struct learner *l = task->data;
    const struct train_report *report = progress->training;
    job_report_cb(&l->reporter.task, progress);
    if (report) {
        worker_post(l->reporter.w, learn_post_cb, g_memdup2(report, sizeof *report), g_free);
        if (report->step % MAX(1, report->steps / SAMPLES) == 0) {
            learn_sample(l, progress);
        }
    }
}

static bool learn_train(struct job_learn *j, struct worker *w, struct adapter *adapter)
{
    struct train_params params = {
        .settings = j->document.learn,
        .seed = j->document.learn_seed,
        .checkpoint_every = CHECKPOINT_EVERY,
        .checkpoint_path = j->checkpoint,
    };
    struct learner l = {.adapter = adapter, .j = j};
    reporter_init(&l.reporter, w, &j->job);
    struct task task = {.report = learn_report_cb, .data = &l, .cancellable = j->job.cancel};
    return engine_learn(w->engine, w->photo, j->document.source_prompt, adapter, &params,
                        j->resume ? j->checkpoint : NULL, &task, &j->job.error);
}

static bool learn_run(struct job *job, struct worker *w)
{
    struct job_learn *j = (struct job_learn *)job;
    if (!job_needs_photo(job, w)) {
        return false;
    }
    const struct settings *learn = j->document.learn;
    struct adapter *adapter = adapter_new(settings_choice(learn, "method"), w->engine->model,
                                          settings_member(learn, "method"), &job->error);
    if (!adapter) {
        return false;
    }
    g_free(adapter->name);
    adapter->name =
        g_strdup_printf("%s, %d steps", adapter->method->title, settings_int(learn, "steps"));
    bool ok = learn_train(j, w, adapter) && adapter_save(adapter, j->path, NULL, &job->error);
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
