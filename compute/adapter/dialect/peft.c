// LoRA, DoRA, LoHa, LoKr and (IA)^3 as the PEFT library keeps them: base_model.model.<path>.lora_A.
// weight and so on, and adapter_config.json beside them, which says how strong they are.
#include "compute/adapter/dialect/factors.h"
#include "compute/adapter/dialect/lora_config.h"

#define PREFIX "base_model.model."

static bool peft_detect(const struct adapter_source *s)
{
    const bool configured =
        s->config && json_object_has_member(json_node_get_object(s->config), "peft_type");
    return source_has_role(s, PREFIX, 0, ROLES - 1) ||
           (configured && source_has_role(s, "", 0, ROLES - 1) &&
            !source_has_role(s, "unet.", 0, ROLES - 1) &&
            !source_has_role(s, "lora_", 0, ROLES - 1));
}

static double peft_scale(const struct file_layer *layer, int rank, void *data)
{
    return lora_config_scale(data, layer, rank);
}

static struct adapter *peft_read(const struct adapter_source *s, struct model *model,
                                 GError **error)
{
    g_autoptr(GPtrArray) notes = g_ptr_array_new_with_free_func(g_free);
    struct lora_config *config =
        s->config ? lora_config_new(json_node_get_object(s->config), "", notes) : NULL;
    if (!config) {
        g_ptr_array_add(notes,
                        g_strdup(s->config_fault ? s->config_fault
                                                 : "there is no adapter_config.json beside it"));
        g_ptr_array_add(notes, g_strdup("alpha is taken to be the rank"));
    }
    struct adapter *a =
        factors_read(s, model, config ? peft_scale : factor_scale_one, config, error);
    for (guint i = 0; a && i < notes->len; i++) {
        adapter_note(a, "%s", (const char *)notes->pdata[i]);
    }
    lora_config_free(config);
    return a;
}

static const char *const peft_files[] = {"adapter_model.safetensors", "adapter_config.json", NULL};

extern const struct adapter_dialect peft_dialect;
const struct adapter_dialect peft_dialect = {
    .name = "peft",
    .title = "PEFT",
    .summary = "LoRA and relatives of the PEFT library, with a configuration beside them",
    .files = peft_files,
    .detect = peft_detect,
    .read = peft_read,
};
