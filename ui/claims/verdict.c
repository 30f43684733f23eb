#include "ui/claims/verdict.h"

#include <glib.h>
#include <math.h>

double claim_margin(enum claim_rule rule, double want, double limit, double value)
{
    switch (rule) {
    case CLAIM_ABOVE: return value - limit;
    case CLAIM_BELOW: return limit - value;
    case CLAIM_NEAR: return limit - fabs(value - want);
    case CLAIM_SHOWN: break;
    }
    return NAN;
}

int claim_spread(const double *values, int n, double *mean, double *deviation)
{
    int count = 0;
    double sum = 0, squares = 0;
    for (int i = 0; i < n; i++) {
        if (isfinite(values[i])) {
            sum += values[i];
            count++;
        }
    }
    *mean = count > 0 ? sum / count : NAN;
    for (int i = 0; i < n; i++) {
        if (isfinite(values[i])) {
            squares += (values[i] - *mean) * (values[i] - *mean);
        }
    }
    *deviation = count > 1 ? sqrt(squares / (count - 1)) : NAN;
    return count;
}

enum claim_word claim_judge(const double *margins, int n)
{
    double mean, deviation;
    const int count = claim_spread(margins, n, &mean, &deviation);
    if (count == 0) {
        return CLAIM_UNTRIED;
    }
    if (!(mean > 0)) {
        return CLAIM_FAILS;
    }
    return count > 1 && mean > deviation ? CLAIM_HOLDS : CLAIM_WEAK;
}

const char *claim_word_text(enum claim_word word)
{
    static const char *const texts[] = {
        [CLAIM_UNTRIED] = "not tried",
        [CLAIM_FAILS] = "does not hold here",
        [CLAIM_WEAK] = "holds weakly",
        [CLAIM_HOLDS] = "holds",
    };
    return texts[word];
}
