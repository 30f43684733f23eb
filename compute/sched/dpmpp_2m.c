// DPM-Solver++ 2M (Lu et al., DPM-Solver++, algorithm 2), midpoint form with data prediction, as
// the reference's defaults have it: the last target is sigma = 0, so the last step is of first
// order.
#include "compute/sched/grid.h"

#include <math.h>

struct dpmpp_state {
    double *sigma;    // [steps + 1], sqrt((1 - a) / a); the last one is 0
    float *x0, *last; // data prediction of this step and of the one before
    bool has_last;
};

static void own_grid(struct sampler *s)
{
    switch (s->schedule->spacing) {
    case SPACING_LEADING: grid_leading(s->schedule, s->steps + 1, s->timesteps, s->steps); break;
    case SPACING_TRAILING: grid_trailing(s->schedule, s->timesteps, s->steps); break;
    case SPACING_LINSPACE:
        grid_linspace(s->schedule, s->steps + 1, s->timesteps, s->steps);
        grid_round(s->timesteps, s->steps);
        break;
    }
}

static void dpmpp_init(struct sampler *s)
{
    struct dpmpp_state *d = g_new0(struct dpmpp_state, 1);
    if (s->from_inversion) {
        grid_ddim(s->schedule, s->timesteps, s->steps);
    } else {
        own_grid(s);
    }
    d->sigma = g_new0(double, s->steps + 1);
    for (int i = 0; i < s->steps; i++) {
        d->sigma[i] = grid_sigma(s->schedule, s->timesteps[i]);
    }
    d->x0 = g_new(float, s->n);
    d->last = g_new(float, s->n);
    s->state = d;
}

// Level of a step: alpha = 1 / sqrt(1 + sigma^2) scales the picture, std = alpha sigma the
// noise, and lambda = log(alpha / std) is the solver's time.
static void level(double sigma, double *alpha, double *std)
{
    *alpha = 1 / sqrt(1 + sigma * sigma);
    *std = *alpha * sigma;
}

static void dpmpp_predict(struct sampler *s, double alpha, double std, const float *prediction,
                          const float *x, float *x0)
{
    const bool v = s->schedule->prediction == PREDICTION_V;
    for (int64_t k = 0; k < s->n; k++) {
        x0[k] = v ? alpha * x[k] - std * prediction[k] : (x[k] - std * prediction[k]) / alpha;
    }
}

static void dpmpp_step(struct sampler *s, int i, const float *prediction, float *x)
{
    struct dpmpp_state *d = s->state;
    double alpha_s, std_s, alpha_t, std_t;
    level(d->sigma[i], &alpha_s, &std_s);
    level(d->sigma[i + 1], &alpha_t, &std_t);
    dpmpp_predict(s, alpha_s, std_s, prediction, x, d->x0);

    // h = lambda_t - lambda_s = log(sigma_s / sigma_t), so e^-h is the ratio of the sigmas.
    const double shrink = d->sigma[i + 1] / d->sigma[i];
    const double keep = std_t / std_s, gain = alpha_t * (1 - shrink);
    double slope = 0; // D1 / 2 = slope * (x0 - last)
    if (d->has_last && i < s->steps - 1) {
        const double h = -log(shrink), before = log(d->sigma[i - 1] / d->sigma[i]);
        slope = 0.5 * h / before;
    }
    for (int64_t k = 0; k < s->n; k++) {
        const double data = slope ? d->x0[k] + slope * (d->x0[k] - d->last[k]) : d->x0[k];
        x[k] = keep * x[k] + gain * data;
    }
    float *spare = d->last;
    d->last = d->x0;
    d->x0 = spare;
    d->has_last = true;
}

static void dpmpp_finish(struct sampler *s)
{
    struct dpmpp_state *d = s->state;
    g_free(d->sigma);
    g_free(d->x0);
    g_free(d->last);
    g_free(d);
}

extern const struct sampler_type dpmpp_2m_sampler;
const struct sampler_type dpmpp_2m_sampler = {
    .name = "dpmpp_2m",
    .title = "DPM-Solver++ 2M",
    .summary = "Second order: a good picture from noise in 20 to 25 steps",
    .init = dpmpp_init,
    .step = dpmpp_step,
    .finish = dpmpp_finish,
};
