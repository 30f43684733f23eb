// From one subject's shifts to another's.
#include "ui/claims/claims.h"
#include "ui/claims/trial.h"

#include <math.h>

#define PARTS 5

// The first subject's part of the two likenesses, at each part of the way.
static bool draw_way(struct trial *t, struct finding *f, struct adapter *const list[2],
                     double like[PARTS], GError **error)
{
    const double parts[PARTS] = {0, 0.25, 0.5, 0.75, 1};
    for (int i = 0; i < PARTS; i++) {
        g_autofree char *sentence =
            g_strdup_printf("a photograph of a %s %s", t->subjects[0].token, t->subjects[1].token);
        list[0]->scale = parts[i];
        list[1]->scale = 1 - parts[i];
        struct edit_result *r = trial_draw(t, list, 2, sentence, t->seed, error);
        const double first = r ? trial_likeness(t, r->latents, 0, error) : NAN;
        const double second = isnan(first) ? NAN : trial_likeness(t, r->latents, 1, error);
        g_autofree char *name = g_strdup_printf("interpolation-%d-%" G_GUINT64_FORMAT, i, t->seed);
        g_autofree char *words = g_strdup_printf("%g of the first", parts[i]);
        const bool ok =
            !isnan(second) && trial_show(t, f, name, r->rgb, r->width, r->height, words, error);
        edit_result_free(r);
        if (!ok) {
            return false;
        }
        like[i] = first - second;
        finding_put(f, like[i], "%s.difference", words);
    }
    return true;
}

static bool interpolation_run(struct trial *t, struct finding *f, GError **error)
{
    const struct recipe recipes[] = {RECIPE_ONE(0, RECIPE_SVDIFF), RECIPE_ONE(1, RECIPE_SVDIFF)};
    struct adapter *list[2] = {trial_learn(t, &recipes[0], error), NULL};
    list[1] = list[0] ? trial_learn(t, &recipes[1], error) : NULL;
    double like[PARTS];
    const bool ok = list[1] && draw_way(t, f, list, like, error);
    if (ok) {
        double rising = 0;
        for (int i = 1; i < PARTS; i++) {
            rising += (like[i] > like[i - 1]) / (PARTS - 1.0);
        }
        finding_put(f, like[PARTS - 1] - like[0], "way");
        finding_put(f, rising, "rising");
    }
    adapter_free(list[0]);
    adapter_free(list[1]);
    return ok;
}

static const char *const lines[] = {"0 of the first",    "0.25 of the first", "0.5 of the first",
                                    "0.75 of the first", "1 of the first",    NULL};
static const char *const columns[] = {"difference", NULL};
static const struct claim_table table = {lines, columns, NULL, NULL, 2};

static const struct claim_row rows[] = {
    {"way",
     "The whole way leads from the second subject to the first (how much their difference "
     "of likeness grows)",
     "it does", 2, CLAIM_ABOVE},
    {"rising", "What lies between is between: part of the four steps that go towards the first",
     "plausible in-between concepts", 2, CLAIM_ABOVE, .limit = 0.5},
    {0},
};

extern const struct claim interpolation_claim;
const struct claim interpolation_claim = {
    .name = "interpolation",
    .title = "Interpolated shifts",
    .summary = "Between the shifts of two subjects lie concepts between them",
    .source = "Han et al., SVDiff, equation 5 and Fig. 11",
    .how = "Shifts a d1 + (1 - a) d2 of the first two subjects, one sentence with both new words, "
           "one noise. The number is the likeness of the first less that of the second.",
    .rows = rows,
    .table = &table,
    .cost = 30,
    .quick = true,
    .run = interpolation_run,
};
