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
    run_report(r, b->stage, b->shown ? x0 : NULL);
    return task_cancelled(r->task, error) ? NULL : prediction;
}

bool drawing_init(struct drawing *d, struct run *r, struct sampler *s, struct branch *b,
                  GError **error)
{
    *d = (struct drawing){.run = r, .sampler = s, .branch = b, .i = s->steps - r->denoised};
    d->x0 = g_new(float, r->n);
    return predictor_init(&d->predictor, r, s, b->prompt, b->control, error);
}

bool drawing_step(struct drawing *d, GError **error)
{
    struct branch *b = d->branch;
    struct sampler *s = d->sampler;
    const int i = d->i++, left = s->steps - i - 1;
    if (b->before && !b->before(d->run, left, error)) {
        return false;
    }
    const float *prediction = predict(&d->predictor, i, b, d->x0, error);
    if (prediction && sampler_ahead(s, i, prediction, b->x)) {
        prediction = predict(&d->predictor, i + 1, b, d->x0, error);
    }
    if (!prediction) {
        return false;
    }
    sampler_step(s, i, prediction, b->x);
    if (b->after) {
        b->after(d->run, b, left);
    }
    return true;
}

void drawing_finish(struct drawing *d)
{
    predictor_finish(&d->predictor);
    g_free(d->x0);
}

static bool draw(struct run *r, struct sampler *s, struct branch *b, GError **error)
{
    struct drawing d;
    bool ok = drawing_init(&d, r, s, b, error);
    while (ok && d.i < s->steps) {
        ok = drawing_step(&d, error);
    }
    drawing_finish(&d);
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
    struct branch b = {.prompt = r->request->prompt, .stage = TASK_DRAWING, .shown = true, .x = x};
    const bool ok = draw(r, s, &b, error) && run_decode(r, x, rgb, error);
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
                       .shown = true,
                       .x = x,
                       .before = reference_follow,
                       .after = follow_photo};
    const bool ok = draw(r, s, &b, error) && run_decode(r, x, rgb, error);
    sampler_free(s);
    return ok;
}
