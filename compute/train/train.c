// The tables of objectives and optimizers, generated from the lists in meson.build.
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
