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

struct watch {
    struct engine *e;
    const struct train_example *example;
    GPtrArray *adapters; // struct adapter *: those beneath and the one that is learned
    engine_watch_fn fn;
    void *data;
    struct task quiet; // the training's progress stays in sight
};

// That a measurement fails is no reason to stop the training.
static double measure_cb(void *data)
{
    struct watch *w = data;
    g_autoptr(GError) error = NULL;
    struct edit_result *drawn;
    const double db = engine_redraw(w->e, w->example, (struct adapter *const *)w->adapters->pdata,
                                    (int)w->adapters->len, &w->quiet, &drawn, &error);
    if (error && !g_error_matches(error, G_IO_ERROR, G_IO_ERROR_CANCELLED)) {
        g_message("no measurement: %s", error->message);
    }
    if (drawn && w->fn) {
        w->fn(drawn, db, w->data);
    }
    edit_result_free(drawn);
    return db;
}

// Where no picture tells how far it is, whoever watches may still draw what is learned by now.
static double look_cb(void *data)
{
    struct watch *w = data;
    g_autoptr(GError) error = NULL;
    if (editor_set_adapters(w->e->editor, (struct adapter *const *)w->adapters->pdata,
                            (int)w->adapters->len, &w->quiet, &error)) {
        w->fn(NULL, NAN, w->data);
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

bool engine_learn_set(struct engine *e, const struct train_set *set, struct adapter *adapter,
                      const struct train_params *params, const char *resume, engine_watch_fn watch,
                      void *data, int *done, struct task *task, GError **error)
{
    g_autoptr(GPtrArray) adapters = g_ptr_array_new();
    for (int i = 0; i < params->n_beneath; i++) {
        g_ptr_array_add(adapters, params->beneath[i]);
    }
    g_ptr_array_add(adapters, adapter);
    struct watch w = {
        e, &set->examples[0], adapters, watch, data, {.cancellable = task_cancellable(task)}};
    struct train_params measured = *params;
    measured.measure = tells_by_drawing(params) ? measure_cb : watch ? look_cb : NULL;
    measured.measure_data = &w;
    editor_make_room(e->editor);
    struct trainer *t = trainer_new(e->model, adapter, set, &measured, task, error);
    const bool ok =
        t && (!resume || trainer_resume(t, resume, error)) && trainer_run(t, task, error);
    if (done) {
        *done = t ? trainer_step(t) : 0;
    }
    trainer_free(t);
    adapter_release(adapter); // edits use merged weights
    return ok;
}
