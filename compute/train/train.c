// The tables of objectives and optimizers, generated from the lists in meson.build, and the
// settings of learning.
#include "compute/train/private.h"

#include "compute/i18n.h"
#include "compute/train/train_table.h"

#include <math.h>

#define X(name) extern const struct objective name##_objective;
OBJECTIVE_ROWS
#undef X
#define X(name) extern const struct optimizer_type name##_optimizer;
OPTIMIZER_ROWS
#undef X

#define X(name) &name##_objective,
const struct objective *const objective_table[] = {OBJECTIVE_ROWS NULL};
#undef X
#define X(name) &name##_optimizer,
const struct optimizer_type *const optimizer_table[] = {OPTIMIZER_ROWS NULL};
#undef X

const struct member *objective_family(int i)
{
    return objective_table[i] ? &objective_table[i]->member : NULL;
}

const struct member *optimizer_family(int i)
{
    return optimizer_table[i] ? &optimizer_table[i]->member : NULL;
}

enum rate { RATE_CONSTANT, RATE_COSINE };
static const char *const rate_names[] = {N_("constant"), N_("cosine"), NULL};

double learn_rate(const struct settings *s, int step)
{
    if (settings_int(s, "lr_schedule") == RATE_CONSTANT) {
        return 1;
    }
    return 0.5 * (1 + cos(G_PI * step / settings_int(s, "steps")));
}

const struct setting learn_settings[] = {
    {.key = "method",
     .title = N_("Method"),
     .help = N_("How the model is changed"),
     .kind = SETTING_CHOICE,
     .family = adapter_family},
    {.key = "objective",
     .title = N_("Objective"),
     .help = N_("What is learned from the pictures"),
     .kind = SETTING_CHOICE,
     .level = SETTING_EXPERT,
     .family = objective_family},
    {.key = "optimizer",
     .title = N_("Optimizer"),
     .help = N_("How a gradient becomes a step"),
     .kind = SETTING_CHOICE,
     .level = SETTING_EXPERT,
     .family = optimizer_family},
    {.key = "keep_best",
     .title = N_("Keep the best"),
     .help = N_(
         "Look now and then how well the photo is drawn again, stop when it gets worse, and keep "
         "the best state"),
     .kind = SETTING_SWITCH,
     .level = SETTING_EXPERT,
     .max = 1,
     .def = 1,
     .scope = ADAPTER_LENGTH},
    {.key = "clip_norm",
     .title = N_("Gradient clipping"),
     .help = N_("The longest gradient that is followed; 0 follows all of them"),
     .kind = SETTING_FLOAT,
     .level = SETTING_EXPERT,
     .max = 1000,
     .slider_max = 10,
     .def = 1},
    {.key = "lr_schedule",
     .title = N_("Course of the rate"),
     .help = N_("How the learning rates go on: as they are, or down to nothing at the last step"),
     .kind = SETTING_CHOICE,
     .level = SETTING_EXPERT,
     .choices = rate_names},
    {.key = "token_lr",
     .title = N_("Learning rate of new words"),
     .help = N_("How far each step moves the vectors of a new word; 0 leaves them as they begin"),
     .kind = SETTING_FLOAT,
     .level = SETTING_EXPERT,
     .max = 1,
     .slider_min = 1e-5,
     .slider_max = 1,
     .logarithmic = true,
     .def = 0.005},
    {.key = "min_snr",
     .title = N_("Min-SNR weighting"),
     .help = N_(
         "Steps with more signal than this count less, so that the noisy ones are not drowned; 0 "
         "counts all alike, 5 is usual"),
     .kind = SETTING_FLOAT,
     .level = SETTING_EXPERT,
     .max = 1000,
     .slider_max = 20,
     .def = 0},
    {.key = "batch",
     .title = N_("Batch"),
     .help = N_("Samples that one step learns from; more are steadier and slower"),
     .unit = N_("samples"),
     .kind = SETTING_INT,
     .level = SETTING_EXPERT,
     .min = 1,
     .max = 64,
     .slider_min = 1,
     .slider_max = 8,
     .def = 1},
    {0},
};
