// LoRA as diffusers keeps it: unet.<path>.lora_A.weight.
#include "compute/adapter/dialect/low_rank.h"
#include "compute/adapter/private.h"

static const struct low_rank_names names = {"unet.", ".lora_A.weight", ".lora_B.weight", false};

static bool diffusers_detect(const struct adapter_source *s)
{
    return low_rank_detect(s, &names);
}

static struct adapter *diffusers_read(const struct adapter_source *s, struct model *model,
                                      GError **error)
{
    return low_rank_read(s, &names, model, error);
}

static const char *const diffusers_files[] = {"pytorch_lora_weights.safetensors", NULL};

static bool diffusers_holds(const struct adapter *a)
{
    return g_str_equal(a->method->name, "lora");
}

static void write_layer(struct st_writer *w, const struct adapter_param *p)
{
    const int rank = lora_rank(p), in = lora_inputs(p->weight), out = lora_outputs(p->weight),
              shape_rank = p->weight->rank;
    g_autofree char *a = g_strconcat(names.prefix, p->path, names.down, NULL);
    g_autofree char *b = g_strconcat(names.prefix, p->path, names.up, NULL);
    st_writer_f32(w, a, shape_rank, (int64_t[]){rank, in, 1, 1}, p->value);
    st_writer_f32(w, b, shape_rank, (int64_t[]){out, rank, 1, 1}, p->value + rank * in);
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
