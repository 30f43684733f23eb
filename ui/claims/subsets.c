// Which weights shift: the twelve subsets of SVDiff.
#include "ui/claims/claims.h"
#include "ui/claims/trial.h"

static const char *const lines[] = {"all",  "ca",  "ca-kv", "1d",      "2d",     "4d", "up",
                                    "down", "mid", "up-ca", "down-ca", "mid-ca", NULL};
// Table 1: kilobytes of a file of Stable Diffusion 1.x.
static const double paper_size[] = {1404, 194, 84.8, 430, 617, 355, 789, 469, 135, 106, 70.4, 17.7};
static const char *const paper[] = {"1404 KB (100 %)", "194 KB (13.8 %)", "84.8 KB (6.0 %)",
                                    "430 KB (30.6 %)", "617 KB (43.9 %)", "355 KB (25.3 %)",
                                    "789 KB (56.2 %)", "469 KB (33.4 %)", "135 KB (9.6 %)",
                                    "106 KB (7.5 %)",  "70.4 KB (5.0 %)", "17.7 KB (1.3 %)"};
static const char *const columns[] = {"kilobytes", "percent", "likeness", "text", NULL};

// What of n pairs the two lists order alike, as a rank correlation (Kendall's tau).
static double order_alike(const double *a, const double *b, int n)
{
    int alike = 0, pairs = 0;
    for (int i = 0; i < n; i++) {
        for (int k = 0; k < i; k++, pairs++) {
            const double product = (a[i] - a[k]) * (b[i] - b[k]);
            alike += product > 0 ? 1 : product < 0 ? -1 : 0;
        }
    }
    return (double)alike / pairs;
}

static void compare(struct finding *f, const char *key, const char *more, const char *less)
{
    finding_put(f, finding_get(f, "%s.likeness", more) - finding_get(f, "%s.likeness", less), "%s",
                key);
}

static bool subsets_run(struct trial *t, struct finding *f, GError **error)
{
    double sizes[G_N_ELEMENTS(paper_size)];
    for (int i = 0; lines[i]; i++) {
        g_autofree char *settings = g_strdup_printf(RECIPE_SVDIFF " subset=%s", lines[i]);
        const struct recipe r = RECIPE_ONE(0, settings);
        struct grade grade;
        struct adapter *a =
            trial_line(t, f, lines[i], &r, &grade, error) ? trial_learn(t, &r, error) : NULL;
        if (!a) {
            return false;
        }
        sizes[i] = (double)adapter_count(a) * sizeof(float) / 1000;
        finding_put(f, sizes[i], "%s.kilobytes", lines[i]);
        finding_put(f, 100 * sizes[i] / sizes[0], "%s.percent", lines[i]);
        adapter_free(a);
    }
    finding_put(f, order_alike(sizes, paper_size, G_N_ELEMENTS(paper_size)), "order");
    compare(f, "ca_kv", "ca", "ca-kv");
    compare(f, "two_d", "2d", "ca");
    compare(f, "up_down", "up", "down");
    compare(f, "up_mid", "up", "mid");
    compare(f, "all_up", "all", "up");
    return true;
}

static const struct claim_row rows[] = {
    {"order", "The subsets' sizes are ordered as in the paper (Kendall's tau over 66 pairs)", "1",
     2, CLAIM_ABOVE, .limit = 0.8},
    {"ca_kv",
     "All of cross-attention keeps the subject better than its keys and values "
     "(difference of likeness)",
     "better", 2, CLAIM_ABOVE},
    {"two_d", "2-D weights keep it better than cross-attention", "better", 2, CLAIM_ABOVE},
    {"up_down", "Of the blocks up is better than down", "better", 2, CLAIM_ABOVE},
    {"up_mid", "and than mid", "better", 2, CLAIM_ABOVE},
    {"all_up", "but up alone is not enough: all weights are better still", "better", 2,
     CLAIM_ABOVE},
    {0},
};

static const struct claim_table table = {lines, columns, paper, "size in the paper", 2};

extern const struct claim subsets_claim;
const struct claim subsets_claim = {
    .name = "subsets",
    .title = "Which weights shift",
    .summary = "A shift of few singular values is enough: with all weights, or with some of them",
    .source = "Han et al., SVDiff, Table 1 and section 4.5",
    .how = "The first subject is learned with each of the twelve subsets, and drawn in the "
           "sentences. Sizes differ from the paper's as the models do; what is compared is their "
           "order.",
    .rows = rows,
    .table = &table,
    .cost = 180,
    .run = subsets_run,
};
