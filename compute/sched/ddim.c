// DDIM (Song et al., Denoising Diffusion Implicit Models, equation 12): deterministic for eta = 0
// and then the exact mirror of the inversion in invert.c.
#include "compute/sched/grid.h"

#include "compute/i18n.h"

#include <math.h>

static void ddim_init(struct sampler *s)
{
    s->state = g_new(float, s->n);
}

static double eta_of(const struct sampler *s)
{
    return s->settings ? settings_get(s->settings, "eta") : 0;
}

static void ddim_step(struct sampler *s, int i, const float *prediction, float *x)
{
    const struct noise_schedule *schedule = s->schedule;
    const int t = (int)s->timesteps[i], next = t - schedule->train_steps / s->steps;
    const double a = noise_schedule_alpha(schedule, t),
                 b = s->anew && next < 0 ? 1 : noise_schedule_alpha(schedule, next);
    const double eta = eta_of(s), sigma = eta * sqrt((1 - b) / (1 - a) * (1 - a / b));
    const double signal = sqrt(b), direction = s->anew ? 0 : sqrt(fmax(0, 1 - b - sigma * sigma));

    float *noise = s->state; // first the predicted one, then fresh noise
    noise_split(schedule, t, x, prediction, x, noise, s->n);
    for (int64_t k = 0; k < s->n; k++) {
        x[k] = signal * x[k] + direction * noise[k];
    }
    if (eta > 0 && s->rng) {
        rng_normal(s->rng, noise, s->n);
        for (int64_t k = 0; k < s->n; k++) {
            x[k] += sigma * noise[k];
        }
    }
}

static void ddim_finish(struct sampler *s)
{
    g_free(s->state);
}

static const struct setting ddim_settings[] = {
    {.key = "eta",
     .title = N_("Randomness"),
     .recipe = "Eta",
     .help = N_("Noise added while drawing (DDIM eta); 0 is repeatable to the last bit"),
     .kind = SETTING_FLOAT,
     .level = SETTING_EXPERT,
     .max = 1},
    {0},
};

extern const struct sampler_type ddim_sampler;
const struct sampler_type ddim_sampler = {
    .name = "ddim",
    .title = "DDIM",
    .summary = N_("Deterministic and invertible; what editing a photo needs"),
    .published = "DDIMScheduler",
    .settings = ddim_settings,
    .grid = grid_ddim,
    .init = ddim_init,
    .step = ddim_step,
    .finish = ddim_finish,
};
