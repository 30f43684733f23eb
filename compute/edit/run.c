// One run: what it may be asked, its sizes, its progress.
#include "compute/edit/private.h"

#include <math.h>

static const char INVERSION_HELP[] =
    "How far the photo is taken back towards noise before it is drawn again; 0 returns the photo";
static const char LOCALITY_HELP[] = "How closely the change keeps to the places the new words are "
                                    "about; 0 lets it reach everywhere";

// On twelve scenes 96 % of the change asked for stays at this, 45 % of the rest.
#define LOCALITY 0.35

// Rows of both tables.
#define DRAWING_ROWS                                                                               \
    {.key = "steps",                                                                               \
     .title = "Steps",                                                                             \
     .recipe = "Steps",                                                                            \
     .help = "Denoising steps: more is finer and slower",                                          \
     .unit = "steps",                                                                              \
     .kind = SETTING_INT,                                                                          \
     .min = 1,                                                                                     \
     .max = 1000,                                                                                  \
     .slider_min = 5,                                                                              \
     .slider_max = 100,                                                                            \
     .def = 20,                                                                                    \
     .scope = EDIT_INVERTING | EDIT_DRAWING},                                                      \
        {.key = "scheduler",                                                                       \
         .title = "Sampler",                                                                       \
         .recipe = "Sampler",                                                                      \
         .help = "How the picture is found in the noise, step by step",                            \
         .kind = SETTING_CHOICE,                                                                   \
         .level = SETTING_EXPERT,                                                                  \
         .family = sampler_family,                                                                 \
         .scope = EDIT_DRAWING},                                                                   \
        {.key = "guidance",                                                                        \
         .title = "Guidance",                                                                      \
         .recipe = "CFG scale",                                                                    \
         .help = "How strongly the picture follows the words",                                     \
         .kind = SETTING_FLOAT,                                                                    \
         .min = 1,                                                                                 \
         .max = 30,                                                                                \
         .slider_min = 1,                                                                          \
         .slider_max = 12,                                                                         \
         .def = 3,                                                                                 \
         .scope = EDIT_DRAWING},                                                                   \
    {                                                                                              \
        .key = "guidance_end", .title = "Guided part",                                             \
        .help = "The part of the steps that guidance steers; the rest takes half the time",        \
        .kind = SETTING_FLOAT, .level = SETTING_EXPERT, .max = 1, .def = 1, .scope = EDIT_DRAWING  \
    }

const struct setting generate_settings[] = {DRAWING_ROWS, {0}};

const struct setting edit_settings[] = {
    {.key = "inversion",
     .title = "Inversion strength",
     .help = INVERSION_HELP,
     .kind = SETTING_FLOAT,
     .max = 1,
     .def = 1,
     .scope = EDIT_DRAWING},
    {.key = "structure",
     .title = "Structure",
     .help = "Fresh noise mixed in, so that shapes and poses can change",
     .kind = SETTING_FLOAT,
     .max = 1,
     .scope = EDIT_DRAWING},
    {.key = "locality",
     .title = "Locality",
     .help = LOCALITY_HELP,
     .kind = SETTING_FLOAT,
     .max = 1,
     .def = LOCALITY,
     .scope = EDIT_BLENDING},
    DRAWING_ROWS,
    {0},
};

void run_report(struct run *r, enum task_stage stage, const float *latents)
{
    if (!r->task || !r->task->report) {
        return; // nobody looks: no preview is made
    }
    const bool shown = latents && r->e->model->has_latent_rgb;
    if (shown) {
        latent_preview(r->e->model, latents, r->h, r->w, r->preview);
    }
    double spent = (double)(g_get_monotonic_time() - r->start_us) / 1e6;
    const struct latent_preview preview = {r->preview, r->w, r->h};
    task_tell(r->task,
              &(struct task_progress){
                  .stage = stage,
                  .fraction = r->steps > 0 ? (double)r->step / r->steps : -1.0,
                  .step = r->step,
                  .steps = r->steps,
                  .seconds_left = r->step > 0 ? spent / r->step * (r->steps - r->step) : -1.0,
                  .preview = shown ? &preview : NULL,
              });
}

static bool request_check(const struct editor *e, const struct edit_request *q, GError **error)
{
    const int unit = model_latent_factor(e->model) << (e->model->unet.levels - 1);
    if (q->width < unit || q->height < unit || q->width % unit || q->height % unit) {
        g_set_error(error, TINCTURE_ERROR, TINCTURE_ERROR_ARGUMENT,
                    "the picture size %d x %d is not a multiple of %d", q->width, q->height, unit);
        return false;
    }
    if (q->rgb ? q->settings->table != edit_settings
               : q->settings->table != edit_settings && q->settings->table != generate_settings) {
        g_error("these are no settings of a run");
    }
    const int steps = settings_int(q->settings, "steps");
    if (steps > e->schedule.train_steps - 1) {
        g_set_error(error, TINCTURE_ERROR, TINCTURE_ERROR_ARGUMENT,
                    "%d steps are more than the %d that this model has between photo and noise",
                    steps, e->schedule.train_steps - 1);
        return false;
    }
    return true;
}

bool run_init(struct run *r, struct editor *e, const struct edit_request *q, struct task *task,
              GError **error)
{
    if (!request_check(e, q, error)) {
        return false;
    }
    const int factor = model_latent_factor(e->model);
    *r = (struct run){
        .e = e,
        .request = q,
        .h = q->height / factor,
        .w = q->width / factor,
        .channels = e->model->vae.latent_channels,
        .guidance = settings_get(q->settings, "guidance"),
        .total = settings_int(q->settings, "steps"),
        .start_us = g_get_monotonic_time(),
        .task = task,
    };
    r->n = (int64_t)r->h * r->w * r->channels;
    r->preview = g_new(float, (int64_t)r->h * r->w * 3);
    return true;
}

void run_finish(struct run *r)
{
    g_free(r->preview);
}

bool run_prediction_check(const struct run *r, const float *prediction, int64_t n, GError **error)
{
    if (latent_finite(prediction, n)) {
        return true;
    }
    g_set_error(error, TINCTURE_ERROR, TINCTURE_ERROR_NUMERIC,
                "the model gave numbers that are not finite at step %d of %d", r->step + 1,
                r->steps);
    return false;
}

int run_denoised_steps(const struct edit_request *q)
{
    const int steps = settings_int(q->settings, "steps");
    return q->rgb ? (int)lround(settings_get(q->settings, "inversion") * steps) : steps;
}
