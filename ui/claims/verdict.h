// The word for a claim, from what several seeds gave.
#pragma once

#include <stdbool.h>

enum claim_rule {
    CLAIM_SHOWN, // a number that is only shown
    CLAIM_ABOVE, // the claim says that it is above the limit,
    CLAIM_BELOW, // below it,
    CLAIM_NEAR,  // or no farther than the limit from what is wanted
};

// How far, in the number's own unit, a value is on the claim's side; below 0: on the other.
double claim_margin(enum claim_rule rule, double want, double limit, double value);

enum claim_word {
    CLAIM_UNTRIED, // there is no number
    CLAIM_FAILS,   // the mean of the margins is not above 0
    CLAIM_WEAK,    // it is, but by no more than their standard deviation, or there is one seed
    CLAIM_HOLDS,   // it is by more than that, or they are all the same
};
enum claim_word claim_judge(const double *margins, int n);
const char *claim_word_text(enum claim_word word);

// Mean and standard deviation (n - 1; NAN below two) of the finite ones of values; NAN where there
// are none. How many are finite.
int claim_spread(const double *values, int n, double *mean, double *deviation);
