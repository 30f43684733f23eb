// OFT as its authors' code keeps it (methods 4.3): <path>.processor.to_q_oft.R, squares (n, b, b).
#include "compute/adapter/dialect/dialect.h"
#include "compute/adapter/private.h"

static bool official_oft_detect(const struct adapter_source *s)
{
    return adapter_source_has(s, "", "_oft.R");
}

static const char *const official_oft_files[] = {"pytorch_oft_weights.safetensors", NULL};

extern const struct adapter_dialect official_oft_dialect;
const struct adapter_dialect official_oft_dialect = {
    .name = "official_oft",
    .title = "OFT, the authors' code",
    .summary = "Rotations of the input, each as a whole square",
    .files = official_oft_files,
    .detect = official_oft_detect,
    .read = rotation_read,
};
