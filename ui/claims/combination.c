// Two adapters at once, whose shifts, or whose weights, add up.
#include "ui/claims/claims.h"
#include "ui/claims/trial.h"

// Likeness of both subjects, each alone and with both adapters in use.
static bool combine(struct trial *t, struct finding *f, const char *method, const char *settings,
                    GError **error)
{
    struct adapter *list[2] = {NULL};
    static const int subjects[2] = {0, 2}; // two that are not alike
    double alone = 0, together = 0;
    bool ok = true;
    for (int i = 0; ok && i < 2; i++) {
        const struct recipe r = RECIPE_ONE(subjects[i], settings);
        struct grade grade;
        ok = trial_grade(t, &r, NULL, f, &grade, error) &&
             (list[i] = trial_learn(t, &r, error)) != NULL;
        alone += ok ? grade.likeness / 2 : 0;
    }
    for (int i = 0; ok && i < 2; i++) {
        g_autofree char *name =
            g_strdup_printf("combination-%s-%d-%" G_GUINT64_FORMAT, method, subjects[i], t->seed);
        g_autofree char *words =
            g_strdup_printf("%s, both: %s", method, t->subjects[subjects[i]].kind);
        struct grade grade;
        ok = trial_grade_adapters(t, list, 2, subjects[i], name, words, f, &grade, error);
        together += ok ? grade.likeness / 2 : 0;
    }
    finding_put(f, alone, "%s.alone", method);
    finding_put(f, together, "%s.together", method);
    adapter_free(list[0]);
    adapter_free(list[1]);
    return ok;
}

static const char *const lines[] = {"SVDiff", "full weights", NULL};
static const char *const columns[] = {"alone", "together", NULL};
static const struct claim_table table = {lines, columns, NULL, NULL, 2};

static bool combination_run(struct trial *t, struct finding *f, GError **error)
{
    if (!combine(t, f, "SVDiff", RECIPE_SVDIFF, error) ||
        !combine(t, f, "full weights", RECIPE_FULL, error)) {
        return false;
    }
    const double shifts = finding_get(f, "SVDiff.together");
    finding_put(f, shifts, "kept");
    finding_put(f,
                finding_get(f, "SVDiff.alone") - shifts - finding_get(f, "full weights.alone") +
                    finding_get(f, "full weights.together"),
                "interference");
    return true;
}

static const struct claim_row rows[] = {
    {"kept", "With the shifts of both added, each is still drawn (likeness, mean of both)",
     "both subjects' features are kept", 2, CLAIM_ABOVE},
    {"interference",
     "Added shifts disturb each other more than added weights (how much more "
     "likeness is lost)",
     "more", 2, CLAIM_ABOVE},
    {0},
};

extern const struct claim combination_claim;
const struct claim combination_claim = {
    .name = "combination",
    .title = "Two adapters added",
    .summary = "Shifts of two subjects that were learned apart add up",
    .source = "Han et al., SVDiff, equation 4, Fig. 8 and section 4.4",
    .how = "The first and the third subject, learned apart, drawn with both adapters in use.",
    .rows = rows,
    .table = &table,
    .cost = 60,
    .run = combination_run,
};
