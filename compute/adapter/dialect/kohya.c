// LoRA as kohya's scripts keep it, the form of most shared files: lora_unet_<path with
// underscores>.lora_down.weight, .lora_up.weight and .alpha, also of convolutions (LoCon, with
// .lora_mid.weight where they are decomposed) and of the text encoder (lora_te_).
#include "compute/adapter/dialect/factors.h"
#include "compute/adapter/dialect/factors_write.h"
#include "compute/i18n.h"

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

static bool kohya_holds(const struct adapter *a)
{
    return factors_low_rank(a, true);
}

// alpha is the largest rank in all layers: the product has its strength in B.
static bool kohya_write(const struct adapter *a, const char *path, struct task *task,
                        GError **error)
{
    return adapter_write_layers(a, &kohya_dialect, adapter_writer(a), factors_write_flat, path,
                                task, error);
}

const struct adapter_dialect kohya_dialect = {
    .name = "kohya",
    .title = N_("kohya LoRA"),
    .summary = N_("LoRA and LoCon with flattened names, as most shared files are"),
    .files = kohya_files,
    .detect = kohya_detect,
    .read = kohya_read,
    .holds = kohya_holds,
    .fitted = factors_evened,
    .write = kohya_write,
    .converts = DIALECT_LOW_RANK,
};
