// Hyperspherical energy: what becomes of the angles between neurons.
#include "ui/claims/claims.h"
#include "ui/claims/trial.h"

#include "compute/adapter/study.h"

#include <math.h>

enum { OFT, COFT, LORA, FULL, SVDIFF, ALL };
static const char *const lines[] = {"OFT", "COFT", "LoRA", "full weights", "SVDiff", NULL};
static const char *const recipes[] = {RECIPE_OFT, RECIPE_COFT, RECIPE_LORA, RECIPE_FULL,
                                      RECIPE_SVDIFF};
static const char *const columns[] = {"energy by, ppm", "|dW|/|W|, %", "|RR^T-I|", NULL};
static const struct claim_table table = {lines, columns, NULL, NULL, -3};

static bool energy_run(struct trial *t, struct finding *f, GError **error)
{
    struct adapter *list[ALL] = {NULL};
    bool ok = true;
    for (int i = 0; ok && i < ALL; i++) {
        const struct recipe r = RECIPE_ONE(0, recipes[i]);
        ok = (list[i] = trial_learn(t, &r, error)) != NULL;
    }
    struct adapter_study *s = ok ? adapter_study_new(list, ALL, t->task, error) : NULL;
    for (int i = 0; s && i < ALL; i++) {
        double before;
        const double after = study_energy(s, i, LAYER_ALL, &before);
        finding_put(f, 1e6 * fabs(after / before - 1), "%s.energy by, ppm", lines[i]);
        finding_put(f, 100 * study_size(s, i, LAYER_ALL), "%s.|dW|/|W|, %%", lines[i]);
        const double askew = study_askew(s, i, LAYER_ALL);
        if (isfinite(askew)) {
            finding_put(f, askew, "%s.|RR^T-I|", lines[i]);
        }
    }
    if (s) {
        const double oft = finding_get(f, "OFT.energy by, ppm");
        finding_put(f, oft, "kept");
        finding_put(f, finding_get(f, "COFT.energy by, ppm"), "coft");
        finding_put(f, log10(finding_get(f, "LoRA.energy by, ppm") / fmax(oft, 1e-9)), "lora");
        finding_put(f, log10(finding_get(f, "full weights.energy by, ppm") / fmax(oft, 1e-9)),
                    "full");
    }
    adapter_study_free(s);
    for (int i = 0; i < ALL; i++) {
        adapter_free(list[i]);
    }
    return s != NULL;
}

static const struct claim_row rows[] = {
    {"kept", "OFT keeps the energy (change in parts per million, at most 10)", "0, exactly", -2,
     CLAIM_NEAR, .limit = 10},
    {"coft", "and so does COFT", "0, exactly", -2, CLAIM_NEAR, .limit = 10},
    {"lora", "LoRA changes it more than OFT does (powers of ten)", "it does", 1, CLAIM_ABOVE},
    {"full", "and so do full weights (powers of ten)", "they do", 1, CLAIM_ABOVE},
    {0},
};

extern const struct claim energy_claim;
const struct claim energy_claim = {
    .name = "energy",
    .title = "Energy kept",
    .summary = "Rotations leave the angles between neurons, and with them the energy, as they were",
    .source = "Qiu et al., OFT, section 3",
    .how = "The hyperspherical energy of all layers that a method changes, before and after the "
           "first subject was learned.",
    .rows = rows,
    .table = &table,
    .cost = 30,
    .quick = true,
    .run = energy_run,
};
