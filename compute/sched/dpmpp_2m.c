// DPM-Solver++ 2M (Lu et al., DPM-Solver++, algorithm 2) with data prediction: by default in its
// midpoint form and with sigma = 0 as the last target, so that the last step is of first order. A
// model's schedule may ask for another order, form or end. Its stochastic form is dpmpp_2m_sde.c.
#include "compute/sched/grid.h"

#include "compute/i18n.h"

#include <math.h>
#include <string.h>

#define MAX_ORDER 3
#define FEW_STEPS 15 // below it the last steps may be of lower order

struct dpmpp_state {
    double *sigma;        // [steps + 1], sqrt((1 - a) / a)
    float *x0[MAX_ORDER]; // data predictions: of this step, of the one before, of that before it
    int known;            // steps taken, of which there are predictions
    float *noise;         // of the stochastic form
};

// Training steps whose log(1 / sigma) is not below the schedule's least.
static int clipped_range(const struct noise_schedule *s)
{
    int range = s->train_steps;
    while (range > 1 && -log(grid_sigma(s, range - 1)) < s->sigmas.lambda_min) {
        range--;
    }
    return range;
}

const char *dpmpp_clipping_lack(const struct noise_schedule *s)
{
    if (s->spacing == SPACING_TRAILING && clipped_range(s) < s->train_steps) {
        return N_(
            "lambda_min_clipped with trailing steps"); // of which fewer are left than asked for
    }
    return NULL;
}

static const char *dpmpp_lacks(const struct noise_schedule *s)
{
    const char *clipping = dpmpp_clipping_lack(s);
    return clipping ? clipping : s->sigmas.dpmpp_lacks;
}

// Other levels than those of the timesteps, with the timesteps that belong to them: whole ones,
// rounded for Karras' levels and cut for the others, as the reference does it.
static void space_levels(struct sampler *s, double *sigma)
{
    const struct noise_schedule *schedule = s->schedule;
    const enum sigma_spacing spacing = sampler_spacing(s);
    if (spacing == SIGMAS_OF_STEPS) {
        return;
    }
    sigmas_spaced(spacing, grid_sigma(schedule, schedule->train_steps - 1), grid_sigma(schedule, 0),
                  sigma, s->steps);
    for (int i = 0; i < s->steps; i++) {
        const double t = grid_time(schedule, sigma[i]);
        s->timesteps[i] = spacing == SIGMAS_KARRAS && !schedule->cosine ? rint(t) : floor(t);
    }
}

void dpmpp_grid(const struct noise_schedule *s, double *timesteps, int count)
{
    grid_multistep(s, clipped_range(s), timesteps, count);
}

void dpmpp_init(struct sampler *s)
{
    struct dpmpp_state *d = g_new0(struct dpmpp_state, 1);
    d->sigma = g_new0(double, s->steps + 1);
    for (int i = 0; i < s->steps; i++) {
        d->sigma[i] = grid_sigma(s->schedule, s->timesteps[i]);
    }
    if (!s->from_inversion) {
        space_levels(s, d->sigma);
        d->sigma[s->steps] = s->schedule->sigmas.end_at_min ? grid_sigma(s->schedule, 0) : 0;
    }
    for (int i = 0; i < MAX_ORDER; i++) {
        d->x0[i] = g_new(float, s->n);
    }
    d->noise = g_new(float, s->n);
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

// Of which order step i is taken: no higher than predictions are known, and lower at the end where
// the schedule has it so.
static int order_of(const struct sampler *s, int i)
{
    const struct dpmpp_state *d = s->state;
    const struct sigma_config *c = &s->schedule->sigmas;
    const bool few = c->lower_order_final && s->steps < FEW_STEPS;
    int order = MIN(CLAMP(c->order, 1, MAX_ORDER), d->known + 1);
    if (few && i == s->steps - 2) {
        order = MIN(order, 2);
    }
    if (d->sigma[i + 1] <= 0 || (i == s->steps - 1 && (few || c->euler_at_final))) {
        order = 1;
    }
    for (int k = 1; k <= order; k++) { // equal levels have no slope between them
        if (d->sigma[i + 1 - k] == d->sigma[i + 2 - k]) {
            order = MAX(1, k - 1);
        }
    }
    return order;
}

// Factors of this step's data prediction and of the earlier ones: x_t = keep x + sum of gain[k]
// x0[k]. The differences D1 and D2 (Lu et al., DPM-Solver, appendix B) are written out in the
// predictions that they are of; phi1 to phi3 are what the exponential integrates to. The stochastic
// equation is the same with twice the time.
static void gains(const struct sampler *s, int i, int order, double gain[MAX_ORDER])
{
    const struct dpmpp_state *d = s->state;
    double alpha, std;
    level(d->sigma[i + 1], &alpha, &std);
    // h = lambda_t - lambda_s = log(sigma_s / sigma_t), so e^-h is the ratio of the sigmas.
    const double ratio = d->sigma[i + 1] / d->sigma[i], times = s->type->random ? 2 : 1;
    const double shrink = pow(ratio, times), phi1 = alpha * (1 - shrink);
    gain[0] = phi1;
    gain[1] = gain[2] = 0;
    if (order < 2) {
        return;
    }
    const double h = -log(shrink), step = -log(ratio);
    const double r0 = log(d->sigma[i - 1] / d->sigma[i]) / step;
    const double phi2 = alpha * ((shrink - 1) / h + 1);
    double first = order == 3 || s->schedule->sigmas.heun ? phi2 : 0.5 * phi1; // factor of D1
    if (order == 3) {
        const double r1 = log(d->sigma[i - 2] / d->sigma[i - 1]) / step;
        const double phi3 = alpha * ((shrink - 1 + h) / (h * h) - 0.5);
        // D1 = D10 + r0 / (r0 + r1) (D10 - D11) and D2 = (D10 - D11) / (r0 + r1), with
        // D10 = (x0[0] - x0[1]) / r0 and D11 = (x0[1] - x0[2]) / r1.
        const double second = (phi2 * r0 - phi3) / (r0 + r1);
        first += second;
        gain[1] = -second / r1;
        gain[2] = second / r1;
    }
    gain[0] += first / r0;
    gain[1] -= first / r0;
}

void dpmpp_step(struct sampler *s, int i, const float *prediction, float *x)
{
    struct dpmpp_state *d = s->state;
    double alpha_s, std_s, alpha_t, std_t, gain[MAX_ORDER];
    level(d->sigma[i], &alpha_s, &std_s);
    level(d->sigma[i + 1], &alpha_t, &std_t);
    dpmpp_predict(s, alpha_s, std_s, prediction, x, d->x0[0]);

    const int order = order_of(s, i);
    const double ratio = d->sigma[i + 1] / d->sigma[i]; // e^-h
    const double keep = std_t / std_s * (s->type->random ? ratio : 1);
    gains(s, i, order, gain);
    for (int64_t k = 0; k < s->n; k++) {
        double data = gain[0] * d->x0[0][k];
        for (int j = 1; j < order; j++) {
            data += gain[j] * d->x0[j][k];
        }
        x[k] = keep * x[k] + data;
    }
    const double spread = s->type->random && s->rng ? std_t * sqrt(fmax(0, 1 - ratio * ratio)) : 0;
    if (spread > 0) {
        rng_normal(s->rng, d->noise, s->n);
        for (int64_t k = 0; k < s->n; k++) {
            x[k] += (float)(spread * d->noise[k]);
        }
    }
    float *spare = d->x0[MAX_ORDER - 1];
    memmove(d->x0 + 1, d->x0, (MAX_ORDER - 1) * sizeof *d->x0);
    d->x0[0] = spare;
    d->known++;
}

void dpmpp_finish(struct sampler *s)
{
    struct dpmpp_state *d = s->state;
    g_free(d->sigma);
    for (int i = 0; i < MAX_ORDER; i++) {
        g_free(d->x0[i]);
    }
    g_free(d->noise);
    g_free(d);
}

extern const struct sampler_type dpmpp_2m_sampler;
const struct sampler_type dpmpp_2m_sampler = {
    .name = "dpmpp_2m",
    .title = N_("DPM-Solver++ 2M"),
    .summary = N_("Second order: a good picture from noise in 20 to 25 steps"),
    .published = "DPMSolverMultistepScheduler",
    .settings = levels_settings,
    .lacks = dpmpp_lacks,
    .grid = dpmpp_grid,
    .init = dpmpp_init,
    .step = dpmpp_step,
    .finish = dpmpp_finish,
};
