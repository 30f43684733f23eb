// Trajectory Consistency Distillation (Zheng et al., Trajectory Consistency Distillation, algorithm
// 4): each step goes beyond the next level, by the share gamma of the way to the picture, and comes
// back to it with fresh noise. At 0 that is DDIM between the network's levels, at 1 it is LCM.
#include "compute/sched/grid.h"

#include "compute/i18n.h"

#include <math.h>

static void tcd_init(struct sampler *s)
{
    s->state = g_new(float, s->n);
}

static const struct setting tcd_settings[] = {
    {.key = "eta",
     .title = N_("Randomness"),
     .recipe = "Eta",
     .help = N_("The share of each step that is drawn anew (TCD gamma); 0 is repeatable, more is "
                "finer in more steps"),
     .kind = SETTING_FLOAT,
     .level = SETTING_EXPERT,
     .max = 1,
     .def = 0.3},
    {0},
};

static double gamma_of(const struct sampler *s)
{
    return s->settings ? settings_get(s->settings, "eta") : tcd_settings[0].def;
}

static void tcd_step(struct sampler *s, int i, const float *prediction, float *x)
{
    const struct noise_schedule *schedule = s->schedule;
    const bool last = i == s->steps - 1;
    // The reference's own grid ends in the level of step 0, whatever lies beyond.
    const int beyond = s->from_inversion ? -1 : 0;
    const int next = last ? beyond : (int)s->timesteps[i + 1];
    // In single precision, as the reference rounds it.
    const int aim = last ? next : (int)floorf((float)(1 - gamma_of(s)) * (float)next);
    const double a = noise_schedule_alpha(schedule, aim), b = noise_schedule_alpha(schedule, next);
    const double back = sqrt(b / a); // from the level aimed at to the next one
    const double signal = back * sqrt(a), direction = back * sqrt(1 - a);

    float *noise = s->state; // first the predicted one, then fresh noise
    noise_split(schedule, (int)s->timesteps[i], x, prediction, x, noise, s->n);
    for (int64_t k = 0; k < s->n; k++) {
        x[k] = (float)(signal * x[k] + direction * noise[k]);
    }
    if (aim < next && s->rng) {
        const double spread = sqrt(1 - b / a);
        rng_normal(s->rng, noise, s->n);
        for (int64_t k = 0; k < s->n; k++) {
            x[k] += (float)(spread * noise[k]);
        }
    }
}

static void tcd_finish(struct sampler *s)
{
    g_free(s->state);
}

extern const struct sampler_type tcd_sampler;
const struct sampler_type tcd_sampler = {
    .name = "tcd",
    .title = "TCD",
    .summary =
        N_("2 to 20 steps, for models and adapters made by trajectory consistency distillation"),
    .published = "TCDScheduler",
    .most_steps = grid_distilled_steps,
    .settings = tcd_settings,
    .grid = grid_distilled,
    .init = tcd_init,
    .step = tcd_step,
    .finish = tcd_finish,
};
