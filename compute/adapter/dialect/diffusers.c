// LoRA as diffusers keeps it, one file for all networks: unet.<path>.lora_A.weight, and in older
// files unet.<path>.lora.down.weight or <attention>.processor.to_q_lora.down.weight. How strong it
// is stands in the metadata, in PEFT's terms, or in .alpha tensors; where in neither, alpha is the
// rank.
#include "compute/adapter/dialect/factors.h"
#include "compute/adapter/dialect/lora_config.h"
#include "compute/adapter/private.h"
#include "compute/json_file.h"

#include <string.h>

#define METADATA "lora_adapter_metadata"

// Of each network, or one for all.
struct configs {
    struct lora_config *unet, *text, *all;
};

static bool diffusers_detect(const struct adapter_source *s)
{
    return source_has_role(s, "", ROLE_DOWN, ROLE_UP);
}

static double diffusers_scale(const struct file_layer *layer, int rank, void *data)
{
    const struct configs *c = data;
    const struct lora_config *own = g_str_equal(layer->part->name, MODEL_UNET) ? c->unet : c->text;
    own = own ? own : c->all;
    return own ? lora_config_scale(own, layer, rank) : 1;
}

static bool has_prefix(JsonObject *object, const char *prefix)
{
    g_autoptr(GList) keys = json_object_get_members(object);
    for (GList *k = keys; k; k = k->next) {
        if (g_str_has_prefix(k->data, prefix)) {
            return true;
        }
    }
    return false;
}

static void read_configs(const struct adapter_source *s, struct configs *c, GPtrArray *notes)
{
    const char *text = adapter_source_meta(s, METADATA);
    g_autoptr(GError) error = NULL;
    g_autoptr(JsonNode) root =
        text ? json_text_read(text, strlen(text), JSON_NODE_OBJECT, METADATA, &error) : NULL;
    if (error) {
        g_ptr_array_add(notes,
                        g_strdup_printf("%s; alpha is taken to be the rank", error->message));
    }
    if (!root) {
        return;
    }
    JsonObject *object = json_node_get_object(root);
    const bool unet = has_prefix(object, "unet."), encoder = has_prefix(object, "text_encoder.");
    c->unet = unet ? lora_config_new(object, "unet.", notes) : NULL;
    c->text = encoder ? lora_config_new(object, "text_encoder.", notes) : NULL;
    c->all = !unet && !encoder && json_object_has_member(object, "lora_alpha")
                 ? lora_config_new(object, "", notes)
                 : NULL;
}

static struct adapter *diffusers_read(const struct adapter_source *s, struct model *model,
                                      GError **error)
{
    g_autoptr(GPtrArray) notes = g_ptr_array_new_with_free_func(g_free);
    struct configs c = {0};
    read_configs(s, &c, notes);
    struct adapter *a = factors_read(s, model, diffusers_scale, &c, error);
    for (guint i = 0; a && i < notes->len; i++) {
        adapter_note(a, "%s", (const char *)notes->pdata[i]);
    }
    lora_config_free(c.unet);
    lora_config_free(c.text);
    lora_config_free(c.all);
    return a;
}

static const char *const diffusers_files[] = {"pytorch_lora_weights.safetensors", NULL};

static bool diffusers_holds(const struct adapter *a)
{
    return g_str_equal(a->method->name, "lora");
}

// (first, places, inputs) in the engine's order as (first, inputs, ky, kx).
static float *channels_first(const float *x, int first, const struct nn_weight *w)
{
    const int inputs = w->shape[3], places = lora_inputs(w) / inputs;
    float *y = g_new(float, (gsize)first *inputs *places);
    for (int i = 0; i < first; i++) {
        for (int k = 0; k < places; k++) {
            for (int c = 0; c < inputs; c++) {
                y[(i * inputs + c) * places + k] = x[(i * places + k) * inputs + c];
            }
        }
    }
    return y;
}

static void write_layer(struct st_writer *w, const struct adapter_param *p)
{
    const struct nn_weight *weight = p->weight;
    const int rank = lora_rank(p), in = lora_inputs(weight), out = lora_outputs(weight);
    const char *prefix = g_str_equal(p->part, MODEL_UNET) ? "unet." : "text_encoder.";
    g_autofree char *down = g_strconcat(prefix, p->path, ".lora_A.weight", NULL);
    g_autofree char *up = g_strconcat(prefix, p->path, ".lora_B.weight", NULL);
    g_autofree float *a = channels_first(p->value, rank, weight);
    const int64_t a_shape[] = {rank, weight->shape[3], weight->shape[1], weight->shape[2]};
    st_writer_f32(w, down, weight->rank, a_shape, a);
    st_writer_f32(w, up, weight->rank, (int64_t[]){out, rank, 1, 1}, p->value + rank * in);
}

static bool diffusers_write(const struct adapter *a, const char *path, struct task *task,
                            GError **error)
{
    g_autofree char *file = adapter_dialect_file(adapter_dialect_find("diffusers"), path);
    struct st_writer *w = adapter_writer(a);
    for (guint i = 0; i < a->params->len; i++) {
        write_layer(w, a->params->pdata[i]);
    }
    const bool ok = st_writer_save(w, file, task, error);
    st_writer_free(w);
    return ok;
}

extern const struct adapter_dialect diffusers_dialect;
const struct adapter_dialect diffusers_dialect = {
    .name = "diffusers",
    .title = "diffusers LoRA",
    .summary = "Low-rank updates, one file for all networks",
    .files = diffusers_files,
    .detect = diffusers_detect,
    .read = diffusers_read,
    .holds = diffusers_holds,
    .write = diffusers_write,
};
