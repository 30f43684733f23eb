// COFT: OFT whose rotations stay near the identity. The paper asks for |R - I| <= epsilon and,
// since R is close to I + 2 Q there, projects the skew matrix instead (section 3, "Constrained
// Orthogonal Finetuning"). The bound is the official code's, which the paper's values of epsilon
// belong to: for each block, after each update,
//
//   |S_j|_F <= epsilon b^2 / sqrt(n)        b channels a block, n blocks, |S_j|_F = sqrt(2) |u_j|
//
// (its parameter D is skew when it starts at 0, and then S = D). The rest is in rotation.c.
#include "compute/adapter/private.h"

#include "compute/i18n.h"

#include <math.h>

static void coft_project(struct adapter *a)
{
    const double epsilon = settings_get(a->settings, "eps");
    for (guint i = 0; i < a->params->len; i++) {
        struct adapter_param *p = a->params->pdata[i];
        const int blocks = p->shape[2], triangle = p->shape[3], b = p->weight->shape[3] / blocks;
        const double bound = epsilon * b * b / sqrt(blocks);
        for (float *u = p->value; u < p->value + p->count; u += triangle) {
            double sum = 0;
            for (int k = 0; k < triangle; k++) {
                sum += 2.0 * u[k] * u[k];
            }
            const double norm = sqrt(sum);
            for (int k = 0; norm > bound && k < triangle; k++) {
                u[k] = (float)(u[k] * (bound / norm));
            }
        }
    }
}

static const struct setting coft_settings[] = {
    TRAINING_ROWS(100, 1e-3, 1e-3), // the paper's rate of 6e-5 is for a thousand steps
    ROTATION_PARAMS,
    {.key = "eps",
     .title = N_("Bound (epsilon)"),
     .level = SETTING_EXPERT,
     .help = N_("How far a rotation may leave the original model: the paper's epsilon"),
     .kind = SETTING_FLOAT,
     .min = 1e-9,
     .max = 1,
     .slider_min = 1e-6,
     .slider_max = 1e-2,
     .def = 6e-5,
     .logarithmic = true},
    {0},
};

extern const struct adapter_method coft_method;
const struct adapter_method coft_method = {
    .name = "coft",
    .title = "COFT",
    .summary = N_("OFT with a limit on the rotation: cannot drift far however long it trains"),
    .settings = coft_settings,
    .dialect = "peft_oft",
    .init = rotation_init,
    .prepare = rotation_prepare,
    .release = rotation_release,
    .project = coft_project,
    .input = rotation_input,
    .merge = rotation_merge,
    .add = rotation_add,
    .askew = rotation_askew,
};
