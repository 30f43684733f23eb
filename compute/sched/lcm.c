// Latent Consistency Models (Luo et al., Latent Consistency Models, algorithm 3): a distilled
// network's prediction leads straight to the picture, and each step but the last one noises that
// again, to the level of the next.
#include "compute/sched/grid.h"

#include "compute/i18n.h"

#include <math.h>

#define SIGMA_DATA 0.5 // of the boundary condition: the spread of the pictures

static void lcm_init(struct sampler *s)
{
    s->state = g_new(float, s->n);
}

// The boundary condition of a consistency model, f(x, t) = skip x + out x0, by which f(x, 0) is x
// (equation 9 there).
static void boundary(const struct sampler *s, double t, double *skip, double *out)
{
    const double scaled = t * s->schedule->distilled.time_scale;
    const double square = scaled * scaled + SIGMA_DATA * SIGMA_DATA;
    *skip = SIGMA_DATA * SIGMA_DATA / square;
    *out = scaled / sqrt(square);
}

static void lcm_step(struct sampler *s, int i, const float *prediction, float *x)
{
    const int t = (int)s->timesteps[i];
    double skip, out;
    float *buffer = s->state; // first the picture, then fresh noise
    boundary(s, t, &skip, &out);
    noise_split(s->schedule, t, x, prediction, buffer, NULL, s->n);
    for (int64_t k = 0; k < s->n; k++) {
        x[k] = (float)(out * buffer[k] + skip * x[k]);
    }
    if (i == s->steps - 1) {
        return;
    }
    const double a = noise_schedule_alpha(s->schedule, (int)s->timesteps[i + 1]);
    const double signal = sqrt(a), spread = s->rng ? sqrt(1 - a) : 0;
    if (s->rng) {
        rng_normal(s->rng, buffer, s->n);
    }
    for (int64_t k = 0; k < s->n; k++) {
        x[k] = (float)(signal * x[k] + spread * buffer[k]);
    }
}

static void lcm_finish(struct sampler *s)
{
    g_free(s->state);
}

extern const struct sampler_type lcm_sampler;
const struct sampler_type lcm_sampler = {
    .name = "lcm",
    .title = "LCM",
    .summary = N_("1 to 8 steps, for latent consistency models and their adapters (LCM-LoRA)"),
    .published = "LCMScheduler",
    .most_steps = grid_distilled_steps,
    .random = true,
    .grid = grid_distilled,
    .init = lcm_init,
    .step = lcm_step,
    .finish = lcm_finish,
};
