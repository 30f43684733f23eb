// LoRA, DoRA, LoHa, LoKr and (IA)^3 as the PEFT library keeps them: base_model.model.<path>.lora_A.
// weight and so on, and adapter_config.json beside them, which says how strong they are.
#include "compute/adapter/dialect/factors.h"
#include "compute/adapter/dialect/factors_write.h"
#include "compute/adapter/dialect/lora_config.h"
#include "compute/adapter/dialect/peft_config.h"
#include "compute/i18n.h"

#include <string.h>

#define PREFIX "base_model.model."

static bool peft_detect(const struct adapter_source *s)
{
    const bool configured =
        s->config_fault ||
        (s->config && json_object_has_member(json_node_get_object(s->config), "peft_type"));
    return source_has_role(s, PREFIX, 0, ROLES - 1) ||
           (configured && source_has_role(s, "", 0, ROLES - 1) &&
            !source_has_role(s, "unet.", 0, ROLES - 1) &&
            !source_has_role(s, "lora_", 0, ROLES - 1));
}

static double peft_scale(const struct file_layer *layer, int rank, void *data)
{
    return lora_config_scale(data, layer, rank);
}

static struct lora_config *config_new(const struct adapter_source *s, const char *const *types,
                                      GPtrArray *notes)
{
    JsonObject *object = json_node_get_object(s->config);
    const bool lora = g_strcmp0(peft_config_type(s, object, "", types), "LORA") == 0;
    return lora_config_new(object, "", lora ? "lora_alpha" : "alpha", notes);
}

static struct adapter *peft_read(const struct adapter_source *s, struct model *model,
                                 GError **error)
{
    static const char *const types[] = {"LORA", "LOHA", "LOKR", "IA3", NULL};
    g_autoptr(GPtrArray) notes = g_ptr_array_new_with_free_func(g_free);
    if (!peft_config_check_source(s, types, notes, error)) {
        return NULL;
    }
    struct lora_config *config = s->config ? config_new(s, types, notes) : NULL;
    if (!config) {
        g_ptr_array_add(notes, g_strdup(_("there is no adapter_config.json beside it")));
        g_ptr_array_add(notes, g_strdup(_("alpha is taken to be the rank")));
    }
    struct adapter *a =
        factors_read(s, model, config ? peft_scale : factor_scale_one, config, error);
    adapter_note_all(a, notes);
    lora_config_free(config);
    return a;
}

static const char *const peft_files[] = {"adapter_model.safetensors", "adapter_config.json", NULL};

extern const struct adapter_dialect peft_dialect;

static bool peft_holds(const struct adapter *a)
{
    return adapter_is_of_one_network(a) && factors_holds_as_peft(a);
}

static bool write_config(const struct adapter *a, const char *folder, GError **error)
{
    g_autofree char *path = g_build_filename(folder, peft_files[1], NULL);
    g_autoptr(JsonBuilder) b = json_builder_new();
    json_builder_begin_object(b);
    json_builder_add_string_value(json_builder_set_member_name(b, "peft_type"), "LORA");
    json_builder_add_null_value(json_builder_set_member_name(b, "base_model_name_or_path"));
    json_builder_add_null_value(json_builder_set_member_name(b, "task_type"));
    json_builder_add_boolean_value(json_builder_set_member_name(b, "inference_mode"), TRUE);
    json_builder_add_boolean_value(json_builder_set_member_name(b, "fan_in_fan_out"), FALSE);
    factors_config(a, NULL, "", b);
    json_builder_end_object(b);
    g_autoptr(JsonNode) root = json_builder_get_root(b);
    g_autofree char *text = json_to_string(root, TRUE);
    return adapter_write_text(path, text, strlen(text), error);
}

static void write_layer(struct st_writer *w, const struct adapter_param *p)
{
    int n;
    const float *magnitudes = factors_magnitudes(p, &n);
    g_autofree char *name = g_strconcat(PREFIX, adapter_peft_path(p), NULL);
    factors_write_low_rank(w, p, name, ".lora_A.weight", ".lora_B.weight");
    if (magnitudes) {
        g_autofree char *key = g_strconcat(name, ".lora_magnitude_vector", NULL);
        const bool conv = p->weight->rank == 4;
        st_writer_f32(w, key, conv ? 4 : 1, (int64_t[]){conv ? 1 : n, n, 1, 1}, magnitudes);
    }
}

static bool peft_write(const struct adapter *a, const char *path, struct task *task, GError **error)
{
    return adapter_write_layers(a, &peft_dialect, adapter_writer(a), write_layer, path, task,
                                error) &&
           (g_str_has_suffix(path, ".safetensors") || write_config(a, path, error));
}

const struct adapter_dialect peft_dialect = {
    .name = "peft",
    .title = "PEFT",
    .summary = N_("LoRA and relatives of the PEFT library, with a configuration beside them"),
    .files = peft_files,
    .detect = peft_detect,
    .read = peft_read,
    .holds = peft_holds,
    .write = peft_write,
    .converts = DIALECT_LOW_RANK,
    .one_network = true,
};
