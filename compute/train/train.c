// The tables of objectives and optimizers, generated from the lists in meson.build, and the
// trainer's own rows.
#include "compute/train/train.h"

#include "compute/train/train_table.h"

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

const struct objective *objective_find(const char *name)
{
    for (int i = 0; objective_table[i]; i++) {
        if (g_str_equal(objective_table[i]->name, name)) {
            return objective_table[i];
        }
    }
    return NULL;
}

const struct optimizer_type *optimizer_find(const char *name)
{
    for (int i = 0; optimizer_table[i]; i++) {
        if (g_str_equal(optimizer_table[i]->name, name)) {
            return optimizer_table[i];
        }
    }
    return NULL;
}

const struct param train_param_table[] = {
    {.key = "steps",
     .title = "Steps",
     .help = "How long to learn; more steps follow the photo more closely and the words less",
     .unit = "steps",
     .type = PARAM_INT,
     .min = 1,
     .max = 100000,
     .slider_min = 10,
     .slider_max = 1000,
     .def = 100},
    {.key = "lr",
     .title = "Learning rate",
     .help = "How far one step goes; 0 takes what suits the method",
     .unit = "",
     .type = PARAM_FLOAT,
     .min = 0,
     .max = 1,
     .slider_min = 1e-6,
     .slider_max = 1e-1,
     .def = 0,
     .logarithmic = true},
    {.key = "lr_1d",
     .title = "Learning rate of norms",
     .help = "The same for the weights of norms, which bear less; 0 takes what suits the method",
     .unit = "",
     .type = PARAM_FLOAT,
     .min = 0,
     .max = 1,
     .slider_min = 1e-8,
     .slider_max = 1e-2,
     .def = 0,
     .logarithmic = true},
    {.key = "weight_decay",
     .title = "Weight decay",
     .help = "Pulls the adapter towards no change at every step",
     .unit = "",
     .type = PARAM_FLOAT,
     .min = 0,
     .max = 1,
     .slider_max = 0.1,
     .def = 0.01},
    {.key = "clip_norm",
     .title = "Gradient limit",
     .help = "Longer gradients are shortened to this length; 0 leaves them",
     .unit = "",
     .type = PARAM_FLOAT,
     .min = 0,
     .max = 1e6,
     .slider_max = 10,
     .def = 1},
    {.key = "batch",
     .title = "Batch",
     .help = "Noisy copies of the pictures that one step learns from together",
     .unit = "pictures",
     .type = PARAM_INT,
     .min = 1,
     .max = 64,
     .slider_max = 8,
     .slider_min = 1,
     .def = 1},
    {.key = "checkpoint_every",
     .title = "Checkpoint every",
     .help =
         "Steps between two saved states that a run can be continued from; 0 saves at the end only",
     .unit = "steps",
     .type = PARAM_INT,
     .min = 0,
     .max = 100000,
     .slider_max = 500,
     .def = 0},
    {0},
};
