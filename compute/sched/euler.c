// Euler's method on the probability-flow equation dx/dsigma = (x - x0) / sigma (Karras et al.,
// Elucidating the Design Space of Diffusion-Based Generative Models, algorithm 1 without churn).
// The latent lives at x = z + sigma noise here; the network sees x / sqrt(sigma^2 + 1), which is
// the usual latent.
#include "compute/sched/grid.h"

#include "compute/i18n.h"

#include <math.h>

static const char *euler_lacks(const struct noise_schedule *s)
{
    return s->sigmas.euler_lacks;
}

// Other levels than those of the timesteps, with the timesteps that belong to them.
static void space_levels(struct sampler *s, const struct sigma_config *c, double *sigma)
{
    const struct noise_schedule *schedule = s->schedule;
    const enum sigma_spacing spacing = sampler_spacing(s);
    double first = sigma[0], last = sigma[s->steps - 1];
    if (c->log_linear) {
        first = grid_sigma(schedule, schedule->train_steps - 1);
        last = grid_sigma(schedule, 0);
        sigmas_spaced(SIGMAS_EXPONENTIAL, first, last, sigma, s->steps + 1);
    }
    if (spacing != SIGMAS_OF_STEPS) {
        sigmas_spaced(spacing, c->sigma_max > 0 ? c->sigma_max : first,
                      c->sigma_min > 0 ? c->sigma_min : last, sigma, s->steps);
        for (int i = 0; i < s->steps; i++) {
            s->timesteps[i] = grid_time(schedule, sigma[i]);
        }
    }
    // Levels evenly in the logarithm end where they end; the others in what the schedule says.
    if (spacing != SIGMAS_OF_STEPS || !c->log_linear) {
        sigma[s->steps] = c->end_at_min ? grid_sigma(schedule, 0) : 0;
    }
}

double *euler_levels(struct sampler *s, const struct sigma_config *c)
{
    double *sigma = g_new0(double, s->steps + 1);
    for (int i = 0; i < s->steps; i++) {
        sigma[i] = grid_sigma(s->schedule, s->timesteps[i]);
    }
    if (!s->from_inversion) {
        space_levels(s, c, sigma);
    }
    return sigma;
}

static void euler_init(struct sampler *s)
{
    double *sigma = euler_levels(s, &s->schedule->sigmas);
    s->state = sigma;
    s->init_scale = euler_init_scale(s->schedule, sigma[0]);
}

double euler_init_scale(const struct noise_schedule *s, double sigma)
{
    return s->spacing == SPACING_LEADING ? sqrt(sigma * sigma + 1) : sigma;
}

double euler_scale_at(double sigma)
{
    return 1 / sqrt(sigma * sigma + 1);
}

void euler_between(const struct sampler *s, double from, double to, const float *prediction,
                   float *x)
{
    const bool v = s->schedule->prediction == PREDICTION_V;
    const double dt = to - from, part = 1 / (from * from + 1), root = sqrt(part);
    for (int64_t k = 0; k < s->n; k++) {
        // epsilon: (x - x0) / sigma is the prediction; v: x0 = x / (sigma^2 + 1) - v sigma /
        // sqrt(sigma^2 + 1).
        double derivative = v ? x[k] * from * part + root * prediction[k] : prediction[k];
        x[k] += dt * derivative;
    }
}

static double euler_input_scale(const struct sampler *s, int i)
{
    return euler_scale_at(((const double *)s->state)[i]);
}

static void euler_step(struct sampler *s, int i, const float *prediction, float *x)
{
    const double *sigma = s->state;
    euler_between(s, sigma[i], sigma[i + 1], prediction, x);
}

static void euler_finish(struct sampler *s)
{
    g_free(s->state);
}

extern const struct sampler_type euler_sampler;
const struct sampler_type euler_sampler = {
    .name = "euler",
    .title = N_("Euler"),
    .summary = N_("The plainest first-order sampler, for comparison with other programs"),
    .published = "EulerDiscreteScheduler",
    .settings = levels_settings,
    .lacks = euler_lacks,
    .grid = grid_euler,
    .init = euler_init,
    .input_scale = euler_input_scale,
    .step = euler_step,
    .finish = euler_finish,
};
