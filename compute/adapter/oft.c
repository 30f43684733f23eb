// OFT: rotations of what goes into the layers, without a bound. The mathematics is in rotation.c.
#include "compute/adapter/private.h"

#include "compute/i18n.h"

static const struct setting oft_settings[] = {
    TRAINING_ROWS(100, 1e-3, 1e-3), // the paper's rate of 6e-5 is for a thousand steps
    ROTATION_PARAMS,
    {0},
};

extern const struct adapter_method oft_method;
const struct adapter_method oft_method = {
    .name = "oft",
    .title = "OFT",
    .summary = N_("Learns more than SVDiff and stays stable"),
    .settings = oft_settings,
    .dialect = "peft_oft",
    .init = rotation_init,
    .prepare = rotation_prepare,
    .release = rotation_release,
    .input = rotation_input,
    .merge = rotation_merge,
    .add = rotation_add,
    .askew = rotation_askew,
};
