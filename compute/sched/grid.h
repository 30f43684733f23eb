// Private to compute/sched: timestep grids that several samplers share.
#pragma once

#include "compute/sched/sched.h"

// t_0 > t_1 > ... of `count` sampling steps, of the first `range` training steps. intervals is what
// the range is divided by: count for ddim and euler, count + 1 for DPM-Solver++, whose grids stop
// short of step 0.
void grid_leading(int range, int intervals, int offset, double *timesteps, int count);
void grid_trailing(int range, double *timesteps, int count);
// count of `points` equally spaced numbers from range - 1 down to 0, not rounded.
void grid_linspace(int range, int points, double *timesteps, int count);
void grid_round(double *timesteps, int count);

// The grid of ddim and its inverse; of Euler's method; of solvers that use earlier predictions,
// within the first `range` training steps; of a model that was distilled in so many steps, of which
// a run takes some.
void grid_ddim(const struct noise_schedule *s, double *timesteps, int count);
void grid_euler(const struct noise_schedule *s, double *timesteps, int count);
void grid_multistep(const struct noise_schedule *s, int range, double *timesteps, int count);
int grid_distilled_steps(const struct noise_schedule *s);
void grid_distilled(const struct noise_schedule *s, double *timesteps, int count);

// sqrt((1 - a) / a) at a training step that may lie between two whole ones. A schedule of zero
// terminal signal gets 2^-24 in place of 0 there, so that sigma is finite.
double grid_sigma(const struct noise_schedule *s, double t);
// The reverse: the training step of a sigma, by its logarithm between two whole ones.
double grid_time(const struct noise_schedule *s, double sigma);

// sigmas.c: by which a person chooses how the levels are spaced, of the samplers that reckon in
// them; what it says, or the model's schedule where it leaves it to that; and count levels from
// first down to last, spaced as asked (not SIGMAS_OF_STEPS).
extern const struct setting levels_settings[];
enum sigma_spacing sampler_spacing(const struct sampler *s);
void sigmas_spaced(enum sigma_spacing spacing, double first, double last, double *sigma, int count);

// euler.c, for samplers whose latent lives at x = z + sigma noise: their levels, [steps + 1] with
// the last one, newly allocated; its factor on the way into the network, that of start noise, and
// Euler's step between two levels.
double *euler_levels(struct sampler *s, const struct sigma_config *c);
double euler_scale_at(double sigma);
double euler_init_scale(const struct noise_schedule *s, double sigma);
void euler_between(const struct sampler *s, double from, double to, const float *prediction,
                   float *x);

// dpmpp_2m.c, for dpmpp_2m_sde too: the steps of either are those of its type, random or not.
void dpmpp_grid(const struct noise_schedule *s, double *timesteps, int count);
void dpmpp_init(struct sampler *s);
void dpmpp_step(struct sampler *s, int i, const float *prediction, float *x);
void dpmpp_finish(struct sampler *s);
const char *dpmpp_clipping_lack(const struct noise_schedule *s); // as struct sampler_type has it
