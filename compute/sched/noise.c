// The training noise schedule: z_t = sqrt(abar_t) z + sqrt(1 - abar_t) epsilon (Ho et al.,
// Denoising Diffusion Probabilistic Models, equation 4) and the conversions between its quantities.
#include "compute/sched/sched.h"

#include <math.h>

#define BETA_MAX 0.999

static double cosine_alpha_bar(double t)
{
    double c = cos((t + 0.008) / 1.008 * G_PI / 2);
    return c * c;
}

// Number t of n, evenly from first to last: in single precision and from the nearer end, to the bit
// what the reference's torch.linspace gives.
static float even(double first, double last, int t, int n)
{
    const float step = n > 1 ? ((float)last - (float)first) / (float)(n - 1) : 0;
    return t < n / 2 || n == 1 ? fmaf(step, (float)t, (float)first)
                               : fmaf(-step, (float)(n - 1 - t), (float)last);
}

// Betas in single precision, as the reference keeps them.
static float beta(const struct sched_config *c, int t)
{
    if (c->trained_betas) {
        return c->trained_betas[t];
    }
    switch (c->beta_schedule) {
    case BETA_LINEAR: return even(c->beta_start, c->beta_end, t, c->train_steps);
    case BETA_SCALED_LINEAR: {
        const float root = even(sqrt(c->beta_start), sqrt(c->beta_end), t, c->train_steps);
        return root * root;
    }
    case BETA_COSINE: break;
    }
    const double n = c->train_steps;
    return fmin(1 - cosine_alpha_bar((t + 1) / n) / cosine_alpha_bar(t / n), BETA_MAX);
}

// Shifts and scales sqrt(abar) so that the last one is 0 and the first stays (Lin et al., Common
// Diffusion Noise Schedules and Sample Steps are Flawed, algorithm 1).
static void rescale_zero_snr(double *alpha_bar, int n)
{
    const double first = sqrt(alpha_bar[0]), last = sqrt(alpha_bar[n - 1]);
    for (int t = 0; t < n; t++) {
        double root = (sqrt(alpha_bar[t]) - last) * first / (first - last);
        alpha_bar[t] = root * root;
    }
}

void noise_schedule_init(struct noise_schedule *s, const struct sched_config *c)
{
    *s = (struct noise_schedule){
        .train_steps = c->train_steps,
        .prediction = c->prediction,
        .spacing = c->spacing,
        .sigmas = c->sigmas,
        .distilled = c->distilled,
        .cosine = c->beta_schedule == BETA_COSINE,
        .steps_offset = c->steps_offset,
        .alpha_bar = g_new(double, c->train_steps),
    };
    double product = 1;
    for (int t = 0; t < c->train_steps; t++) {
        product *= 1.0f - beta(c, t);
        s->alpha_bar[t] = (float)product; // as the reference keeps it
    }
    if (c->rescale_zero_snr) {
        rescale_zero_snr(s->alpha_bar, c->train_steps);
    }
    s->final_alpha = c->set_alpha_to_one ? 1 : s->alpha_bar[0];
}

void noise_schedule_finish(struct noise_schedule *s)
{
    g_clear_pointer(&s->alpha_bar, g_free);
}

double noise_schedule_alpha(const struct noise_schedule *s, int t)
{
    return t < 0 ? s->final_alpha : s->alpha_bar[MIN(t, s->train_steps - 1)];
}

void noise_add(const struct noise_schedule *s, int t, const float *z, const float *noise,
               float *out, int64_t n)
{
    const double a = noise_schedule_alpha(s, t);
    const float signal = sqrt(a), spread = sqrt(1 - a);
    for (int64_t i = 0; i < n; i++) {
        out[i] = signal * z[i] + spread * noise[i];
    }
}

// epsilon, or v = sqrt(abar) epsilon - sqrt(1 - abar) z (Salimans and Ho, Progressive Distillation
// for Fast Sampling of Diffusion Models, section 4).
void noise_target(const struct noise_schedule *s, int t, const float *z, const float *noise,
                  float *out, int64_t n)
{
    const double a = noise_schedule_alpha(s, t);
    const float signal = s->prediction == PREDICTION_V ? sqrt(a) : 1;
    const float spread = s->prediction == PREDICTION_V ? sqrt(1 - a) : 0;
    for (int64_t i = 0; i < n; i++) {
        out[i] = signal * noise[i] - spread * z[i];
    }
}

void noise_split(const struct noise_schedule *s, int t, const float *x, const float *prediction,
                 float *x0, float *epsilon, int64_t n)
{
    const double a = noise_schedule_alpha(s, t), signal = sqrt(a), spread = sqrt(1 - a);
    const bool v = s->prediction == PREDICTION_V;
    for (int64_t i = 0; i < n; i++) {
        const double xi = x[i], p = prediction[i];
        const double clean = v ? signal * xi - spread * p : (xi - spread * p) / signal;
        const double noise = v ? signal * p + spread * xi : p;
        if (x0) {
            x0[i] = clean;
        }
        if (epsilon) {
            epsilon[i] = noise;
        }
    }
}
