// What the network makes of a latent on the way: one prediction a step, guided or not. This is the
// one place where the branches of a run meet the network.
#include "compute/edit/private.h"

#include <math.h>
#include <string.h>

static int guided_steps(const struct run *r, int steps)
{
    const double part = settings_get(r->request->settings, "guidance_end");
    return r->guidance == 1.0 ? 0 : (int)lround(part * steps);
}

bool predictor_init(struct predictor *p, struct run *r, const struct sampler *s, const char *prompt,
                    GError **error)
{
    struct editor *e = r->e;
    const struct edit_request *q = r->request;
    const int64_t count = embeddings_count(e);
    *p = (struct predictor){.run = r, .sampler = s, .guided_steps = guided_steps(r, s->steps)};
    const float *cond = embeddings_get(e, prompt, task_cancellable(r->task), error);
    const float *uncond =
        cond && p->guided_steps > 0
            ? embeddings_get(e, q->negative ? q->negative : "", task_cancellable(r->task), error)
            : cond;
    if (!uncond) {
        return false;
    }
    p->embeddings = g_new(float, 2 * count);
    memcpy(p->embeddings, uncond, (size_t)count * sizeof *uncond);
    memcpy(p->embeddings + count, cond, (size_t)count * sizeof *cond);
    p->input = g_new(float, 2 * r->n);
    p->prediction = g_new(float, 2 * r->n);
    return true;
}

void predictor_finish(struct predictor *p)
{
    g_clear_pointer(&p->embeddings, g_free);
    g_clear_pointer(&p->input, g_free);
    g_clear_pointer(&p->prediction, g_free);
}

static bool predict_plain(struct predictor *p, int i, GError **error)
{
    struct run *r = p->run;
    return networks_predict(r->e->networks, 1, r->h, r->w, p->sampler->timesteps[i], p->input,
                            p->embeddings + embeddings_count(r->e), p->prediction,
                            task_cancellable(r->task), error) &&
           run_prediction_check(r, p->prediction, r->n, error);
}

static bool predict_guided(struct predictor *p, int i, GError **error)
{
    struct run *r = p->run;
    float *cond = p->prediction + r->n;
    memcpy(p->input + r->n, p->input, (size_t)r->n * sizeof *p->input);
    if (!networks_predict(r->e->networks, 2, r->h, r->w, p->sampler->timesteps[i], p->input,
                          p->embeddings, p->prediction, task_cancellable(r->task), error) ||
        !run_prediction_check(r, p->prediction, 2 * r->n, error)) {
        return false;
    }
    memcpy(p->input + r->n, cond, (size_t)r->n * sizeof *cond); // the network is done with it
    guidance_combine(p->prediction, cond, r->guidance, r->n);
    guidance_rescale(p->input + r->n, cond, settings_get(r->request->settings, "guidance_rescale"),
                     r->n);
    return true;
}

const float *predictor_run(struct predictor *p, int i, const float *x, GError **error)
{
    sampler_scale_input(p->sampler, i, x, p->input);
    if (i < p->guided_steps) {
        return predict_guided(p, i, error) ? p->prediction + p->run->n : NULL;
    }
    return predict_plain(p, i, error) ? p->prediction : NULL;
}
