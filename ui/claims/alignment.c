// Text against picture: what each method keeps of the sentence and of the subject.
#include "ui/claims/claims.h"
#include "ui/claims/trial.h"

static const char *const lines[] = {
    "no adapter", "SVDiff", "full weights", "LoRA", "Custom Diffusion",
    "word alone", "OFT",    "COFT",         NULL};
static const char *const recipes[] = {NULL,          RECIPE_SVDIFF, RECIPE_FULL, RECIPE_LORA,
                                      RECIPE_CUSTOM, RECIPE_WORD,   RECIPE_OFT,  RECIPE_COFT};
static const char *const columns[] = {"likeness", "text", NULL};
// Qiu et al., Table 1. SVDiff's figure is a picture without numbers.
static const char *const paper[] = {
    "0.864 of real photos", "-", "0.778 / 0.239", "0.765 / 0.237", "-", "-", "0.785 / 0.237",
    "0.783 / 0.235"};

static double likeness(const struct finding *f, const char *line)
{
    return finding_get(f, "%s.likeness", line);
}

static double text(const struct finding *f, const char *line)
{
    return finding_get(f, "%s.text", line);
}

static bool alignment_run(struct trial *t, struct finding *f, GError **error)
{
    for (int i = 0; lines[i]; i++) {
        struct grade grade;
        if (recipes[i]) {
            const struct recipe r = RECIPE_ONE(0, recipes[i]);
            if (!trial_line(t, f, lines[i], &r, &grade, error)) {
                return false;
            }
        } else {
            if (!trial_grade_adapters(t, NULL, 0, 0, NULL, NULL, f, &grade, error)) {
                return false;
            }
            finding_put(f, grade.likeness, "%s.likeness", lines[i]);
            finding_put(f, grade.text, "%s.text", lines[i]);
        }
    }
    finding_put(f, likeness(f, "SVDiff") - likeness(f, "full weights"), "as_full");
    finding_put(f, likeness(f, "SVDiff") - likeness(f, "Custom Diffusion"), "custom_likeness");
    finding_put(f, text(f, "Custom Diffusion") - text(f, "SVDiff"), "custom_text");
    finding_put(f, likeness(f, "SVDiff") - likeness(f, "word alone"), "word");
    finding_put(f, likeness(f, "OFT") - likeness(f, "full weights"), "oft_full");
    finding_put(f, likeness(f, "OFT") - likeness(f, "LoRA"), "oft_lora");
    return true;
}

static const struct claim_row rows[] = {
    {"as_full",
     "SVDiff is about as like the subject as full weights are (difference of likeness, "
     "at least -0.1)",
     "comparable", 2, CLAIM_ABOVE, .limit = -0.1},
    {"custom_likeness", "Custom Diffusion learns too little: SVDiff is more like the subject",
     "more", 2, CLAIM_ABOVE},
    {"custom_text",
     "and Custom Diffusion follows the sentence at least as well (difference of "
     "text)",
     "upper left of the figure", 2, CLAIM_ABOVE, .limit = -0.02},
    {"word", "SVDiff is more like the subject than a new word alone", "more", 2, CLAIM_ABOVE},
    {"oft_full", "OFT is more like the subject than full weights", "+0.007 (CLIP-I)", 2,
     CLAIM_ABOVE},
    {"oft_lora", "and than LoRA", "+0.020 (CLIP-I)", 2, CLAIM_ABOVE},
    {0},
};

static const struct claim_table table = {lines, columns, paper, "CLIP-I / CLIP-T in OFT's Table 1",
                                         2};

extern const struct claim alignment_claim;
const struct claim alignment_claim = {
    .name = "alignment",
    .title = "Text against picture",
    .summary = "Few parameters learn the subject as well as all of them, and leave the sentence "
               "its say",
    .source = "Han et al., SVDiff, Fig. 9 (b); Qiu et al., OFT, Table 1",
    .how = "Each method learns the first subject in as many steps, and draws it in the "
           "sentences. The papers learn 500 to 1000 steps of Stable Diffusion.",
    .rows = rows,
    .table = &table,
    .cost = 110,
    .run = alignment_run,
};
