// From noise to a picture: the start of a run and its denoising steps.
#include "compute/edit/private.h"

#include <string.h>

// The prediction for x at step i, and the picture (x0) that it speaks of, which is shown.
static const float *predict(struct predictor *p, int i, const struct branch *b, float *x0,
                            GError **error)
{
    struct run *r = p->run;
    const float *prediction = predictor_run(p, i, b->x, error);
    if (!prediction) {
        return NULL;
    }
    noise_split(&r->e->schedule, (int)p->sampler->timesteps[i], p->input, prediction, x0, NULL,
                r->n);
    r->step++;
    run_report(r, b->stage, b->stage == TASK_DRAWING ? x0 : NULL);
    return task_cancelled(r->task, error) ? NULL : prediction;
}

bool branch_draw(struct run *r, struct sampler *s, struct branch *b, GError **error)
{
    struct predictor p;
    bool ok = predictor_init(&p, r, s, b->prompt, b->control, error);
    g_autofree float *x0 = g_new(float, r->n);
    for (int i = s->steps - r->denoised; ok && i < s->steps; i++) {
        const float *prediction = predict(&p, i, b, x0, error);
        if (prediction && sampler_ahead(s, i, prediction, b->x)) {
            prediction = predict(&p, i + 1, b, x0, error);
        }
        ok = prediction != NULL;
        if (ok) {
            sampler_step(s, i, prediction, b->x);
        }
        if (ok && b->after) {
            b->after(r, b, s->steps - i - 1);
        }
    }
    predictor_finish(&p);
    return ok;
}

// The latent a photo edit starts from: level k of the inversion, with structure noise mixed in by
// spherical interpolation (methods 3.3). Below the top level the noise is the photo's own forward
// noising, so that the mix stays at the noise level of step k.
static void mix_structure(const struct run *r, struct rng *rng, const struct sampler *s, float *x)
{
    const double structure = settings_get(r->request->settings, "structure");
    if (structure <= 0.0) {
        return;
    }
    g_autofree float *noise = g_new(float, r->n);
    run_noise(r, rng, noise);
    if (r->denoised < r->total) {
        noise_add(&r->e->schedule, s->timesteps[r->total - r->denoised], r->e->photo.latents, noise,
                  noise, r->n);
    }
    latent_slerp(x, noise, structure, x, r->n);
}

void edit_start(const struct run *r, struct rng *rng, const struct sampler *s, float *x)
{
    memcpy(x, r->e->inverted.levels + r->denoised * r->n, (size_t)r->n * sizeof *x);
    mix_structure(r, rng, s, x);
    sampler_take(s, r->total - r->denoised, x);
}

bool draw_from_noise(struct run *r, float *x, float *rgb, GError **error)
{
    struct rng rng = {.seed = r->request->seed};
    struct sampler *s = run_sampler(r, &rng, error);
    if (!s) {
        return false;
    }
    run_noise(r, &rng, x);
    for (int64_t i = 0; i < r->n; i++) {
        x[i] *= (float)s->init_scale;
    }
    struct branch b = {.prompt = r->request->prompt, .stage = TASK_DRAWING, .x = x};
    const bool ok = branch_draw(r, s, &b, error) && run_decode(r, x, rgb, error);
    sampler_free(s);
    return ok;
}

// Behind a step of the edit: what the photo's branch was moved by, and the photo outside the mask.
static void follow_photo(struct run *r, struct branch *b, int left)
{
    const float *photo = r->e->reference.path + left * r->n;
    if (r->inverter->corrected) {
        const float *drawn = r->e->reference.drawn + left * r->n;
        for (int64_t i = 0; i < r->n; i++) {
            b->x[i] = photo[i] + (b->x[i] - drawn[i]);
        }
    }
    mask_steer(r, photo, b->x);
}

bool draw_edit(struct run *r, float *x, float *rgb, GError **error)
{
    struct rng rng = {.seed = r->request->seed};
    struct sampler *s = run_sampler(r, &rng, error);
    if (!s) {
        return false;
    }
    edit_start(r, &rng, s, x);
    struct branch b = {.prompt = r->request->prompt,
                       .control = control_chosen(r->request->settings),
                       .stage = TASK_DRAWING,
                       .x = x,
                       .after = follow_photo};
    const bool ok = branch_draw(r, s, &b, error) && run_decode(r, x, rgb, error);
    sampler_free(s);
    return ok;
}
