// Euler's method with ancestral noise (k-diffusion's sample_euler_ancestral): each step goes down
// beyond the next level and comes back to it with fresh noise, as much as DDPM would draw there.
// The latent lives at x = z + sigma noise, as in euler.c.
#include "compute/sched/grid.h"

#include "compute/i18n.h"

#include <math.h>

struct euler_a_state {
    double *sigma; // [steps + 1]
    float *noise;
};

static void euler_a_init(struct sampler *s)
{
    struct euler_a_state *e = g_new(struct euler_a_state, 1);
    e->sigma = g_new0(double, s->steps + 1);
    for (int i = 0; i < s->steps; i++) {
        e->sigma[i] = grid_sigma(s->schedule, s->timesteps[i]);
    }
    e->noise = g_new(float, s->n);
    s->state = e;
    s->init_scale = euler_init_scale(s->schedule, e->sigma[0]);
}

static double euler_a_input_scale(const struct sampler *s, int i)
{
    const struct euler_a_state *e = s->state;
    return euler_scale_at(e->sigma[i]);
}

static void euler_a_step(struct sampler *s, int i, const float *prediction, float *x)
{
    struct euler_a_state *e = s->state;
    const double now = e->sigma[i], next = e->sigma[i + 1];
    // down^2 + up^2 = next^2, with up^2 = next^2 (now^2 - next^2) / now^2.
    const double down = next * (next / now),
                 up = next * sqrt(fmax(0, 1 - next / now * (next / now)));
    euler_between(s, now, down, prediction, x);
    if (up > 0 && s->rng) {
        rng_normal(s->rng, e->noise, s->n);
        for (int64_t k = 0; k < s->n; k++) {
            x[k] += (float)(up * e->noise[k]);
        }
    }
}

static void euler_a_finish(struct sampler *s)
{
    struct euler_a_state *e = s->state;
    g_free(e->sigma);
    g_free(e->noise);
    g_free(e);
}

extern const struct sampler_type euler_a_sampler;
const struct sampler_type euler_a_sampler = {
    .name = "euler_a",
    .title = N_("Euler a"),
    .summary = N_("Euler with fresh noise at each step; more steps go on changing the picture"),
    .published = "EulerAncestralDiscreteScheduler",
    .random = true,
    .grid = grid_euler,
    .init = euler_a_init,
    .input_scale = euler_a_input_scale,
    .step = euler_a_step,
    .finish = euler_a_finish,
};
