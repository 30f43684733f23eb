// LoRA as diffusers keeps it, one file for all networks: unet.<path>.lora_A.weight, and in older
// files unet.<path>.lora.down.weight or <attention>.processor.to_q_lora.down.weight. How strong it
// is stands in the metadata, in PEFT's terms, or in .alpha tensors; where in neither, alpha is the
// rank.
#include "compute/adapter/dialect/factors.h"
#include "compute/adapter/dialect/factors_write.h"
#include "compute/adapter/dialect/lora_config.h"
#include "compute/adapter/dialect/peft_config.h"
#include "compute/i18n.h"
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
    struct lora_config *own = g_str_equal(layer->part->name, MODEL_UNET) ? c->unet : c->text;
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

static bool read_config(const struct adapter_source *s, JsonObject *object, const char *prefix,
                        struct lora_config **config, GPtrArray *notes, GError **error)
{
    static const char *const types[] = {"LORA", NULL};
    if (!peft_config_check(s, object, prefix, types, notes, error)) {
        return false;
    }
    *config = lora_config_new(object, prefix, "lora_alpha", notes);
    return true;
}

static bool read_configs(const struct adapter_source *s, struct configs *c, GPtrArray *notes,
                         GError **error)
{
    const char *text = adapter_source_meta(s, METADATA);
    if (!text) {
        return true;
    }
    g_autoptr(JsonNode) root =
        json_text_read(text, strlen(text), JSON_NODE_OBJECT, METADATA, error);
    if (!root) {
        g_prefix_error(error, _("nothing says how strong the adapter is: "));
        return false;
    }
    JsonObject *object = json_node_get_object(root);
    const bool unet = has_prefix(object, "unet."), encoder = has_prefix(object, "text_encoder.");
    const bool all = !unet && !encoder && json_object_has_member(object, "lora_alpha");
    return (!unet || read_config(s, object, "unet.", &c->unet, notes, error)) &&
           (!encoder || read_config(s, object, "text_encoder.", &c->text, notes, error)) &&
           (!all || read_config(s, object, "", &c->all, notes, error));
}

static struct adapter *diffusers_read(const struct adapter_source *s, struct model *model,
                                      GError **error)
{
    g_autoptr(GPtrArray) notes = g_ptr_array_new_with_free_func(g_free);
    struct configs c = {0};
    struct adapter *a = NULL;
    if (read_configs(s, &c, notes, error)) {
        a = factors_read(s, model, diffusers_scale, &c, error);
    } else {
        g_prefix_error(error, _("%s: in %s, "), s->path, METADATA);
    }
    adapter_note_all(a, notes);
    lora_config_free(c.unet);
    lora_config_free(c.text);
    lora_config_free(c.all);
    return a;
}

static bool diffusers_holds(const struct adapter *a)
{
    return factors_holds_as_peft(a);
}

static void write_layer(struct st_writer *w, const struct adapter_param *p)
{
    int n;
    const float *magnitudes = factors_magnitudes(p, &n);
    g_autofree char *name =
        g_strconcat(g_str_equal(p->part, MODEL_UNET) ? "unet." : "text_encoder.", p->path, NULL);
    factors_write_low_rank(w, p, name, ".lora_A.weight", ".lora_B.weight");
    if (magnitudes) {
        g_autofree char *key = g_strconcat(name, ".lora_magnitude_vector", NULL);
        const bool conv = p->weight->rank == 4;
        st_writer_f32(w, key, conv ? 4 : 1, (int64_t[]){conv ? 1 : n, n, 1, 1}, magnitudes);
    }
}

// Alpha is the rank of each layer, which no file without metadata can say where ranks differ.
static char *metadata(const struct adapter *a)
{
    static const char *const parts[][2] = {{MODEL_UNET, "unet."}, {MODEL_TEXT, "text_encoder."}};
    g_autoptr(JsonBuilder) b = json_builder_new();
    json_builder_begin_object(b);
    for (size_t i = 0; i < G_N_ELEMENTS(parts); i++) {
        bool any = false;
        for (guint k = 0; k < a->params->len; k++) {
            const struct adapter_param *p = a->params->pdata[k];
            any = any || g_str_equal(p->part, parts[i][0]);
        }
        if (any) {
            factors_config(a, parts[i][0], parts[i][1], b);
        }
    }
    json_builder_end_object(b);
    g_autoptr(JsonNode) root = json_builder_get_root(b);
    return json_to_string(root, FALSE);
}

static const char *const diffusers_files[] = {"pytorch_lora_weights.safetensors", NULL};
extern const struct adapter_dialect diffusers_dialect;

static bool diffusers_write(const struct adapter *a, const char *path, struct task *task,
                            GError **error)
{
    g_autofree char *said = metadata(a);
    struct st_writer *w = adapter_writer(a);
    st_writer_meta(w, METADATA, said);
    return adapter_write_layers(a, &diffusers_dialect, w, write_layer, path, task, error);
}

const struct adapter_dialect diffusers_dialect = {
    .name = "diffusers",
    .title = N_("diffusers LoRA"),
    .summary = N_("Low-rank updates, one file for all networks"),
    .files = diffusers_files,
    .detect = diffusers_detect,
    .read = diffusers_read,
    .holds = diffusers_holds,
    .write = diffusers_write,
    .converts = DIALECT_LOW_RANK,
};
