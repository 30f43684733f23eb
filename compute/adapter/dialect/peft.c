// LoRA as the PEFT library keeps it: base_model.model.<path>.lora_A.weight.
#include "compute/adapter/dialect/low_rank.h"
#include "compute/adapter/private.h"

static const struct low_rank_names names = {"base_model.model.", ".lora_A.weight", ".lora_B.weight",
                                            false};

static bool peft_detect(const struct adapter_source *s)
{
    return low_rank_detect(s, &names);
}

static struct adapter *peft_read(const struct adapter_source *s, struct model *model,
                                 GError **error)
{
    return low_rank_read(s, &names, model, error);
}

static const char *const peft_files[] = {"adapter_model.safetensors", NULL};

extern const struct adapter_dialect peft_dialect;
const struct adapter_dialect peft_dialect = {
    .name = "peft",
    .title = "PEFT LoRA",
    .summary = "Low-rank updates with a configuration beside them",
    .files = peft_files,
    .detect = peft_detect,
    .read = peft_read,
};
