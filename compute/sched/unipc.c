// UniPC (Zhao et al., UniPC: A Unified Predictor-Corrector Framework for Fast Sampling of Diffusion
// Models, section 3) with data prediction: each prediction first corrects the latent that it was
// made for (UniC), which costs no further call of the network, and then leads on (UniP).
#include "compute/sched/grid.h"

#include "compute/i18n.h"

#include <math.h>
#include <string.h>

#define MAX_ORDER 3

struct unipc_state {
    double *sigma;            // [steps + 1], sqrt((1 - a) / a)
    float *x0[MAX_ORDER + 1]; // data predictions: of this step, and of those before it
    float *from;              // the latent that the last step went on from, corrected
    int order;                // of the last step; 0: there was none
};

static const char *unipc_lacks(const struct noise_schedule *s)
{
    return s->sigmas.unipc_lacks;
}

// Other levels than those of the timesteps, with the timesteps that belong to them: whole ones,
// rounded for Karras' levels and cut for the others, as the reference does it.
static void space_levels(struct sampler *s, double *sigma)
{
    const struct noise_schedule *schedule = s->schedule;
    const struct sigma_config *c = &schedule->sigmas;
    const enum sigma_spacing spacing = sampler_spacing(s);
    if (spacing == SIGMAS_OF_STEPS) {
        sigma[s->steps] = c->end_at_min ? grid_sigma(schedule, 0) : 0;
        return;
    }
    const double highest = grid_sigma(schedule, schedule->train_steps - 1);
    sigmas_spaced(spacing, c->sigma_max > 0 ? c->sigma_max : highest,
                  c->sigma_min > 0 ? c->sigma_min : grid_sigma(schedule, 0), sigma, s->steps);
    for (int i = 0; i < s->steps; i++) {
        const double t = grid_time(schedule, sigma[i]);
        s->timesteps[i] = spacing == SIGMAS_KARRAS ? rint(t) : floor(t);
    }
    sigma[s->steps] = c->end_at_min ? sigma[s->steps - 1] : 0;
}

static void unipc_grid(const struct noise_schedule *s, double *timesteps, int count)
{
    grid_multistep(s, s->train_steps, timesteps, count);
}

static void unipc_init(struct sampler *s)
{
    struct unipc_state *u = g_new0(struct unipc_state, 1);
    u->sigma = g_new0(double, s->steps + 1);
    for (int i = 0; i < s->steps; i++) {
        u->sigma[i] = grid_sigma(s->schedule, s->timesteps[i]);
    }
    if (!s->from_inversion) {
        space_levels(s, u->sigma);
    }
    for (int i = 0; i <= MAX_ORDER; i++) {
        u->x0[i] = g_new(float, s->n);
    }
    u->from = g_new(float, s->n);
    s->state = u;
}

// Of which order a step is: no higher than predictions are known, and lower at the end where the
// schedule has it so. Equal levels have no slope between them, and one of no noise none at all.
static int order_of(const struct sampler *s, int i)
{
    const struct unipc_state *u = s->state;
    const struct sigma_config *c = &s->schedule->sigmas;
    int order = MIN(CLAMP(c->order, 1, MAX_ORDER), u->order + 1);
    if (c->lower_order_final) {
        order = MIN(order, s->steps - i);
    }
    if (u->sigma[i + 1] <= 0) {
        return 1;
    }
    for (int k = 1; k <= order; k++) {
        if (u->sigma[i + 1 - k] == u->sigma[i + 2 - k]) {
            order = MAX(1, k - 1);
        }
    }
    return order;
}

// Solves the n equations a x = b by Gauss and Jordan; x takes the place of b. The nodes are
// distinct, and so there is an answer.
static void solve(double a[MAX_ORDER][MAX_ORDER], double b[MAX_ORDER], int n)
{
    for (int i = 0; i < n; i++) {
        int best = i;
        for (int k = i + 1; k < n; k++) {
            best = fabs(a[k][i]) > fabs(a[best][i]) ? k : best;
        }
        for (int j = 0; j < n; j++) {
            const double swap = a[i][j];
            a[i][j] = a[best][j];
            a[best][j] = swap;
        }
        const double swap = b[i];
        b[i] = b[best];
        b[best] = swap;
        for (int k = 0; k < n; k++) {
            const double factor = k == i ? 0 : a[k][i] / a[i][i];
            for (int j = i; j < n; j++) {
                a[k][j] -= factor * a[i][j];
            }
            b[k] -= factor * b[i];
        }
    }
    for (int i = 0; i < n; i++) {
        b[i] /= a[i][i];
    }
}

// One update, between the levels of two neighbouring steps.
struct update {
    int from, to; // steps whose levels it goes between
    int order;
    double node[MAX_ORDER]; // (lambda of the k-th step before - lambda_from) / h; the last is 1
    double rho[MAX_ORDER];  // weight of the k-th difference (m[k] - m[0]) / node[k]
    double weight;          // of their sum: -alpha B(h)
};

// The nodes and weights of theorem 3.1 there: sum over m of rho_m node_m^(k - 1) = b_k for each k,
// where b_k is of the functions phi_k of -h. The predictor leaves out the last node, which is the
// latent to come.
static void update_init(const struct sampler *s, struct update *u, bool corrects)
{
    const struct unipc_state *state = s->state;
    const double *sigma = state->sigma;
    // lambda = log(alpha / std) is -log(sigma).
    const double h = -log(sigma[u->to] / sigma[u->from]);
    const double growth = expm1(-h), alpha = 1 / sqrt(1 + sigma[u->to] * sigma[u->to]);
    const double b_of_h = s->schedule->sigmas.bh1 ? -h : growth;
    double powers[MAX_ORDER][MAX_ORDER];
    const int unknowns = corrects ? u->order : u->order - 1;
    for (int m = 1; m < u->order; m++) {
        u->node[m - 1] = -log(sigma[u->from - m] / sigma[u->from]) / h;
    }
    u->node[u->order - 1] = 1;
    double phi = growth / -h - 1, factorial = 1; // h phi_(k + 1), divided by the powers before
    for (int k = 0; k < unknowns; k++) {
        for (int m = 0; m < unknowns; m++) {
            powers[k][m] = pow(u->node[m], k);
        }
        u->rho[k] = phi * factorial / b_of_h;
        factorial *= k + 2;
        phi = phi / -h - 1 / factorial;
    }
    u->weight = -alpha * b_of_h;
    // Of a single weight the paper takes the limit of small steps.
    if (unknowns == 1) {
        u->rho[0] = 0.5;
    } else {
        solve(powers, u->rho, unknowns);
    }
}

// x: the latent at level `from`, out: at level `to`; m[0] is the data prediction of step `from`,
// m[k] that of k steps before, and target that at `to`, of the corrector alone.
static void update_take(const struct sampler *s, const struct update *u, float *const *m,
                        const float *target, const float *x, float *out)
{
    const double *sigma = ((const struct unipc_state *)s->state)->sigma;
    const double shrink = sigma[u->to] / sigma[u->from];
    const double alpha_to = 1 / sqrt(1 + sigma[u->to] * sigma[u->to]);
    const double alpha_from = 1 / sqrt(1 + sigma[u->from] * sigma[u->from]);
    const double keep = alpha_to / alpha_from * shrink, gain = alpha_to * (1 - shrink);
    for (int64_t k = 0; k < s->n; k++) {
        double differences = 0;
        for (int j = 1; j < u->order; j++) {
            differences += u->rho[j - 1] * ((double)m[j][k] - m[0][k]) / u->node[j - 1];
        }
        if (target) {
            differences += u->rho[u->order - 1] * ((double)target[k] - m[0][k]);
        }
        const double bent = u->order > 1 || target ? u->weight * differences : 0;
        out[k] = (float)(keep * x[k] + gain * m[0][k] + bent);
    }
}

static void unipc_predict(struct sampler *s, int i, const float *prediction, const float *x,
                          float *x0)
{
    const double sigma = ((const struct unipc_state *)s->state)->sigma[i];
    const double alpha = 1 / sqrt(1 + sigma * sigma), std = alpha * sigma;
    const bool v = s->schedule->prediction == PREDICTION_V;
    for (int64_t k = 0; k < s->n; k++) {
        x0[k] =
            (float)(v ? alpha * x[k] - std * prediction[k] : (x[k] - std * prediction[k]) / alpha);
    }
}

static void unipc_step(struct sampler *s, int i, const float *prediction, float *x)
{
    struct unipc_state *u = s->state;
    float *oldest = u->x0[MAX_ORDER];
    memmove(u->x0 + 1, u->x0, MAX_ORDER * sizeof *u->x0);
    u->x0[0] = oldest;
    unipc_predict(s, i, prediction, x, u->x0[0]);

    // An edit's latent may be moved between its steps: there is nothing to correct then.
    if (u->order > 0 && !s->from_inversion && u->sigma[i] < u->sigma[i - 1]) {
        struct update back = {.from = i - 1, .to = i, .order = u->order};
        update_init(s, &back, true);
        update_take(s, &back, u->x0 + 1, u->x0[0], u->from, x);
    }
    struct update on = {.from = i, .to = i + 1, .order = order_of(s, i)};
    update_init(s, &on, false);
    memcpy(u->from, x, (size_t)s->n * sizeof *x);
    update_take(s, &on, u->x0, NULL, u->from, x);
    u->order = on.order;
}

static void unipc_finish(struct sampler *s)
{
    struct unipc_state *u = s->state;
    g_free(u->sigma);
    for (int i = 0; i <= MAX_ORDER; i++) {
        g_free(u->x0[i]);
    }
    g_free(u->from);
    g_free(u);
}

extern const struct sampler_type unipc_sampler;
const struct sampler_type unipc_sampler = {
    .name = "unipc",
    .title = N_("UniPC"),
    .summary =
        N_("Predicts and corrects with one call of the network: a good picture in 8 to 20 steps"),
    .published = "UniPCMultistepScheduler",
    .settings = levels_settings,
    .lacks = unipc_lacks,
    .grid = unipc_grid,
    .init = unipc_init,
    .step = unipc_step,
    .finish = unipc_finish,
};
