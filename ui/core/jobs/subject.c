// Learning a subject from a few photos, under a word of its own, with what it draws on the way: the
// first photo again, and sentences about the subject somewhere else.
//
// Takes document (settings whose objective is "subject", seed), files (the photos, with what lies
// beside them), token, kind, prompts, path for the adapter, source for the checkpoints, and resume:
// whether it goes on from the one that is there. Each time it draws it reports a sample of the
// first photo and one a prompt, in that order. Ends with the adapter's facts.
#include "ui/core/subject.h"
#include "render/file.h"
#include "ui/core/learner.h"

#define SAMPLE_STEPS 12

// ---- what it learns from ------------------------------------------------------------------------

static struct photo *open_photo(struct engine *e, const char *path, GError **error)
{
    g_autoptr(GFile) from = g_file_new_for_path(path);
    struct image *full = image_load(from, NULL, error);
    return full ? engine_photo(e, full, 0, 0, error) : NULL;
}

static bool read_photos(struct subject_album *a, struct learner *l, GError **error)
{
    const char *const *files = l->job->in.files;
    const guint n = g_strv_length((char **)files);
    for (guint i = 0; i < n; i++) {
        task_report(&l->task, TASK_READING_EXAMPLES, (double)i / n);
        if (task_cancelled(&l->task, error) ||
            !subject_album_add(a, files[i], open_photo(l->engine, files[i], error), NULL, error)) {
            return false;
        }
    }
    return true;
}

static struct subject *make_set(const struct subject_album *a, struct learner *l, GError **error)
{
    const struct job_inputs *in = &l->job->in;
    const struct subject_request q = {
        .photos = (const struct subject_photo *)(void *)a->list->data,
        .n = (int)a->list->len,
        .token = in->token,
        .kind = in->kind,
        .settings = in->document->learn,
        .seed = in->document->learn_seed,
    };
    return subject_new(l->engine, &q, &l->task, error);
}

// ---- what it draws ------------------------------------------------------------------------------

static struct edit_result *draw(const struct learner *l, const char *prompt, GError **error)
{
    struct settings *settings = settings_new(generate_settings);
    settings_set(settings, "steps", SAMPLE_STEPS, NULL);
    const int side = model_default_size(l->engine->model);
    const struct edit_request q = {.settings = settings,
                                   .prompt = prompt,
                                   .seed = l->job->in.document->learn_seed,
                                   .width = side,
                                   .height = side};
    struct task quiet = {.cancellable = l->job->cancel}; // the training's progress stays in sight
    struct edit_result *r = editor_run(l->engine->editor, &q, &quiet, error);
    settings_free(settings);
    return r;
}

struct drawing {
    const struct learner *learner;
    bool failed;
};

// The editor draws with what is learned by now: it has just drawn the photo so. That a sentence
// cannot be drawn is no reason to stop learning, and nobody is shown samples in another order.
static void watch_cb(const struct edit_result *drawn, double db, void *data)
{
    struct drawing *d = data;
    const char *const *prompts = d->learner->job->in.prompts;
    if (!d->failed) {
        learner_show(d->learner, drawn);
    }
    for (int i = 0; !d->failed && prompts && prompts[i]; i++) {
        g_autoptr(GError) error = NULL;
        struct edit_result *r = draw(d->learner, prompts[i], &error);
        d->failed = r == NULL;
        if (r) {
            learner_show(d->learner, r);
            edit_result_free(r);
        } else if (!g_error_matches(error, G_IO_ERROR, G_IO_ERROR_CANCELLED)) {
            g_message("no more samples: %s", error->message);
        }
    }
}

// ---- learning -----------------------------------------------------------------------------------

static bool train(struct learner *l, GError **error)
{
    const struct job_inputs *in = &l->job->in;
    const struct train_params params = learner_params(l);
    struct drawing drawing = {.learner = l};
    struct subject_album album;
    subject_album_init(&album);
    struct subject *s = read_photos(&album, l, error) ? make_set(&album, l, error) : NULL;
    const bool ok = s && engine_learn_set(l->engine, subject_set(s), l->adapter, &params,
                                          in->resume ? in->source : NULL, watch_cb, &drawing, NULL,
                                          &l->task, error);
    subject_free(s);
    subject_album_clear(&album);
    return ok;
}

static bool run(TinctureJob *job, struct engine *e, GError **error)
{
    struct learner l;
    const bool ok = learner_begin(&l, job, e, error) && train(&l, error) &&
                    learner_keep(&l, g_strdup(job->in.title), error);
    learner_end(&l);
    return ok;
}

const struct job_type subject_job = {
    .member = {.name = "subject",
               .title = "Learning the subject",
               .summary =
                   "Learns a subject from a few photos as an adapter with a word of its own"},
    .rank = JOB_WATCHED,
    .failure = "The training stopped",
    .run = run,
};
