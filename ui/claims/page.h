// The page: one HTML file, with pictures beside it.
#pragma once

#include "ui/claims/claims.h"

// What the claims have come to so far.
struct page {
    const char *model, *hash; // a name, and the image network's SHA-256
    const char *machine;
    double seconds;                        // that were worked, over all calls
    bool quick;                            // so few steps that the numbers say nothing
    const struct finding *about;           // NULL: nothing is known of the measures
    const char *const *kinds;              // of the subjects, NULL-terminated
    const struct finding *const *findings; // seeds of each claim; NULL: not tried yet
    int seeds;
};
// Of claims of which there is anything. Newly allocated.
char *page_html(const struct page *p);
char *page_markdown(const struct page *p); // the table of statements alone
// The word of one row over the seeds, and its mean and spread.
enum claim_word page_word(const struct page *p, int claim, const struct claim_row *row,
                          double *mean, double *deviation);
