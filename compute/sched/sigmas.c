// Noise levels that are spaced between the ends of a range, instead of being those of timesteps.
#include "compute/sched/grid.h"

#include "compute/i18n.h"

#include <math.h>

#define KARRAS_RHO 7.0
#define BETA_SHAPE 0.6 // both parameters of the beta distribution

static const char *const choices[] = {N_("model"),       N_("steps"), N_("karras"),
                                      N_("exponential"), N_("beta"),  NULL};

// The levels of an edit are those of its inversion.
static bool has_levels(const struct settings *s)
{
    return !settings_find(s, "inverter", NULL);
}

const struct setting levels_settings[] = {
    {.key = "levels",
     .title = N_("Noise levels"),
     .recipe = "Schedule type",
     .help =
         N_("How the noise of the steps is spaced: as the model's scheduler file says, evenly in "
            "the training steps, or more of it where there is little noise"),
     .kind = SETTING_CHOICE,
     .level = SETTING_HIDDEN, // the window draws edits
     .choices = choices,
     .matters = has_levels},
    {0},
};

enum sigma_spacing sampler_spacing(const struct sampler *s)
{
    static const enum sigma_spacing spacings[] = {0, SIGMAS_OF_STEPS, SIGMAS_KARRAS,
                                                  SIGMAS_EXPONENTIAL, SIGMAS_BETA};
    const int choice = s->settings ? settings_int(s->settings, levels_settings[0].key) : 0;
    return choice ? spacings[choice] : s->schedule->sigmas.spacing;
}

// The continued fraction of the incomplete beta function by Lentz's method (Press et al., Numerical
// Recipes, section 6.4), for x up to (a + 1) / (a + b + 2).
static double beta_fraction(double a, double b, double x)
{
    const double tiny = 1e-300;
    double c = 1, d = 1 - (a + b) * x / (a + 1);
    d = 1 / (fabs(d) < tiny ? tiny : d);
    double h = d;
    for (int m = 1; m <= 200; m++) {
        const double even = m * (b - m) * x / ((a + 2 * m - 1) * (a + 2 * m));
        const double odd = -(a + m) * (a + b + m) * x / ((a + 2 * m) * (a + 2 * m + 1));
        double change = 1;
        for (int half = 0; half < 2; half++) {
            const double term = half ? odd : even;
            d = 1 + term * d;
            c = 1 + term / c;
            d = 1 / (fabs(d) < tiny ? tiny : d);
            c = fabs(c) < tiny ? tiny : c;
            change = c * d;
            h *= change;
        }
        if (fabs(change - 1) < 1e-15) {
            break;
        }
    }
    return h;
}

// The share of a symmetric beta distribution that lies below x, 0 <= x <= 1/2.
static double beta_share(double shape, double x)
{
    const double scale = exp(lgamma(2 * shape) - 2 * lgamma(shape));
    return x <= 0
               ? 0
               : scale * pow(x, shape) * pow(1 - x, shape) / shape * beta_fraction(shape, shape, x);
}

// Below it lies the share p of the distribution: the inverse, by halving.
static double beta_quantile(double shape, double p)
{
    const double lower = p <= 0.5 ? p : 1 - p;
    double low = 0, high = 0.5;
    for (int i = 0; i < 100 && low < high; i++) {
        const double middle = (low + high) / 2;
        if (beta_share(shape, middle) < lower) {
            low = middle;
        } else {
            high = middle;
        }
    }
    return p <= 0.5 ? high : 1 - high;
}

static double spaced(enum sigma_spacing spacing, double first, double last, double part)
{
    switch (spacing) {
    case SIGMAS_KARRAS: {
        const double from = pow(first, 1 / KARRAS_RHO), to = pow(last, 1 / KARRAS_RHO);
        return pow(from + part * (to - from), KARRAS_RHO);
    }
    case SIGMAS_EXPONENTIAL: {
        const double from = log(first), to = log(last);
        return exp(from + part * (to - from));
    }
    case SIGMAS_BETA: return last + beta_quantile(BETA_SHAPE, 1 - part) * (first - last);
    case SIGMAS_OF_STEPS: break;
    }
    g_assert_not_reached();
}

void sigmas_spaced(enum sigma_spacing spacing, double first, double last, double *sigma, int count)
{
    for (int i = 0; i < count; i++) {
        sigma[i] = spaced(spacing, first, last, count > 1 ? i / (count - 1.0) : 0);
    }
}
