// Timestep grids: which of the training steps a run of a few steps visits (Lin et al., Common
// Diffusion Noise Schedules and Sample Steps are Flawed, table 2), rounded exactly as the reference
// rounds them.
#include "compute/sched/grid.h"

#include <math.h>

void grid_leading(int range, int intervals, int offset, double *timesteps, int count)
{
    const int stride = range / intervals;
    for (int i = 0; i < count; i++) {
        timesteps[i] = (intervals - 1 - i) * stride + offset;
    }
}

void grid_trailing(int range, double *timesteps, int count)
{
    const double stride = (double)range / count;
    for (int i = 0; i < count; i++) {
        timesteps[i] = rint(range - i * stride) - 1;
    }
}

void grid_linspace(int range, int points, double *timesteps, int count)
{
    const double stride = points > 1 ? (range - 1.0) / (points - 1) : 0;
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
    case SPACING_OWN:
    case SPACING_LEADING:
        grid_leading(s->train_steps, count, s->steps_offset, timesteps, count);
        break;
    case SPACING_TRAILING: grid_trailing(s->train_steps, timesteps, count); break;
    case SPACING_LINSPACE:
        grid_linspace(s->train_steps, count, timesteps, count);
        grid_round(timesteps, count);
        break;
    }
}

void grid_euler(const struct noise_schedule *s, double *timesteps, int count)
{
    switch (s->spacing) {
    case SPACING_LEADING:
        grid_leading(s->train_steps, count, s->steps_offset, timesteps, count);
        break;
    case SPACING_TRAILING: grid_trailing(s->train_steps, timesteps, count); break;
    case SPACING_OWN:
    case SPACING_LINSPACE: grid_linspace(s->train_steps, count, timesteps, count); break;
    }
}

void grid_multistep(const struct noise_schedule *s, int range, double *timesteps, int count)
{
    switch (s->spacing) {
    case SPACING_LEADING: grid_leading(range, count + 1, s->steps_offset, timesteps, count); break;
    case SPACING_TRAILING: grid_trailing(range, timesteps, count); break;
    case SPACING_OWN:
    case SPACING_LINSPACE:
        grid_linspace(range, count + 1, timesteps, count);
        grid_round(timesteps, count);
        break;
    }
}

int grid_distilled_steps(const struct noise_schedule *s)
{
    return MIN(s->distilled.steps, s->train_steps);
}

void grid_distilled(const struct noise_schedule *s, double *timesteps, int count)
{
    const int steps = grid_distilled_steps(s), stride = s->train_steps / steps;
    for (int i = 0; i < count; i++) {
        timesteps[i] = (steps - (int)(i * ((double)steps / count))) * stride - 1;
    }
}

#define SIGMA_LEAST 1e-10f // of a step without noise: levels are divided by each other
#define ALPHA_LEAST 1e-12f // of a step without picture: what is divided by it stays finite

// In single precision: with 1 - a of a few thousandths, the reference's roundings are seen.
static float sigma_at(const struct noise_schedule *s, int t)
{
    const float alpha = (float)noise_schedule_alpha(s, t),
                a = alpha > 0 ? fmaxf(alpha, ALPHA_LEAST) : 0x1p-24f;
    return fmaxf(sqrtf((1 - a) / a), SIGMA_LEAST);
}

double grid_sigma(const struct noise_schedule *s, double t)
{
    const int below = (int)floor(t);
    const double part = t - below;
    return part > 0 ? (1 - part) * sigma_at(s, below) + part * sigma_at(s, below + 1)
                    : sigma_at(s, below);
}

static float log_sigma_at(const struct noise_schedule *s, int t)
{
    return logf(sigma_at(s, t));
}

double grid_time(const struct noise_schedule *s, double sigma)
{
    const double level = log(fmax(sigma, SIGMA_LEAST));
    int low = 0, above = s->train_steps - 1; // the last step of no more than that level
    while (above - low > 1) {
        const int middle = (low + above) / 2;
        if (log_sigma_at(s, middle) <= level) {
            low = middle;
        } else {
            above = middle;
        }
    }
    const double from = log_sigma_at(s, low), to = log_sigma_at(s, above);
    const double part = to > from ? (level - from) / (to - from) : 0;
    return low + CLAMP(part, 0, 1) * (above - low);
}
