// How alike the shifts of two subjects are.
#include "ui/claims/claims.h"
#include "ui/claims/trial.h"

#include "compute/adapter/study.h"

#include <math.h>

#define ANOTHER_RATE "method=svdiff lr=0.015"

static bool correlation_run(struct trial *t, struct finding *f, GError **error)
{
    const struct recipe recipes[] = {RECIPE_ONE(0, RECIPE_SVDIFF), RECIPE_ONE(0, ANOTHER_RATE),
                                     RECIPE_ONE(1, RECIPE_SVDIFF), RECIPE_ONE(2, RECIPE_SVDIFF)};
    enum { OWN, AGAIN, LIKE, UNLIKE, ALL };
    struct adapter *list[ALL] = {NULL};
    bool ok = true;
    for (int i = 0; ok && i < ALL; i++) {
        list[i] = trial_learn(t, &recipes[i], error);
        ok = list[i] != NULL;
    }
    struct adapter_study *s = ok ? adapter_study_new(list, ALL, t->task, error) : NULL;
    if (s) {
        const double same = study_correlation(s, OWN, AGAIN, LAYER_ALL, NULL);
        const double like = study_correlation(s, OWN, LIKE, LAYER_ALL, NULL);
        const double unlike = study_correlation(s, OWN, UNLIKE, LAYER_ALL, NULL);
        finding_put(f, same, "same");
        finding_put(f, like, "like");
        finding_put(f, unlike, "unlike");
        finding_put(f, same - fmax(like, unlike), "diagonal");
        finding_put(f, like - unlike, "concepts");
    }
    adapter_study_free(s);
    for (int i = 0; i < ALL; i++) {
        adapter_free(list[i]);
    }
    return s != NULL;
}

static const struct claim_row rows[] = {
    {"same", "The same subject learned at half the rate (mean cosine over the layers)",
     "the diagonal", 3, CLAIM_SHOWN},
    {"like", "A subject of a like kind", NULL, 3, CLAIM_SHOWN},
    {"unlike", "A subject of another kind", NULL, 3, CLAIM_SHOWN},
    {"diagonal", "The same subject correlates more than any other one (difference)", "more", 3,
     CLAIM_ABOVE},
    {"concepts", "A like subject correlates more than an unlike one (difference)", "more", 3,
     CLAIM_ABOVE},
    {0},
};

extern const struct claim correlation_claim;
const struct claim correlation_claim = {
    .name = "correlation",
    .title = "Correlation of shifts",
    .summary = "Shifts of subjects that are alike are alike",
    .source = "Han et al., SVDiff, Fig. 9 (a)",
    .how = "The cosine of the shifts of each layer, and its mean over the layers. The paper has "
           "a matrix of subjects as a picture, without numbers.",
    .rows = rows,
    .cost = 35,
    .quick = true,
    .run = correlation_run,
};
