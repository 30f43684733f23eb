// One run: what it may be asked, its sizes, its progress.
#include "compute/edit/private.h"

#include <math.h>

const struct param edit_params[] = {
    {"inversion", "Inversion strength",
     "How far the photo is taken back towards noise before it is drawn again; 0 returns the photo",
     "", PARAM_FLOAT, 0, 1, 0, 1, 1.0, false, NULL},
    {"structure", "Structure", "Fresh noise mixed in, so that shapes and poses can change", "",
     PARAM_FLOAT, 0, 1, 0, 1, 0.0, false, NULL},
    {"locality", "Locality",
     "How closely the change keeps to the places the new words are about; 0 lets it reach "
     "everywhere",
     "", PARAM_FLOAT, 0, 1, 0, 1, EDIT_LOCALITY, false, NULL},
    {"guidance", "Guidance", "How strongly the picture follows the words", "", PARAM_FLOAT, 1, 30,
     1, 12, 3.0, false, NULL},
    {"steps", "Steps", "Denoising steps: more is finer and slower", "steps", PARAM_INT, 1, 1000, 5,
     100, 20, false, NULL},
    {"eta", "Randomness", "Noise added while drawing (DDIM eta); 0 is repeatable to the last bit",
     "", PARAM_FLOAT, 0, 1, 0, 1, 0.0, false, NULL},
    {NULL},
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
    const double values[] = {q->inversion, q->structure, q->locality,
                             q->guidance,  q->steps,     q->eta};
    for (int i = 0; edit_params[i].key; i++) {
        if (!param_check(&edit_params[i], values[i], error)) {
            return false;
        }
    }
    if (q->steps > e->schedule.train_steps - 1) {
        g_set_error(error, TINCTURE_ERROR, TINCTURE_ERROR_ARGUMENT,
                    "%d steps are more than the %d that this model has between photo and noise",
                    q->steps, e->schedule.train_steps - 1);
        return false;
    }
    if (q->rgb && !g_str_equal(q->sampler, "ddim")) {
        g_set_error(error, TINCTURE_ERROR, TINCTURE_ERROR_ARGUMENT,
                    "editing a photo inverts it, and only the ddim sampler can be inverted, not %s",
                    q->sampler);
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
    return q->rgb ? (int)lround(q->inversion * q->steps) : q->steps;
}
