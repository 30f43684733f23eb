// OFT as OneTrainer keeps it (modules/module/oft_utils.py, LoRAModule.py), and what follows it:
// lora_unet_<path with underscores>.oft_R.weight, unet.<path>, or ComfyUI's names, with the
// triangles of PEFT's OFT and always the series of five terms, about (I + S)(I - S)^-1. Not as
// there:
//
//   .oft_R.scaled_oft beside it   the triangles are divided by 2 sqrt(b - 1)
//   a convolution                 W' = W R, not W R^T; R(S) = R(-S)^T
#include "compute/adapter/dialect/rotations.h"

#include "compute/i18n.h"

#include <math.h>

#define SUFFIX ".oft_R.weight"
#define SCALED ".oft_R.scaled_oft"

static bool read_layer(struct rotations *r, const struct rotations_layer *l, GError **error)
{
    struct orthogonal_form form = {.cayley = CAYLEY_SERIES, .powers = 4, .last = 1};
    struct adapter_param *p;
    if (!rotations_add_triangles(r, l, &form, &p, error) || !p) {
        return !p;
    }
    const double sign = l->weight->rank == 4 ? -1 : 1;
    const bool scaled = rotations_sibling(r, l, SCALED);
    const double factor = scaled ? sign / (2 * sqrt(form.block - 1)) : sign;
    for (int64_t i = 0; i < l->tensor->count; i++) {
        p->value[i] = (float)(p->value[i] * factor);
    }
    rotations_share(p, l->tensor->count);
    return true;
}

// Names with dots are PEFT's where its configuration lies beside them.
static bool onetrainer_oft_detect(const struct adapter_source *s)
{
    return adapter_source_has(s, "", SCALED) || adapter_source_has(s, "lora_unet_", SUFFIX) ||
           adapter_source_has(s, "lora_te", SUFFIX) ||
           adapter_source_has(s, "diffusion_model.", SUFFIX) ||
           (!s->config && (adapter_source_has(s, "unet.", SUFFIX) ||
                           adapter_source_has(s, "text_encoder.", SUFFIX)));
}

static struct adapter *onetrainer_oft_read(const struct adapter_source *s, struct model *model,
                                           GError **error)
{
    static const char *const suffixes[] = {SUFFIX, NULL};
    return rotations_read(s, model, suffixes, NULL, read_layer, error);
}

static const char *const onetrainer_oft_files[] = {"lora.safetensors", NULL};

extern const struct adapter_dialect onetrainer_oft_dialect;
const struct adapter_dialect onetrainer_oft_dialect = {
    .name = "onetrainer_oft",
    .title = N_("OneTrainer OFT"),
    .summary = N_("Rotations of the input by a series, each as the triangle of its skew matrix"),
    .files = onetrainer_oft_files,
    .detect = onetrainer_oft_detect,
    .read = onetrainer_oft_read,
};
