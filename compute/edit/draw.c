// From noise to a picture: the start of a run, its denoising steps, the decoder.
#include "compute/edit/private.h"

#include <math.h>
#include <string.h>

// (h,w,C) standard normal noise of the request's seed, drawn in the channels-first order of other
// programs.
static void start_noise(const struct run *r, struct rng *rng, float *out)
{
    g_autofree float *chw = g_new(float, r->n);
    if (r->request->start_noise) {
        memcpy(chw, r->request->start_noise, (size_t)r->n * sizeof *chw);
    } else {
        rng_normal(rng, chw, r->n);
    }
    chw_to_hwc(chw, r->h, r->w, r->channels, out);
}

// Denoises x from sampler step `first` to the end.
static bool sample(struct run *r, struct sampler *s, const char *prompt, bool reference, int first,
                   float *x, GError **error)
{
    struct editor *e = r->e;
    const struct edit_request *q = r->request;
    const int guided_steps =
        r->guidance == 1.0 ? 0 : (int)lround(settings_get(q->settings, "guidance_end") * s->steps);
    const int64_t count = embeddings_count(e);
    const float *cond = embeddings_get(e, prompt, task_cancellable(r->task), error);
    const float *uncond =
        cond && guided_steps > 0
            ? embeddings_get(e, q->negative ? q->negative : "", task_cancellable(r->task), error)
            : cond;
    if (!uncond) {
        return false;
    }
    g_autofree float *embeddings = g_new(float, 2 * count);
    memcpy(embeddings, uncond, (size_t)count * sizeof *embeddings);
    memcpy(embeddings + count, cond, (size_t)count * sizeof *embeddings);
    g_autofree float *input = g_new(float, 2 * r->n);
    g_autofree float *prediction = g_new(float, 2 * r->n);
    g_autofree float *x0 = g_new(float, r->n);
    for (int i = first; i < s->steps; i++) {
        const bool guided = i < guided_steps;
        float *guided_prediction = guided ? prediction + r->n : prediction;
        sampler_scale_input(s, i, x, input);
        if (guided) {
            memcpy(input + r->n, input, (size_t)r->n * sizeof *input);
        }
        if (!networks_predict(e->networks, guided ? 2 : 1, r->h, r->w, s->timesteps[i], input,
                              guided ? embeddings : embeddings + count, prediction,
                              task_cancellable(r->task), error) ||
            !run_prediction_check(r, prediction, guided ? 2 * r->n : r->n, error)) {
            return false;
        }
        if (guided) {
            guidance_combine(prediction, guided_prediction, r->guidance, r->n);
        }
        noise_split(&e->schedule, s->timesteps[i], input, guided_prediction, x0, NULL, r->n);
        sampler_step(s, i, guided_prediction, x);
        r->step++;
        run_report(r, reference ? TASK_COMPARING : TASK_DRAWING, reference ? NULL : x0);
        if (task_cancelled(r->task, error)) {
            return false;
        }
    }
    return true;
}

// The latent a photo edit starts from: level k of the inversion, with structure noise mixed in by
// spherical interpolation (methods 3.3). Below the top level the noise is the photo's own forward
// noising, so that the mix stays at the noise level of step k.
static void edit_start(const struct run *r, struct rng *rng, const struct sampler *s, float *x)
{
    const struct edit_request *q = r->request;
    const int k = run_denoised_steps(q);
    const float *level = r->e->inverted.levels + k * r->n;
    memcpy(x, level, (size_t)r->n * sizeof *x);
    const double structure = settings_get(q->settings, "structure");
    if (structure <= 0.0) {
        return;
    }
    g_autofree float *noise = g_new(float, r->n);
    start_noise(r, rng, noise);
    if (k < r->total) {
        noise_add(&r->e->schedule, s->timesteps[r->total - k], r->e->photo.latents, noise, noise,
                  r->n);
    }
    latent_slerp(level, noise, structure, x, r->n);
}

bool draw(struct run *r, const char *prompt, bool reference, float *x, float *rgb, GError **error)
{
    struct editor *e = r->e;
    const struct edit_request *q = r->request;
    struct rng rng = {.seed = q->seed};
    const struct sampler_params params = {
        .name = settings_choice(q->settings, "scheduler"),
        .settings = settings_member(q->settings, "scheduler"),
        .steps = r->total,
        .from_inversion = q->rgb != NULL,
        .rng = &rng,
    };
    const int first = r->total - run_denoised_steps(q);
    struct sampler *s = sampler_new(&e->schedule, &params, r->n, error);
    if (!s) {
        return false;
    }
    if (q->rgb) {
        edit_start(r, &rng, s, x);
        sampler_take(s, first, x);
    } else {
        start_noise(r, &rng, x);
        for (int64_t i = 0; i < r->n; i++) {
            x[i] *= (float)s->init_scale;
        }
    }
    bool ok = sample(r, s, prompt, reference, first, x, error) &&
              networks_decode(e->networks, model_decoder(e->model), q->width, q->height, x, rgb,
                              task_cancellable(r->task), error);
    sampler_free(s);
    for (int64_t i = 0; ok && i < (int64_t)q->width * q->height * 3; i++) {
        rgb[i] = CLAMP(rgb[i], -1.0f, 1.0f);
    }
    return ok;
}
