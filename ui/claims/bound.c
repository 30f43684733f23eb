// COFT's epsilon: how far the rotations may go.
#include "ui/claims/claims.h"
#include "ui/claims/trial.h"

#include "compute/adapter/study.h"

enum { TIGHT, USUAL, WIDE, ALL };
static const char *const lines[] = {"6e-7", "6e-6", "6e-5", NULL};
static const char *const columns[] = {"likeness", "text", "|dW|/|W|, %", NULL};
static const struct claim_table table = {lines, columns, NULL, NULL, -3};

static bool bound_run(struct trial *t, struct finding *f, GError **error)
{
    struct adapter *list[ALL] = {NULL};
    struct grade grades[ALL];
    bool ok = true;
    for (int i = 0; ok && i < ALL; i++) {
        g_autofree char *settings = g_strdup_printf(RECIPE_COFT " eps=%s", lines[i]);
        const struct recipe r = RECIPE_ONE(0, settings);
        ok = trial_line(t, f, lines[i], &r, &grades[i], error) &&
             (list[i] = trial_learn(t, &r, error)) != NULL;
    }
    struct adapter_study *s = ok ? adapter_study_new(list, ALL, t->task, error) : NULL;
    for (int i = 0; s && i < ALL; i++) {
        finding_put(f, 100 * study_size(s, i, LAYER_ALL), "%s.|dW|/|W|, %%", lines[i]);
    }
    if (s) {
        const double tight = study_size(s, TIGHT, LAYER_ALL);
        const double usual = study_size(s, USUAL, LAYER_ALL);
        const double wide = study_size(s, WIDE, LAYER_ALL);
        finding_put(f, 100 * (wide - usual), "wider");
        finding_put(f, 100 * (usual - tight), "tighter");
        finding_put(f, grades[WIDE].likeness - grades[TIGHT].likeness, "learns");
    }
    adapter_study_free(s);
    for (int i = 0; i < ALL; i++) {
        adapter_free(list[i]);
    }
    return s != NULL;
}

static const struct claim_row rows[] = {
    {"tighter",
     "A hundredth of the usual epsilon changes less than a tenth of it (% of the weights, less)",
     "a smaller epsilon stays nearer to the model", 2, CLAIM_ABOVE},
    {"wider", "and that less than the usual one", "likewise", 2, CLAIM_ABOVE},
    {"learns", "What is nearer to the model is less like the subject (difference of likeness)",
     "a trade-off", 2, CLAIM_ABOVE},
    {0},
};

extern const struct claim bound_claim;
const struct claim bound_claim = {
    .name = "bound",
    .title = "COFT's epsilon",
    .summary = "How far the rotations may leave the model is a bound that holds",
    .source = "Qiu et al., OFT, section 3 and Fig. 5",
    .how = "The first subject learned by COFT with the paper's epsilon for subjects, a tenth and "
           "a hundredth of it, as the authors' code counts it (times the square of the block).",
    .rows = rows,
    .table = &table,
    .cost = 50,
    .run = bound_run,
};
