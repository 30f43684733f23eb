// What papers say of methods that this program has, tried on the model at hand and written down as
// one page. A family: a claim is NAME.c with NAME_claim and one word in meson.build.
//
// Thread: the engine's.
#pragma once

#include "ui/claims/finding.h"
#include "ui/claims/verdict.h"
#include "ui/core/engine.h"

struct trial; // trial.h

// A statement and its number, which the claim's run puts under this key.
struct claim_row {
    const char *key;
    const char *says;  // the statement in words
    const char *paper; // the paper's number or finding, as text; NULL: it gives none
    int decimals;      // that are shown; below 0: so many digits of the number
    enum claim_rule rule;
    double want, limit; // claim_margin()
};

// Numbers side by side: what was measured for "LINE" in column "COLUMN" is under "LINE.COLUMN".
struct claim_table {
    const char *const *lines, *const *columns; // keys, which are shown; NULL-terminated
    const char *const *paper;                  // the paper's number of each line, as text ...
    const char *paper_title;                   // ... and what that is; NULL: it has none
    int decimals;                              // as in claim_row
};

struct claim {
    MEMBER_FIELDS;
    const char *source;              // paper, table or figure
    const char *how;                 // what is done here, and in what it differs from the paper
    const struct claim_row *rows;    // at least one; ends with a NULL key
    const struct claim_table *table; // NULL: none
    double cost;                     // about how many seconds one seed takes on two cores
    bool quick;                      // it is among the few of a quick run
    // Tries it with the trial's seed: puts a number for each row and each cell of the table.
    bool (*run)(struct trial *t, struct finding *f, GError **error);
};
extern const struct claim *const claim_table[]; // NULL-terminated
const struct member *claim_family(int i);

struct claims_request {
    const char *dir;           // where everything is written; made where it is not there
    const char *only;          // the one claim; NULL: all of them
    const char *const *photos; // paths, in the place of the first subject's; NULL: none
    const char *kind;          // the word of their class
    bool quick; // one seed, few claims, next to no steps: shows that everything works
};
// Tries the claims and writes DIR/index.html, anew after each that is finished. What DIR has from
// an earlier call with the same model, photos and sizes is not done again; cancelled, the next call
// goes on from there.
bool claims_run(struct engine *e, const struct claims_request *q, struct task *task,
                GError **error);
