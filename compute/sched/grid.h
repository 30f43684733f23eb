// Private to compute/sched: timestep grids that several samplers share.
#pragma once

#include "compute/sched/sched.h"

// t_0 > t_1 > ... of `count` sampling steps. intervals is what the range is divided by: count for
// ddim and euler, count + 1 for DPM-Solver++, whose grids stop short of step 0.
void grid_leading(const struct noise_schedule *s, int intervals, double *timesteps, int count);
void grid_trailing(const struct noise_schedule *s, double *timesteps, int count);
// count of `points` equally spaced numbers from train_steps - 1 down to 0, not rounded.
void grid_linspace(const struct noise_schedule *s, int points, double *timesteps, int count);
void grid_round(double *timesteps, int count);

// The grid of ddim and its inverse.
void grid_ddim(const struct noise_schedule *s, double *timesteps, int count);

// sqrt((1 - a) / a) at a training step that may lie between two whole ones. A schedule of zero
// terminal signal gets 2^-24 in place of 0 there, so that sigma is finite.
double grid_sigma(const struct noise_schedule *s, double t);
