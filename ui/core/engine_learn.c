// Learning, and how it is measured on the way.
#include "ui/core/engine.h"

#include "compute/train/objective.h"

#include <math.h>

// Enough to see whether a photo comes back; an edit takes more.
#define REDRAW_STEPS 12

static double psnr(const float *a, const float *b, int64_t n)
{
    double sum = 0;
    for (int64_t i = 0; i < n; i++) {
        sum += ((double)a[i] - b[i]) * ((double)a[i] - b[i]);
    }
    return 10 * log10(4 * (double)n / fmax(sum, 1e-12)); // the range is [-1, 1]
}

// DDIM inversion, which returns the photo only as well as the model knows it. Others return it to
// the bit, whatever was learned.
static struct settings *redraw_settings(void)
{
    struct settings *s = settings_new(edit_settings);
    settings_parse(s, "inverter", "ddim", NULL);
    settings_parse(s, "attention", "none", NULL);
    settings_set(s, "steps", REDRAW_STEPS, NULL);
    settings_set(s, "locality", 0, NULL);
    return s;
}

double engine_redraw(struct engine *e, const struct train_example *example,
                     struct adapter *const *adapters, int n, struct task *task,
                     struct edit_result **drawn, GError **error)
{
    struct settings *settings = redraw_settings();
    const struct edit_request q = {
        .settings = settings,
        .prompt = example->caption,
        .rgb = example->rgb,
        .width = example->width,
        .height = example->height,
    };
    *drawn = editor_set_adapters(e->editor, adapters, n, task, error)
                 ? editor_run(e->editor, &q, task, error)
                 : NULL;
    settings_free(settings);
    return *drawn ? psnr((*drawn)->rgb, example->rgb, (int64_t)q.width * q.height * 3) : NAN;
}

struct learning {
    struct engine *engine;     // borrowed, as is the adapter
    struct adapter *adapter;   // that is learned
    struct trainer *trainer;   // owned, as is what follows
    GPtrArray *adapters;       // struct adapter *, borrowed: those beneath and that one
    struct train_example look; // the first picture of the set, which is drawn again
    // of a run
    engine_watch_fn watch; // NULL: nobody watches
    void *data;
    struct task quiet; // the training's progress stays in sight
};

// That a measurement fails is no reason to stop the training.
static double measure_cb(void *data)
{
    struct learning *l = data;
    g_autoptr(GError) error = NULL;
    struct edit_result *drawn;
    const double db =
        engine_redraw(l->engine, &l->look, (struct adapter *const *)l->adapters->pdata,
                      (int)l->adapters->len, &l->quiet, &drawn, &error);
    if (error && !g_error_matches(error, G_IO_ERROR, G_IO_ERROR_CANCELLED)) {
        g_message("no measurement: %s", error->message);
    }
    if (drawn && l->watch) {
        l->watch(drawn, db, l->data);
    }
    edit_result_free(drawn);
    return task_cancelled(&l->quiet, NULL) ? NAN : db; // then not all of it was seen
}

// Where no picture tells how far it is, whoever watches may still draw what is learned by now.
static double look_cb(void *data)
{
    struct learning *l = data;
    g_autoptr(GError) error = NULL;
    if (editor_set_adapters(l->engine->editor, (struct adapter *const *)l->adapters->pdata,
                            (int)l->adapters->len, &l->quiet, &error)) {
        l->watch(NULL, NAN, l->data);
    } else if (!g_error_matches(error, G_IO_ERROR, G_IO_ERROR_CANCELLED)) {
        g_message("no samples: %s", error->message);
    }
    return NAN;
}

static bool tells_by_drawing(const struct train_params *params)
{
    const struct objective *o = params->settings ? objective_chosen(params->settings) : NULL;
    return !o || (!o->of_hints && !o->of_sets);
}

static struct train_example example_copy(const struct train_example *e)
{
    return (struct train_example){
        .width = e->width,
        .height = e->height,
        .rgb = g_memdup2(e->rgb, sizeof *e->rgb * 3 * (gsize)e->width * (gsize)e->height),
        .caption = g_strdup(e->caption),
    };
}

void engine_learning_free(struct learning *l)
{
    if (l) {
        trainer_free(l->trainer);
        adapter_release(l->adapter); // edits use merged weights
        g_ptr_array_unref(l->adapters);
        g_free((float *)l->look.rgb);
        g_free((char *)l->look.caption);
        g_free(l);
    }
}

struct learning *engine_learning_new(struct engine *e, const struct train_set *set,
                                     struct adapter *adapter, const struct train_params *params,
                                     const char *resume, engine_watch_fn watch, struct task *task,
                                     GError **error)
{
    struct learning *l = g_new0(struct learning, 1);
    struct train_params measured = *params;
    l->engine = e;
    l->adapter = adapter;
    l->adapters = g_ptr_array_new();
    for (int i = 0; i < params->n_beneath; i++) {
        g_ptr_array_add(l->adapters, params->beneath[i]);
    }
    g_ptr_array_add(l->adapters, adapter);
    l->look = example_copy(&set->examples[0]);
    l->watch = watch;
    measured.measure = tells_by_drawing(params) ? measure_cb : watch ? look_cb : NULL;
    measured.measure_data = l;
    editor_make_room(e->editor);
    l->trainer = trainer_new(e->model, adapter, set, &measured, task, error);
    if (!l->trainer || (resume && !trainer_resume(l->trainer, resume, error))) {
        g_clear_pointer(&l, engine_learning_free);
    }
    return l;
}
bool engine_learning_run(struct learning *l, void *data, struct task *task, GError **error)
{
    l->data = data;
    l->quiet = (struct task){.cancellable = task_cancellable(task)};
    return trainer_run(l->trainer, task, error);
}

bool engine_learn_set(struct engine *e, const struct train_set *set, struct adapter *adapter,
                      const struct train_params *params, const char *resume, engine_watch_fn watch,
                      void *data, int *done, struct task *task, GError **error)
{
    struct learning *l = engine_learning_new(e, set, adapter, params, resume, watch, task, error);
    const bool ok = l && engine_learning_run(l, data, task, error);
    if (done) {
        *done = l ? trainer_step(l->trainer) : 0;
    }
    engine_learning_free(l);
    return ok;
}

struct learning *engine_learning_of(struct engine *e, const struct photo *p,
                                    const struct image_region *region, const char *caption,
                                    struct adapter *adapter, const struct train_params *params,
                                    const char *resume, engine_watch_fn watch, struct task *task,
                                    GError **error)
{
    struct train_example example = {.caption = caption};
    const struct train_set set = {&example, 1};
    struct engine_place place;
    return engine_place_raster(p, NULL, region ? region : &(struct image_region){0}, &place,
                               error) &&
                   engine_see(e, p, &place.region, &example.rgb, &example.width, &example.height,
                              error)
               ? engine_learning_new(e, &set, adapter, params, resume, watch, task, error)
               : NULL;
}

bool engine_learn(struct engine *e, const struct photo *p, const struct image_region *region,
                  const char *caption, struct adapter *adapter, const struct train_params *params,
                  const char *resume, engine_watch_fn watch, void *data, struct task *task,
                  GError **error)
{
    struct learning *l =
        engine_learning_of(e, p, region, caption, adapter, params, resume, watch, task, error);
    const bool ok = l && engine_learning_run(l, data, task, error);
    engine_learning_free(l);
    return ok;
}

// ---- one that made way --------------------------------------------------------------------------

void engine_keep_learning(struct engine *e, struct learning *l, struct adapter *adapter,
                          const char *checkpoint)
{
    engine_drop_learning(e);
    e->kept.learning = l;
    e->kept.adapter = adapter;
    e->kept.checkpoint = g_strdup(checkpoint);
}

struct learning *engine_take_learning(struct engine *e, const char *checkpoint,
                                      struct adapter **adapter)
{
    if (g_strcmp0(e->kept.checkpoint, checkpoint) != 0) {
        engine_drop_learning(e);
        return NULL;
    }
    *adapter = g_steal_pointer(&e->kept.adapter);
    g_clear_pointer(&e->kept.checkpoint, g_free);
    return g_steal_pointer(&e->kept.learning);
}

void engine_drop_learning(struct engine *e)
{
    g_clear_pointer(&e->kept.learning, engine_learning_free);
    g_clear_pointer(&e->kept.adapter, adapter_free);
    g_clear_pointer(&e->kept.checkpoint, g_free);
}
