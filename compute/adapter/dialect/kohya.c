// LoRA as kohya's scripts keep it: lora_unet_<path with underscores>.lora_down.weight.
#include "compute/adapter/dialect/low_rank.h"
#include "compute/adapter/private.h"

static const struct low_rank_names names = {"lora_unet_", ".lora_down.weight", ".lora_up.weight",
                                            true};

static bool kohya_detect(const struct adapter_source *s)
{
    return low_rank_detect(s, &names);
}

static struct adapter *kohya_read(const struct adapter_source *s, struct model *model,
                                  GError **error)
{
    return low_rank_read(s, &names, model, error);
}

static const char *const kohya_files[] = {"lora.safetensors", NULL};

extern const struct adapter_dialect kohya_dialect;
const struct adapter_dialect kohya_dialect = {
    .name = "kohya",
    .title = "kohya LoRA",
    .summary = "Low-rank updates with flattened names, as most shared files have",
    .files = kohya_files,
    .detect = kohya_detect,
    .read = kohya_read,
};
