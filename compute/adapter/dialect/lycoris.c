// What LyCORIS makes beside LoCon: LoHa (.hada_w1_a ...), LoKr (.lokr_w1 ...), (IA)^3 (.weight and
// .on_input), differences of norms (.w_norm, .b_norm), whole differences (.diff, .diff_b), with
// DoRA's .dora_scale. Layers are named as kohya's scripts do.
#include "compute/adapter/dialect/factors.h"

static bool lycoris_detect(const struct adapter_source *s)
{
    return source_has_role(s, "", ROLE_HADA_1A, ROLE_DIFF_BIAS) ||
           source_has_role(s, "", ROLE_ON_INPUT, ROLE_ON_INPUT);
}

static struct adapter *lycoris_read(const struct adapter_source *s, struct model *model,
                                    GError **error)
{
    return factors_read(s, model, factor_scale_one, NULL, error);
}

static const char *const lycoris_files[] = {"lycoris.safetensors", NULL};

extern const struct adapter_dialect lycoris_dialect;
const struct adapter_dialect lycoris_dialect = {
    .name = "lycoris",
    .title = "LyCORIS",
    .summary = "LoHa, LoKr, DoRA and whole differences with flattened names",
    .files = lycoris_files,
    .detect = lycoris_detect,
    .read = lycoris_read,
};
