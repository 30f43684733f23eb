// Likeness and text on the way: OFT beside LoRA and full weights.
#include "ui/claims/claims.h"
#include "ui/claims/trial.h"

#include <math.h>

#define STAGES 3 // the last one is 4 times the trial's steps

enum { OFT, LORA, FULL, METHODS };
static const char *const names[] = {"OFT", "LoRA", "full weights"};
static const char *const recipes[] = {RECIPE_OFT, RECIPE_LORA, RECIPE_FULL};
static const char *const lines[] = {
    "OFT, x1",          "LoRA, x1", "full weights, x1", "OFT, x2",          "LoRA, x2",
    "full weights, x2", "OFT, x4",  "LoRA, x4",         "full weights, x4", NULL};
static const char *const columns[] = {"likeness", "text", NULL};
static const struct claim_table table = {lines, columns, NULL, NULL, 2};

static bool convergence_run(struct trial *t, struct finding *f, GError **error)
{
    struct grade grades[METHODS][STAGES];
    for (int m = 0; m < METHODS; m++) {
        for (int k = 0; k < STAGES; k++) {
            const struct recipe r = {.subjects = {0, -1},
                                     .settings = recipes[m],
                                     .steps = t->size.steps << k,
                                     .goes_on = k < STAGES - 1};
            g_autofree char *line = g_strdup_printf("%s, x%d", names[m], 1 << k);
            if (!trial_line(t, f, line, &r, &grades[m][k], error)) {
                return false;
            }
        }
    }
    double ahead = 0;
    for (int k = 0; k < STAGES; k++) {
        ahead += (grades[OFT][k].likeness - grades[LORA][k].likeness) / STAGES;
    }
    const struct grade *oft = grades[OFT], *full = grades[FULL];
    finding_put(f, ahead, "ahead");
    finding_put(f, oft[STAGES - 1].text - full[STAGES - 1].text, "stable");
    finding_put(f, oft[STAGES - 1].text - oft[0].text, "own");
    return true;
}

static const struct claim_row rows[] = {
    {"ahead", "After as many steps OFT is more like the subject than LoRA (mean over the stages)",
     "OFT's epoch 8 is LoRA's epoch 20", 2, CLAIM_ABOVE},
    {"stable",
     "After the longest training OFT follows the sentence better than full weights "
     "(difference of text)",
     "96.0 % of raters for OFT at 10,000 steps, 2.6 % for full "
     "weights",
     2, CLAIM_ABOVE},
    {"own", "and it follows the sentence no worse than at the start (at least -0.05)",
     "no collapse before about 9,000 steps", 2, CLAIM_ABOVE, .limit = -0.05},
    {0},
};

extern const struct claim convergence_claim;
const struct claim convergence_claim = {
    .name = "convergence",
    .title = "Convergence",
    .summary = "OFT learns in fewer steps, and stays stable for more of them",
    .source = "Qiu et al., OFT, section 5.1 and human study",
    .how = "One training of the first subject, looked at after 1, 2 and 4 times as many steps as "
           "elsewhere on this page; the paper's go to 10,000.",
    .rows = rows,
    .table = &table,
    .cost = 160,
    .run = convergence_run,
};
