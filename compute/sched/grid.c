// Timestep grids: which of the training steps a run of a few steps visits (Lin et al., Common
// Diffusion Noise Schedules and Sample Steps are Flawed, table 2), rounded exactly as the reference
// rounds them.
#include "compute/sched/grid.h"

#include <math.h>

void grid_leading(const struct noise_schedule *s, int intervals, double *timesteps, int count)
{
    const int stride = s->train_steps / intervals;
    for (int i = 0; i < count; i++) {
        timesteps[i] = (intervals - 1 - i) * stride + s->steps_offset;
    }
}

void grid_trailing(const struct noise_schedule *s, double *timesteps, int count)
{
    const double stride = (double)s->train_steps / count;
    for (int i = 0; i < count; i++) {
        timesteps[i] = rint(s->train_steps - i * stride) - 1;
    }
}

void grid_linspace(const struct noise_schedule *s, int points, double *timesteps, int count)
{
    const double stride = points > 1 ? (s->train_steps - 1.0) / (points - 1) : 0;
    for (int i = 0; i < count; i++) {
        timesteps[i] = (points - 1 - i) * stride;
    }
}

void grid_round(double *timesteps, int count)
{
    for (int i = 0; i < count; i++) {
        timesteps[i] = rint(timesteps[i]);
    }
}

void grid_ddim(const struct noise_schedule *s, double *timesteps, int count)
{
    switch (s->spacing) {
    case SPACING_LEADING: grid_leading(s, count, timesteps, count); break;
    case SPACING_TRAILING: grid_trailing(s, timesteps, count); break;
    case SPACING_LINSPACE:
        grid_linspace(s, count, timesteps, count);
        grid_round(timesteps, count);
        break;
    }
}

static double sigma_at(const struct noise_schedule *s, int t)
{
    double a = fmax(noise_schedule_alpha(s, t), 0x1p-24);
    return sqrt((1 - a) / a);
}

double grid_sigma(const struct noise_schedule *s, double t)
{
    const int below = (int)floor(t);
    const double part = t - below;
    return part > 0 ? (1 - part) * sigma_at(s, below) + part * sigma_at(s, below + 1)
                    : sigma_at(s, below);
}
