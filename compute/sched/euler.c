// Euler's method on the probability-flow equation dx/dsigma = (x - x0) / sigma (Karras et al.,
// Elucidating the Design Space of Diffusion-Based Generative Models, algorithm 1 without churn).
// The latent lives at x = z + sigma noise here; the network sees x / sqrt(sigma^2 + 1), which is
// the usual latent.
#include "compute/sched/grid.h"

#include <math.h>

static void own_grid(struct sampler *s)
{
    switch (s->schedule->spacing) {
    case SPACING_LEADING: grid_leading(s->schedule, s->steps, s->timesteps, s->steps); break;
    case SPACING_TRAILING: grid_trailing(s->schedule, s->timesteps, s->steps); break;
    case SPACING_LINSPACE: grid_linspace(s->schedule, s->steps, s->timesteps, s->steps); break;
    }
}

static void euler_init(struct sampler *s)
{
    if (s->from_inversion) {
        grid_ddim(s->schedule, s->timesteps, s->steps);
    } else {
        own_grid(s);
    }
    double *sigma = g_new0(double, s->steps + 1);
    for (int i = 0; i < s->steps; i++) {
        sigma[i] = grid_sigma(s->schedule, s->timesteps[i]);
    }
    s->state = sigma;
    s->init_scale =
        s->schedule->spacing == SPACING_LEADING ? sqrt(sigma[0] * sigma[0] + 1) : sigma[0];
}

static double euler_input_scale(const struct sampler *s, int i)
{
    const double *sigma = s->state;
    return 1 / sqrt(sigma[i] * sigma[i] + 1);
}

static void euler_step(struct sampler *s, int i, const float *prediction, float *x)
{
    const double *sigma = s->state, now = sigma[i], dt = sigma[i + 1] - now;
    const bool v = s->schedule->prediction == PREDICTION_V;
    const double part = 1 / (now * now + 1), root = sqrt(part);
    for (int64_t k = 0; k < s->n; k++) {
        // epsilon: (x - x0) / sigma is the prediction; v: x0 = x / (sigma^2 + 1) - v sigma /
        // sqrt(sigma^2 + 1).
        double derivative = v ? x[k] * now * part + root * prediction[k] : prediction[k];
        x[k] += dt * derivative;
    }
}

static void euler_finish(struct sampler *s)
{
    g_free(s->state);
}

extern const struct sampler_type euler_sampler;
const struct sampler_type euler_sampler = {
    .name = "euler",
    .title = "Euler",
    .summary = "The plainest first-order sampler, for comparison with other programs",
    .init = euler_init,
    .input_scale = euler_input_scale,
    .step = euler_step,
    .finish = euler_finish,
};
