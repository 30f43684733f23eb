// Heun's method on the probability-flow equation (Karras et al., Elucidating the Design Space of
// Diffusion-Based Generative Models, algorithm 1 without churn): a step of Euler's, one more of the
// same length from where that ends, and the middle between its start and the end of both. The last
// step is Euler's: nothing is known of the slope where there is no noise. The latent lives at x = z
// + sigma noise, as in euler.c.
#include "compute/sched/grid.h"

#include "compute/i18n.h"

#include <string.h>

struct heun_state {
    double *sigma; // [steps + 1]
    float *start;  // of the step
};

static void heun_init(struct sampler *s)
{
    struct heun_state *h = g_new(struct heun_state, 1);
    const struct sigma_config *c = &s->schedule->sigmas;
    // The reference's class has no other options.
    const struct sigma_config own = {.sigma_min = c->sigma_min, .sigma_max = c->sigma_max};
    h->sigma = euler_levels(s, &own);
    h->start = g_new(float, s->n);
    s->state = h;
    s->init_scale = euler_init_scale(s->schedule, h->sigma[0]);
}

static double heun_input_scale(const struct sampler *s, int i)
{
    const struct heun_state *h = s->state;
    return euler_scale_at(h->sigma[i]);
}

static bool heun_ahead(struct sampler *s, int i, const float *prediction, float *x)
{
    struct heun_state *h = s->state;
    if (i == s->steps - 1) {
        return false;
    }
    memcpy(h->start, x, (size_t)s->n * sizeof *x);
    euler_between(s, h->sigma[i], h->sigma[i + 1], prediction, x);
    return true;
}

static void heun_step(struct sampler *s, int i, const float *prediction, float *x)
{
    const struct heun_state *h = s->state;
    const double now = h->sigma[i], next = h->sigma[i + 1];
    if (i == s->steps - 1) {
        euler_between(s, now, next, prediction, x);
        return;
    }
    euler_between(s, next, next + (next - now), prediction, x);
    for (int64_t k = 0; k < s->n; k++) {
        x[k] = (float)(((double)h->start[k] + (double)x[k]) / 2);
    }
}

static void heun_finish(struct sampler *s)
{
    struct heun_state *h = s->state;
    g_free(h->sigma);
    g_free(h->start);
    g_free(h);
}

extern const struct sampler_type heun_sampler;
const struct sampler_type heun_sampler = {
    .name = "heun",
    .title = N_("Heun"),
    .summary =
        N_("Second order by two calls of the network a step: as fine as Euler in half the steps"),
    .published = "HeunDiscreteScheduler",
    .settings = levels_settings,
    .grid = grid_euler,
    .init = heun_init,
    .input_scale = heun_input_scale,
    .ahead = heun_ahead,
    .step = heun_step,
    .finish = heun_finish,
};
