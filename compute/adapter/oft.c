// OFT: rotations of what goes into the layers, without a bound. The mathematics is in rotation.c.
#include "compute/adapter/private.h"

static const struct setting oft_settings[] = {
    TRAINING_ROWS(100, 1e-3, 1e-3), // the paper's rate of 6e-5 is for a thousand steps
    ROTATION_PARAMS,
    {0},
};

static bool oft_detect(const struct st_file *file)
{
    return rotation_detect(file) &&
           g_strcmp0(g_hash_table_lookup(file->metadata, "tincture.method"), "coft") != 0;
}

extern const struct adapter_method oft_method;
const struct adapter_method oft_method = {
    .name = "oft",
    .title = "OFT",
    .summary =
        "Rotates features and keeps the angles between neurons: stable, learns more than shifts",
    .settings = oft_settings,
    .files = rotation_files,
    .init = rotation_init,
    .prepare = rotation_prepare,
    .release = rotation_release,
    .detect = oft_detect,
    .load = rotation_load,
    .save = rotation_save,
    .input = rotation_input,
    .merge = rotation_merge,
};
