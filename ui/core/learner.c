#include "ui/core/learner.h"

#include "compute/i18n.h"
#include "render/signed.h"
#include "ui/core/model_list.h"

#define SAMPLE_SIDE      96
#define CHECKPOINT_EVERY 10 // steps

static void report_cb(struct task *task, const struct task_progress *progress)
{
    struct learner *l = task->data;
    l->progress = *progress;
    l->progress.stage = TASK_SAMPLING;
    l->progress.preview = NULL; // what it points to is gone by then
    l->progress.training = NULL;
    job_tell(l->job, progress, (struct picture){0});
}

// By the hashes, and where ours is not known yet by the places: one that lies there still is
// another.
static bool is_other(const struct checkpoint_model *m, const char *path, const char *hash)
{
    return hash
               ? !g_str_equal(m->hash, hash)
               : m->path && !g_str_equal(m->path, path) && g_file_test(m->path, G_FILE_TEST_EXISTS);
}

char *learner_other_model(const char *checkpoint, const char *path, const char *hash)
{
    struct checkpoint_model m;
    char *title = NULL;
    if (checkpoint_model_read(checkpoint, &m) && is_other(&m, path, hash)) {
        title = m.path ? model_title(m.path, m.name) : NULL;
        title = title && *title ? title : g_strdup(_("another model"));
    }
    checkpoint_model_clear(&m);
    return title;
}

static bool check_model(const TinctureJob *job, struct engine *e, struct task *task, GError **error)
{
    const char *hash = job->in.resume ? model_hash(e->model, MODEL_UNET, task, NULL) : NULL;
    g_autofree char *other =
        hash ? learner_other_model(job->in.source, e->model->path, hash) : NULL;
    if (other) {
        g_set_error(error, TINCTURE_ERROR, TINCTURE_ERROR_MISMATCH,
                    _("it was begun with %s, and goes on once that is chosen again"), other);
    }
    return !other;
}

bool learner_begin(struct learner *l, TinctureJob *job, struct engine *engine, GError **error)
{
    const struct settings *learn = job->in.document->learn;
    *l = (struct learner){
        .job = job,
        .engine = engine,
        .task = {.report = report_cb, .data = l, .cancellable = job->cancel},
    };
    if (!engine_ready(engine, error) || !check_model(job, engine, &l->task, error)) {
        return false;
    }
    l->learning = engine_take_learning(engine, job->in.source, &l->adapter);
    if (!l->learning) {
        l->adapter = adapter_new(settings_choice(learn, "method"), engine->model,
                                 settings_member(learn, "method"), error);
    }
    return l->adapter != NULL;
}

struct train_params learner_params(const struct learner *l)
{
    const struct job_inputs *in = &l->job->in;
    return (struct train_params){
        .settings = in->document->learn,
        .seed = in->document->learn_seed,
        .checkpoint_every = CHECKPOINT_EVERY,
        .checkpoint_path = in->source,
    };
}

const char *learner_resumes(const struct learner *l)
{
    const struct job_inputs *in = &l->job->in;
    const bool left = l->job->begun && g_file_test(in->source, G_FILE_TEST_EXISTS);
    return in->resume || left ? in->source : NULL;
}

bool learner_run(struct learner *l, void *data, GError **error)
{
    TinctureJob *job = l->job;
    g_autoptr(GError) failure = NULL;
    const bool ok = engine_learning_run(l->learning, data, &l->task, &failure);
    if (job->makes_way && g_error_matches(failure, G_IO_ERROR, G_IO_ERROR_CANCELLED)) {
        engine_keep_learning(l->engine, g_steal_pointer(&l->learning), g_steal_pointer(&l->adapter),
                             job->in.source);
    }
    if (failure) {
        g_propagate_error(error, g_steal_pointer(&failure));
    }
    g_clear_pointer(&l->learning, engine_learning_free);
    return ok;
}

void learner_let_go(TinctureJob *job, struct engine *e)
{
    engine_drop_learning(e);
}

void learner_show(const struct learner *l, const struct edit_result *drawn)
{
    struct image *image = image_from_signed(drawn->rgb, drawn->width, drawn->height, NULL);
    if (image) {
        job_tell(l->job, &l->progress, picture_shrink(image, SAMPLE_SIDE));
        image_free(image);
    }
}

bool learner_keep(struct learner *l, char *name, GError **error)
{
    struct adapter *adapter = l->adapter;
    struct outcome *out = &l->job->out;
    const char *steps = g_hash_table_lookup(adapter->metadata, "ss_steps"); // the best one's
    out->adapter.steps = (int)g_ascii_strtoll(steps, NULL, 10);
    g_free(adapter->name);
    adapter->name = name ? name : g_strdup_printf("%s, %s steps", adapter->method->title, steps);
    if (!adapter_save(adapter, l->job->in.path, NULL, error)) {
        return false;
    }
    out->adapter.name = g_strdup(adapter->name);
    out->adapter.applied = out->adapter.total = (int)adapter->params->len;
    out->adapter.ways = adapter_dialect_ways(adapter);
    out->adapter.caption = g_strdup(g_hash_table_lookup(adapter->metadata, ADAPTER_CAPTION));
    engine_adapter_put(l->engine, l->job->in.path, g_steal_pointer(&l->adapter));
    return true;
}

void learner_end(struct learner *l)
{
    g_clear_pointer(&l->learning, engine_learning_free);
    if (l->adapter) {
        adapter_free(l->adapter);
    }
}
