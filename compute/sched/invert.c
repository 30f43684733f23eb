// DDIM inversion: the sampler's chain walked upwards. The network is called with the time label of
// the level it goes to, one stride ahead of the level the latent has - the mirror image of the
// sampler, so that with a constant prediction sampling after inverting is the identity.
#include "compute/sched/grid.h"

#include <math.h>

void inverter_timesteps(const struct noise_schedule *schedule, int steps, int *timesteps_up)
{
    g_autofree double *down = g_new(double, steps);
    grid_ddim(schedule, down, steps);
    for (int i = 0; i < steps; i++) {
        timesteps_up[i] = (int)down[steps - 1 - i];
    }
}

void inverter_step(const struct noise_schedule *schedule, int steps, int t, const float *prediction,
                   float *x, int64_t n)
{
    const int level = t - schedule->train_steps / steps;
    const double a = noise_schedule_alpha(schedule, t), signal = sqrt(a), std = sqrt(1 - a);
    g_autofree float *epsilon = g_new(float, n);
    noise_split(schedule, level, x, prediction, x, epsilon, n);
    for (int64_t i = 0; i < n; i++) {
        x[i] = signal * x[i] + std * epsilon[i];
    }
}
