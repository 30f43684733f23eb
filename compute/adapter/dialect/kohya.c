// LoRA as kohya's scripts keep it, the form of most shared files: lora_unet_<path with
// underscores>.lora_down.weight, .lora_up.weight and .alpha, also of convolutions (LoCon, with
// .lora_mid.weight where they are decomposed) and of the text encoder (lora_te_).
#include "compute/adapter/dialect/factors.h"

static bool kohya_detect(const struct adapter_source *s)
{
    static const char *const prefixes[] = {"lora_unet_", "lora_te_", "lora_te1_", "lycoris_", NULL};
    for (int i = 0; prefixes[i]; i++) {
        if (source_has_role(s, prefixes[i], ROLE_DOWN, ROLE_UP)) {
            return true;
        }
    }
    return false;
}

static struct adapter *kohya_read(const struct adapter_source *s, struct model *model,
                                  GError **error)
{
    return factors_read(s, model, factor_scale_one, NULL, error);
}

static const char *const kohya_files[] = {"lora.safetensors", NULL};

extern const struct adapter_dialect kohya_dialect;
const struct adapter_dialect kohya_dialect = {
    .name = "kohya",
    .title = "kohya LoRA",
    .summary = "LoRA and LoCon with flattened names, as most shared files are",
    .files = kohya_files,
    .detect = kohya_detect,
    .read = kohya_read,
};
